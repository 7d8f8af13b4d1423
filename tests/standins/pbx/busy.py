"""A busy PBX: hundreds of extensions and everything that takes numbers, drawn from a seed so that runs are equal."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from tests.standins.pbx.astdb import extension_keys, split_key
from tests.standins.pbx.rows import insert_rows

AstDbPut = Callable[[str, str, str], object]
Row = dict[str, Any]

FIRST_EXTENSION, FIRST_RING_GROUP, FIRST_QUEUE, FIRST_CONFERENCE = 2001, 6001, 5001, 8001
_NAMES = ("Ana", "Bruno", "Carla", "Diego", "Elsa", "Franco", "Gina", "Hugo", "Ines", "Juan", "Karina", "Lucas")
_SURNAMES = ("Acosta", "Benitez", "Castro", "Diaz", "Esteves", "Ferrer", "Gomez", "Herrera", "Ibarra", "Juarez")


@dataclass
class BusyPbx:
    """What the generated PBX holds: table -> rows, and AstDB path -> value."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    astdb: dict[str, str] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        self.tables.setdefault(table, []).append(row)


def busy_pbx(
    extensions: int = 300,
    ring_groups: int = 40,
    queues: int = 15,
    routes: int = 20,
    trunks: int = 6,
    seed: int = 1,
) -> BusyPbx:
    """The rows of a busy PBX, to be put on top of those of fresh.py (route 1 is there already)."""
    pbx, draw = BusyPbx(), random.Random(seed)
    numbers = [str(FIRST_EXTENSION + i) for i in range(extensions)]
    for number in numbers:
        _extension(pbx, draw, number)
    for index in range(trunks):
        _trunk(pbx, draw, index + 1)
    for index in range(ring_groups):
        _ring_group(pbx, draw, str(FIRST_RING_GROUP + index), numbers)
    for index in range(queues):
        _queue(pbx, draw, str(FIRST_QUEUE + index), numbers)
    for index in range(routes):
        _route(pbx, draw, index + 2, trunks)
    _single_objects(pbx, draw, numbers)
    return pbx


def load_busy(engine: Engine, astdb_put: AstDbPut, extensions: int = 300, **sizes: int) -> BusyPbx:
    """Writes busy_pbx(...) over a database filled by load_fresh; `astdb_put(family, key, value)` per AstDB key."""
    pbx = busy_pbx(extensions, **sizes)
    with engine.begin() as connection:
        for table, rows in pbx.tables.items():
            insert_rows(connection, table, rows)
    for path, value in pbx.astdb.items():
        astdb_put(*split_key(path), value)
    return pbx


def _extension(pbx: BusyPbx, draw: random.Random, number: str) -> None:
    name = f"{draw.choice(_NAMES)} {draw.choice(_SURNAMES)}"
    dial = f"SIP/{number}"
    pbx.add("devices", id=number, tech="sip", dial=dial, devicetype="fixed", user=number, description=name,
            emergency_cid="")  # fmt: skip
    pbx.add("users", extension=number, password="", name=name, voicemail="novm", ringtimer=0, noanswer="",
            recording="", outboundcid="", sipname="", mohclass=None, noanswer_cid="", busy_cid="",
            chanunavail_cid="", noanswer_dest="", busy_dest="", chanunavail_dest="")  # fmt: skip
    secret = f"{draw.getrandbits(64):016x}"
    lines = {"account": number, "secret": secret, "type": "friend", "host": "dynamic", "context": "from-internal",
             "dtmfmode": "rfc2833", "qualify": "yes", "disallow": "all", "allow": "alaw&ulaw"}  # fmt: skip
    for flags, (keyword, data) in enumerate(lines.items(), start=2):
        pbx.add("sip", id=number, keyword=keyword, data=data, flags=flags)
    pbx.astdb.update(extension_keys(number, name, dial))


