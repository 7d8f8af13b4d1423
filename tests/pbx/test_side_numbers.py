"""Every place in which a dialable number can already be taken: one planted in each is found, with its owner."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from issabel_module.checks import number_sources
from tests.pbx.product import Bench, database_of, difference
from tests.standins.pbx.rig import custom_device, plain_user

pytest_plugins = ["tests.pbx.product_fixtures"]
NUMBER, OWNER = "4455", "Recepcion norte"


@pytest.fixture
def wanting(bench: Bench) -> Bench:
    """A PBX whose link wants the extension 4455."""
    bench.write_link(extensions={NUMBER: {"number": NUMBER, "send": "098098", "name": "OML 4455"}})
    return bench


def _sip_extension(bench: Bench) -> None:
    bench.pbx.insert("users", plain_user(NUMBER, OWNER))
    bench.pbx.insert("devices", dict(custom_device(NUMBER, OWNER, f"SIP/{NUMBER}"), tech="sip"))


def _device_only(bench: Bench) -> None:
    bench.pbx.insert("devices", dict(custom_device(NUMBER, OWNER, f"SIP/{NUMBER}"), tech="sip"))


def _ring_group(bench: Bench) -> None:
    row = {"grpnum": NUMBER, "strategy": "ringall", "grptime": 20, "grplist": "201", "description": OWNER}
    bench.pbx.insert("ringgroups", row)


def _queue(bench: Bench) -> None:
    bench.pbx.insert("queues_config", {"extension": NUMBER, "descr": OWNER})


def _conference(bench: Bench) -> None:
    bench.pbx.insert("meetme", {"exten": NUMBER, "description": OWNER})


def _paging(bench: Bench) -> None:
    bench.pbx.insert("paging_config", {"page_group": NUMBER, "force_page": 0, "description": OWNER})


def _vmblast(bench: Bench) -> None:
    bench.pbx.insert("vmblast", {"grpnum": int(NUMBER), "description": OWNER, "password": ""})


def _misc_application(bench: Bench) -> None:
    bench.pbx.insert(
        "miscapps", {"miscapps_id": 7, "ext": NUMBER, "description": OWNER, "dest": "app-blackhole,hangup,1"}
    )


def _feature(bench: Bench, default: str, custom: str, enabled: int = 1, module: str = "core") -> None:
    row = {"modulename": module, "featurename": "wake_up", "description": OWNER, "defaultcode": default,
           "customcode": custom, "enabled": enabled, "providedest": 0}  # fmt: skip
    bench.pbx.insert("featurecodes", row)


def _feature_default(bench: Bench) -> None:
    _feature(bench, NUMBER, "")


def _feature_custom(bench: Bench) -> None:
    _feature(bench, "*99", NUMBER)


def _parking_lot(bench: Bench) -> None:
    bench.sql("UPDATE parkplus SET parkext = :number, name = :name", number=NUMBER, name=OWNER)


def _parking_slot(bench: Bench) -> None:
    bench.sql("UPDATE parkplus SET parkpos = '4450', numslots = 6, name = :name", name=OWNER)


def _declared(bench: Bench) -> None:
    bench.pbx.insert("custom_extensions", {"custom_exten": NUMBER, "description": OWNER, "notes": ""})


def _injection(bench: Bench) -> None:
    row = {"id": 3, "description": OWNER, "destination": "", "exten": NUMBER}
    bench.pbx.insert("dialplaninjection_dialplaninjections", row)


PLACES: list[tuple[str, Callable[[Bench], None], str, str]] = [
    ("1 users", _sip_extension, "number.users", OWNER),
    ("2 devices", _device_only, "number.devices", OWNER),
    ("4 ringgroups", _ring_group, "number.ringgroups", OWNER),
    ("5 queues", _queue, "number.queues", OWNER),
    ("6 meetme", _conference, "number.meetme", OWNER),
    ("7 paging", _paging, "number.paging", OWNER),
    ("8 vmblast", _vmblast, "number.vmblast", OWNER),
    ("9 miscapps", _misc_application, "number.miscapps", OWNER),
    ("10 featurecodes default", _feature_default, "number.featurecodes", "wake_up"),
    ("10 featurecodes custom", _feature_custom, "number.featurecodes", "wake_up"),
    ("11 parking lot", _parking_lot, "number.parking", OWNER),
    ("11 parking slot", _parking_slot, "number.parking", OWNER),
    ("12 custom_extensions", _declared, "number.custom_extensions", OWNER),
    ("13 dialplaninjection", _injection, "number.injections", OWNER),
]
"""Row of extension_number_sources.md, how the number is planted, the finding's code, the owner that it names."""


@pytest.mark.parametrize(("plant", "code", "owner"), [each[1:] for each in PLACES], ids=[each[0] for each in PLACES])
def test_a_number_that_something_has_is_found_with_its_owner(
    wanting: Bench, plant: Callable[[Bench], None], code: str, owner: str
) -> None:
    assert wanting.json("check").codes.count(code) == 0
    plant(wanting)
    before = wanting.snapshot()
    found = wanting.json("check")
    assert found.code == 2 and code in found.codes
    assert NUMBER in found.message(code) and owner in found.message(code)
    refused = wanting.json("apply", "--yes")
    assert refused.code == 1 and code in refused.codes
    assert difference(before, wanting.snapshot()) == {} and wanting.reloads == 0


