"""A PBX and an OML on hosts of their own, linked by nothing but what the product writes."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url, text

from tests.stack.asterisk import AsteriskPair, ConfigWriter
from tests.stack.process import wait_until
from tests.standins.oml.config import EVENT_FILTERS_2_6_3, TRANSPORTS_GUIDE, AsteriskHost, OmlParams, write_config
from tests.standins.oml.testing import Standin, ami, consumer
from tests.standins.pbx.config import PbxParams
from tests.standins.pbx.rig import StandinPbx, install_pbx
from tests.standins.pbx.tone import tone_share

DID, PHONE, PSTN_NUMBER, PBX_DID = "098098", "201", "5551234", "5550100"
AGENT_TONE, CALLER_TONE = 1100, 700
RTP = (20000, 20019)
_OML_PORTS = {"lan": "5160", "wan": "5162", "docker": "5163"}
HEARD = 0.8
"""Share of a recording's energy at a tone's frequency from which the tone counts as heard."""


@dataclass(frozen=True)
class Linked:
    """Both sides as they stand, and the product's two commands."""

    pair: AsteriskPair
    pbx: StandinPbx
    oml: Standin
    oml_params: OmlParams
    folder: Path

    def on_pbx(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`issabel-omnileads ARGUMENTS`."""
        return subprocess.run(self.command_on_pbx(*arguments), capture_output=True, text=True, timeout=120)

    def command_on_pbx(self, *arguments: str) -> list[str]:
        """The command line of `issabel-omnileads ARGUMENTS`."""
        command = [sys.executable, "-m", "issabel_module.cli", *arguments, "--amportal-conf", str(self.pbx.amportal)]
        return [*command, *self.common()]

    def on_oml(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`manage.py pbx_link ARGUMENTS`."""
        return self.oml.run_command(["pbx_link", *arguments, *self.common()])

    def common(self) -> list[str]:
        """The options that every command gets."""
        return ["--link", str(self.folder / "link.conf"), "--state-dir", str(self.folder / "state"), "--lang", "en"]

    def link(self, technology: str, topology: str = "lan", more: str = "", registers: str = "no") -> None:
        """Writes the link file, with `more` at its end, and applies it on both sides; raises AssertionError with what
        was said. `registers`: the side that registers with the other."""
        ports = ("--pbx-port", self._pbx_port(technology), "--omnileads-port", _OML_PORTS[topology])
        options = (*ports, "--registers", registers)
        self.link_by(technology, *options, topology=topology, more=more, oml_first=registers == "pbx")

    def link_by(
        self, technology: str, *options: str, topology: str = "lan", more: str = "", oml_first: bool = False
    ) -> None:
        """The same, by those options of `init`. `oml_first`: OML is applied before the PBX."""
        (self.folder / "link.conf").unlink(missing_ok=True)
        is_docker = topology == "docker"
        address = ["--omnileads-address", self.pair.oml.address] if not is_docker else []
        directory = self.folder / "directory.json"
        directory.write_text(succeeded(self.on_oml("directory")), encoding="utf-8")
        succeeded(
            self.on_pbx("init", "--topology", topology, "--pbx-address", self.pair.pbx.address, *address,
                        "--technology", technology, *options,
                        "--from-directory", "--omnileads-route", "all=2XX,XXXXXXX,9|1XXX")
        )  # fmt: skip
        with (self.folder / "link.conf").open("a", encoding="utf-8") as link_file:
            link_file.write(more)
        # Places in a queue and in ring groups, put in anew for each link: as in the native delete they go with its
        # extension.
        member = {"id": "500", "keyword": "member", "data": f"Local/{DID}@from-queue/n,0", "flags": 0}
        self.pbx.replace("queues_details", member)
        with self.pbx.engine.begin() as connection:
            connection.execute(
                text("UPDATE ringgroups SET grplist = :did WHERE grpnum IN ('600', '601')"), {"did": DID}
            )
        # Who accepts registrations first: chan_sip waits 20 seconds after a try that was refused.
        on_pbx, on_oml = (self.on_pbx, ("--directory", str(directory))), (self.on_oml, ())
        for command, options in (on_oml, on_pbx) if oml_first else (on_pbx, on_oml):
            succeeded(command("apply", "--yes", *options))
        # The stand-in's dialplan takes the routes' hashes from AstDB, to which its consumer copies them by and by.
        assert eventually(lambda: re.search(r"/NAME +: all", self.oml_cli("database show OML OUTR"))), "no route"

    def _pbx_port(self, technology: str) -> str:
        return str(self.pbx.params.pjsip_port if technology == "pjsip" else self.pbx.params.sip_port)

    def unlink(self) -> None:
        """Takes the link away from both sides."""
        succeeded(self.on_oml("remove", "--yes"))
        succeeded(self.on_pbx("remove", "--yes"))

    def directions(self, verified: subprocess.CompletedProcess[str]) -> dict[str, str]:
        """The states by direction of a `verify --json`."""
        return {each["direction"]: each["state"] for each in json.loads(verified.stdout)["directions"]}

    def call_from_oml(self, number: str, caller: str = '"Ana" <1002>') -> Mapping[str, str]:
        """An agent of OML calls `number`; AMI's answer. The recording of what the agent hears is named `heard`."""
        fields = {"Channel": f"Local/{number}@from-agent/n", "Context": f"tone-{CALLER_TONE}", "Exten": "heard",
                  "Priority": "1", "CallerID": caller, "Timeout": "15000"}  # fmt: skip
        with ami(self.oml_params) as session:
            answer = session.action("Originate", **fields)
        return {name: " ".join(values) for name, values in answer.items()}

    def oml_cli(self, command: str) -> str:
        """The output of a CLI command on OML's Asterisk."""
        return self.pair.oml.cli(command)

    def rest(self) -> None:
        """Waits until the calls of before are over at both ends: what is found then is of the next one."""
        listed = "core show channels count"
        assert self.pbx.idle()
        assert eventually(lambda: "0 active channels" in self.oml_cli(listed), 20), self.oml_cli("core show channels")

    def oml_reaches_pbx(self) -> bool:
        """Whether the PBX answers OML's ping, asked now: Asterisk's own first ping may take a minute."""
        self.oml_cli("pjsip qualify issabel")
        return " Avail " in self.oml_cli("pjsip show contacts")

    def oml_saw(self, key: str) -> str:
        """The caller's number that the DID or agent `key` of OML saw last."""
        found = re.search(r"Value: (.*)", self.oml_cli(f"database get TESTSEEN/{key} num"))
        return found.group(1).strip() if found else ""

    @property
    def oml_recordings(self) -> Path:
        """Where OML's Asterisk records."""
        return AsteriskHost.at(self.pair.oml.etc_dir).recordings

    @contextmanager
    def sip_of_oml(self) -> Iterator[list[str]]:
        """The SIP messages between both sides while the block runs, as OML's Asterisk saw them; filled at its end."""
        self.rest()
        lines: list[str] = []
        for command in ("pjsip set history clear", "pjsip set history on"):
            self.oml_cli(command)
        yield lines
        lines += self.sip_kept_by_oml()
        for command in ("pjsip set history off", "pjsip set history clear"):
            self.oml_cli(command)

    def sip_kept_by_oml(self) -> list[str]:
        """The SIP messages that OML's Asterisk has in its history."""
        return [line for line in self.oml_cli("pjsip show history").splitlines() if re.match(r"\d{5} ", line)]


def challenged_and_answered(lines: Sequence[str]) -> bool:
    """Whether a call's first INVITE met a 401 and a later one was let in.

    The end of an earlier call may stand before it and between: a 200 alone says nothing."""
    told = [found.group(1) for line in lines if (found := re.search(r"(INVITE|SIP/2\.0 401|SIP/2\.0 200)", line))]
    asked = [message for message in told if message != "SIP/2.0 200"]
    if asked[:3] != ["INVITE", "SIP/2.0 401", "INVITE"]:
        return False
    second = [place for place, message in enumerate(told) if message == "INVITE"][1]
    return "SIP/2.0 200" in told[second:]


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    """What the command printed, where it ended with 0."""
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def oml_writer(address_outside: str = "", **changes: Any) -> ConfigWriter:
    """Writes OML's Asterisk configuration with the guide's transports and the event filters of a real OML."""

    def write(etc_dir: Path, address: str, ami_port: int) -> None:
        write_config(etc_dir, _oml_params(address, ami_port, external_address=address_outside, **changes))

    return write


def _oml_params(address: str, ami_port: int, **changes: Any) -> OmlParams:
    return OmlParams(
        address=address, transports=TRANSPORTS_GUIDE, ami_host=address, ami_port=ami_port, tone_hz=AGENT_TONE,
        ami_event_filters=EVENT_FILTERS_2_6_3, rtp_ports=RTP, call_seconds=4, unknown_seconds=3,
        agent_phone_port=5999, **changes,
    )  # fmt: skip


Install = Callable[[Path, Path, URL, PbxParams], StandinPbx]
"""Makes a fresh PBX: `install(folder, etc_dir, database, params)`."""


@contextmanager
def linked(
    pair: AsteriskPair, pbx_database: str, oml_database: str, redis_url: str, folder: Path,
    install: Install = install_pbx, **ports: Any,
) -> Iterator[Linked]:  # fmt: skip
    """A fresh PBX with a telephone, a PSTN and a ring group, and an OML with agents and a DID; not linked yet."""
    run_root = str(pair.pbx.etc_dir.parent / "run")
    params = PbxParams(
        run_root, address=pair.pbx.address, ami_host=pair.pbx.ami_host, ami_port=pair.pbx.ami_port, **ports
    )
    pbx = install(folder, pair.pbx.etc_dir, make_url(pbx_database), params)
    _furnish(pbx)
    reachable = _oml_params(pair.oml.address, pair.oml.ami_port)
    oml_params = replace(reachable, ami_host=pair.oml.ami_host)
    oml = Standin.on(oml_database, redis_url, oml_params)
    oml.environment["OML_STANDIN_PLUGIN"] = "1"
    oml.manage("migrate", "-v", "0")
    with consumer(pair.oml.etc_dir, redis_url, oml_params, seconds=3600):
        oml.manage("standin_seed", "--agent", "Ana Gomez", "--agent", "Luis Soto", "--did", f"{DID}=ventas")
        yield Linked(pair, pbx, oml, oml_params, folder)


def _furnish(pbx: StandinPbx) -> None:
    """Telephone 201, whatever can hold the DID's extension once it is there, and a PSTN behind 7-digit numbers."""
    pbx.add_custom_extension(PHONE, "Phone", f"Local/{PHONE}@test-phone/n")
    pbx.insert("trunks", {"trunkid": 5, "tech": "custom", "name": "pstn", "channelid": "Local/$OUTNUM$@pstn-sim/n"})
    pbx.insert("outbound_routes", {"route_id": 5, "name": "pstn", "intracompany_route": "", "mohclass": "default"})
    pattern = {"match_pattern_prefix": "", "match_cid": "", "prepend_digits": ""}
    pbx.insert("outbound_route_patterns", {"route_id": 5, "match_pattern_pass": "XXXXXXX", **pattern})
    pbx.insert("outbound_route_trunks", {"route_id": 5, "trunk_id": 5, "seq": 0})
    pbx.insert("outbound_route_sequence", {"route_id": 5, "seq": 1})
    group = {"strategy": "ringall", "grptime": 20, "grplist": DID, "description": "to the DID"}
    pbx.insert("ringgroups", {"grpnum": "600", **group}, {"grpnum": "601", **group, "strategy": "hunt"})
    for queue in ("500", "501"):
        pbx.insert("queues_config", {"extension": queue, "descr": "queue", "maxwait": "8"})
    inbound = {"extension": PBX_DID, "cidnum": "", "mohclass": "default"}
    pbx.insert("incoming", {**inbound, "destination": f"from-did-direct,{DID},1"})
    pbx.insert("ivr_details", {"id": 1, "name": "menu", "timeout_time": 1, "timeout_destination": f"ext-local,{DID},1"})
    with pbx.engine.begin() as connection:
        connection.execute(text("CREATE TABLE announcement (announcement_id INT, description TEXT, post_dest TEXT)"))
    pbx.insert("announcement", {"announcement_id": 1, "description": "hello", "post_dest": f"from-did-direct,{DID},1"})
    for place, number, dest in ((1, "830", "ivr-1,s,1"), (2, "831", "app-announcement-1,s,1")):
        pbx.insert("miscapps", {"miscapps_id": place, "ext": number, "description": "to the DID", "dest": dest})
        code = {"modulename": "miscapps", "featurename": f"miscapp_{place}", "description": "", "customcode": ""}
        pbx.insert("featurecodes", {**code, "defaultcode": number, "enabled": 1, "providedest": 0})
    pbx.add_custom_extension("204", "Follow me", "Local/204@test-phone/n")
    follow = {"grplist": DID, "strategy": "hunt", "grptime": 5, "pre_ring": 0}
    pbx.insert("findmefollow", {"grpnum": "204", **follow})
    pbx.put_astdb({"/AMPUSER/204/followme/ddial": "DIRECT"})
    pbx.ask_for_reload()
    pbx.reload()


def heard(recording: Path, tone: int) -> bool:
    """Whether the recording, once Asterisk has finished writing it, is of that tone."""
    with contextlib.suppress(FileNotFoundError, EOFError, wave.Error):
        return tone_share(recording, tone) > HEARD
    return False


def eventually(condition: Any, seconds: float = 25) -> bool:
    """Whether `condition` becomes true in time: pjsip alone waits up to ten seconds by chance before it registers."""
    return bool(wait_until(condition, seconds))