def _trunk(pbx: BusyPbx, draw: random.Random, trunk_id: int) -> None:
    name = f"carrier{trunk_id}"
    pbx.add("trunks", trunkid=trunk_id, name=name, tech="sip", outcid="", keepcid="off", maxchans="", failscript="",
            dialoutprefix="", channelid=name, usercontext="", provider="", disabled="off",
            **{"continue": "off"})  # fmt: skip
    lines = {"account": name, "type": "peer", "host": f"192.0.2.{trunk_id}", "disallow": "all", "allow": "alaw",
             "secret": f"{draw.getrandbits(64):016x}", "context": "from-trunk"}  # fmt: skip
    for flags, (keyword, data) in enumerate(lines.items(), start=2):
        pbx.add("sip", id=f"tr-peer-{trunk_id}", keyword=keyword, data=data, flags=flags)


def _ring_group(pbx: BusyPbx, draw: random.Random, number: str, numbers: list[str]) -> None:
    members = "-".join(draw.sample(numbers, min(len(numbers), draw.randint(2, 8))))
    pbx.add("ringgroups", grpnum=number, strategy=draw.choice(["ringall", "hunt"]), grptime=20, grplist=members,
            postdest="app-blackhole,hangup,1", description=f"group {number}", ringing="Ring")  # fmt: skip


def _queue(pbx: BusyPbx, draw: random.Random, number: str, numbers: list[str]) -> None:
    pbx.add(
        "queues_config",
        extension=number,
        descr=f"queue {number}",
        maxwait="60",
        dest="app-blackhole,hangup,1",
    )
    pbx.add("queues_details", id=number, keyword="strategy", data=draw.choice(["ringall", "rrmemory"]), flags=0)
    for flags, member in enumerate(draw.sample(numbers, min(len(numbers), draw.randint(2, 6)))):
        pbx.add("queues_details", id=number, keyword="member", data=f"Local/{member}@from-queue/n,0", flags=flags)


def _route(pbx: BusyPbx, draw: random.Random, route_id: int, trunks: int) -> None:
    pbx.add("outbound_routes", route_id=route_id, name=f"route{route_id}", outcid="", outcid_mode="", password="",
            emergency_route="", intracompany_route=draw.choice(["", "YES"]), mohclass="default",
            time_group_id=None, dest="")  # fmt: skip
    # Every route has its own first digits 00<id>, so that no busy route can take a number away from a tested one.
    pbx.add("outbound_route_patterns", route_id=route_id, match_pattern_prefix=f"00{route_id}",
            match_pattern_pass="X" * draw.randint(5, 9), match_cid="", prepend_digits="")  # fmt: skip
    for seq, trunk_id in enumerate(draw.sample(range(1, trunks + 1), min(trunks, 2))):
        pbx.add("outbound_route_trunks", route_id=route_id, trunk_id=trunk_id, seq=seq)
    pbx.add("outbound_route_sequence", route_id=route_id, seq=route_id - 1)


def _single_objects(pbx: BusyPbx, draw: random.Random, numbers: list[str]) -> None:
    some = draw.choice(numbers) if numbers else "7777"
    for index in range(5):
        pbx.add("meetme", exten=str(FIRST_CONFERENCE + index), description=f"room {index}")
        pbx.add("incoming", cidnum="", extension=f"11555500{index:02d}", mohclass="default",
                destination=f"from-did-direct,{draw.choice(numbers or [some])},1")  # fmt: skip
    pbx.add("paging_config", page_group="8101", force_page=0, description="page all")
    pbx.add("paging_groups", page_number="8101", ext=some)
    pbx.add("vmblast", grpnum=8201, description="all mailboxes", password="")
    pbx.add("miscapps", miscapps_id=1, ext="8301", description="to an extension", dest=f"from-did-direct,{some},1")
    pbx.add("featurecodes", modulename="miscapps", featurename="miscapp_1", description="to an extension",
            defaultcode="8301", customcode="", enabled=1, providedest=0)  # fmt: skip
    pbx.add("custom_extensions", custom_exten="8401", description="door opener", notes="")
    pbx.add("dialplaninjection_dialplaninjections", id=1, description="greeting", destination="", exten="8501")
    pbx.add("dialplaninjection_commands", injectionid=1, command="Answer()", sort=1)
    pbx.add("ivr_details", id=1, name="main", description="main menu", timeout_time=5, directdial="")
    pbx.add("ivr_entries", ivr_id=1, selection="1", dest=f"from-did-direct,{some},1")