def test_every_source_is_planted_once_at_least() -> None:
    planted = {code for _, _, code, _ in PLACES}
    # A follow-me without its extension is a remain, not an owner: `test_number_clashes` has it.
    assert {source.kind for source in number_sources.SOURCES} - {"number.findmefollow"} == planted


@pytest.mark.parametrize("number", ["4455*", "4455**"])
def test_a_queues_login_codes_are_taken_too(bench: Bench, number: str) -> None:
    _queue(bench)
    found = number_sources.taken(number_sources.everything(database_of(bench)), [number])
    assert [(each.kind, each.name) for each in found] == [("number.queues", OWNER)]


@pytest.mark.parametrize(("enabled", "module"), [(0, "core"), (1, "nosuchmodule")])
def test_a_feature_code_that_is_off_takes_no_number(wanting: Bench, enabled: int, module: str) -> None:
    _feature(wanting, NUMBER, "", enabled, module)
    assert wanting.json("check").codes.count("number.featurecodes") == 0


def test_numbers_are_compared_as_text(bench: Bench) -> None:
    bench.write_link(extensions={"098098": {"number": "098098", "send": "098098", "name": "OML"}})
    bench.pbx.insert("ringgroups", {"grpnum": "98098", "strategy": "ringall", "grptime": 20, "grplist": "201",
                                    "description": "another number"})  # fmt: skip
    assert "number.ringgroups" not in bench.json("check").codes


@pytest.fixture
def custom_dialplan(bench: Bench) -> Iterator[Path]:
    """extensions_custom.conf, put back and reloaded afterwards."""
    path = bench.etc_dir / "extensions_custom.conf"
    kept = path.with_suffix(".kept")
    shutil.copy2(path, kept)
    yield path
    kept.replace(path)
    bench.pbx.cli("dialplan reload")


@pytest.mark.parametrize("exten", [NUMBER, "_44XX", "_4[3-5]!"])
def test_hand_made_dialplan_that_takes_the_number_is_found(wanting: Bench, custom_dialplan: Path, exten: str) -> None:
    custom_dialplan.write_text(f"[from-internal-custom]\nexten => {exten},1,Answer()\n", encoding="utf-8")
    wanting.pbx.cli("dialplan reload")
    found = wanting.json("check")
    assert found.code == 2 and "from-internal-custom" in found.message("number.dialplan")
    assert wanting.json("apply", "--yes").code == 1
    assert wanting.reloads == 0


def test_once_it_is_ours_the_number_is_no_collision(wanting: Bench) -> None:
    wanting.done("apply", "--yes")
    assert not [code for code in wanting.json("check").codes if code.startswith("number.")]


@pytest.mark.parametrize(("ours", "theirs_pass", "theirs_prefix"), [("8XXX", "8123", ""), ("8XXX", "XXXX", ""),
    ("9|8XXX", "8XXX", "9"), ("8.", "1", "8")])  # fmt: skip
def test_a_route_of_somebody_else_with_such_a_pattern_is_told(
    bench: Bench, ours: str, theirs_pass: str, theirs_prefix: str
) -> None:
    bench.write_link(pbx_routes={"oml-agents": {"patterns": ours}})
    assert _overlaps(bench) == []
    bench.sql("INSERT INTO outbound_routes (name) VALUES ('salida')")
    route_id = bench.sql("SELECT route_id FROM outbound_routes WHERE name = 'salida'")[0]["route_id"]
    row = {"route_id": route_id, "match_pattern_prefix": theirs_prefix, "match_pattern_pass": theirs_pass,
           "match_cid": "", "prepend_digits": ""}  # fmt: skip
    bench.pbx.insert("outbound_route_patterns", row)
    assert len(_overlaps(bench)) == 1 and "salida" in _overlaps(bench)[0]
    assert bench.json("apply", "--yes").code == 0, "an overlap is a warning"


def _overlaps(bench: Bench) -> list[str]:
    found = bench.json("check").document["findings"]
    return [each["message"] for each in found if each["code"] == "pbx.pattern_overlap" and "salida" in each["message"]]


def test_numbers_that_a_pattern_of_ours_never_gets_are_told(bench: Bench) -> None:
    bench.pbx.add_custom_extension("8123", "Ana", "Local/8123@test-phone/n")  # a number of two tables is one number
    link = bench.guide(pbx_routes={"oml-agents": {"patterns": "8XXX"}})
    link["extensions"]["8124"] = {"number": "8124", "send": "098124", "name": "OML camp2"}
    bench.write_link(link)
    said = bench.json("check").message("pbx.pattern_beaten")
    assert "never reach it: 1 (8123)" in said
    bench.done("apply", "--yes")
    del link["extensions"]["8124"]
    bench.write_link(link)
    assert "8124" not in bench.json("check").message("pbx.pattern_beaten")  # ours, and about to go
