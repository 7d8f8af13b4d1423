"""`diagnose` as a command, on a side in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.engine.plan import Key
from pbxlink.messages.findings import Finding, error, term, warning
from tests.unit.desk import LINK, Desk
from tests.unit.memoryside import EXTENSION, TRUNK, image

ENDS = {"here": term("side.pbx"), "there": term("side.omnileads")}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A host where the link is applied and nothing is wrong."""
    made = Desk(tmp_path)
    made.write(LINK)
    assert made.run("apply", "--yes") == 0
    return made


def cause_of(desk: Desk, *arguments: str) -> str:
    code, document = desk.document("diagnose", *arguments)
    assert (code == 2) == (document["cause"] is not None)
    return document["cause"]["code"] if document["cause"] else ""


def test_a_healthy_link_is_told_healthy(desk: Desk) -> None:
    desk.side.sights = [Sight(Step.PORT, True, "10.0.0.2:5160 OK (1 ms)", "pbx->oml")]
    assert cause_of(desk) == ""
    assert desk.run("diagnose") == 0
    assert "No fault found" in desk.out and "10.0.0.2:5160 OK (1 ms)" in desk.out


def test_the_last_line_says_what_where_and_what_to_do(desk: Desk) -> None:
    cause = error("cause.refused", evidence="INVITE -> 401 -> 401", **ENDS)
    desk.side.sights = [Sight(Step.ANSWERED, False, "", "pbx->oml", [cause])]
    assert desk.run("diagnose") == 2
    last = desk.out.splitlines()[-1]
    assert last.startswith("What is wrong, on OMniLeads: OMniLeads refuses") and "What to do: apply the same" in last


def test_the_number_is_handed_to_the_side(desk: Desk) -> None:
    assert cause_of(desk, "098098") == ""
    assert desk.side.steps[-1] == "diagnose 098098"


@pytest.mark.parametrize(
    ("key", "told"), [(TRUNK, "cause.differs"), (EXTENSION, "cause.resource_differs")], ids=["trunk", "extension"]
)
def test_what_is_not_as_the_link_says_is_named_with_its_cells(desk: Desk, key: Key, told: str) -> None:
    desk.side.stored[key] = {"rows": ({"id": key.name, "data": "by hand"},)}
    assert cause_of(desk) == told
    desk.run("diagnose")
    assert "data: 'by hand' -> 'new'" in desk.out


def test_what_somebody_deleted_is_named(desk: Desk) -> None:
    del desk.side.stored[TRUNK]
    assert cause_of(desk) == "drift.gone"


def test_what_was_never_applied_is_named(desk: Desk) -> None:
    desk.side.owned.pop(TRUNK)
    del desk.side.stored[TRUNK]
    assert cause_of(desk) == "cause.not_applied"


@pytest.mark.parametrize(
    "finding", [warning("reload.pending"), warning("pbx.port_silent", address="a", port=1, protocol="UDP")]
)
def test_what_explains_no_failing_call_is_no_cause(desk: Desk, finding: Finding) -> None:
    desk.side.findings = [finding]
    assert cause_of(desk) == ""


@pytest.mark.parametrize(("did", "told"), [("1145556666", ""), (LINK.extensions[0].send, "did.taken_for_agent")])
def test_a_did_that_the_link_does_not_call_is_no_cause(desk: Desk, did: str, told: str) -> None:
    desk.side.findings = [warning("did.taken_for_agent", did=did, id=did[4:])]
    assert cause_of(desk) == told


def test_both_files_together(desk: Desk, tmp_path: Path) -> None:
    cause = error("cause.silent", address="10.0.0.2", port="5160", protocol="UDP", **ENDS)
    desk.side.sights = [Sight(Step.PORT, False, "", "pbx->oml", [cause])]
    desk.run("diagnose", "--json")
    (tmp_path / "pbx.json").write_text(desk.out)
    desk.side.name, desk.side.sights = "omnileads", [Sight(Step.DRIVER, False, "", "", [error("cause.no_pjsip")])]
    desk.side.stored[EXTENSION] = image("other")
    desk.run("diagnose", "--json")
    (tmp_path / "oml.json").write_text(desk.out)
    steps = list(desk.side.steps)
    assert cause_of(desk, "--join", str(tmp_path / "pbx.json"), str(tmp_path / "oml.json")) == "cause.no_pjsip"
    assert desk.side.steps == steps, "a side was asked"


@pytest.mark.parametrize("written", [None, "no json"])
def test_a_file_that_is_none(desk: Desk, tmp_path: Path, written: str | None) -> None:
    if written:
        (tmp_path / "x.json").write_text(written)
    assert desk.run("diagnose", "--join", str(tmp_path / "x.json")) == 1
    assert "x.json" in desk.err and "diagnose --json" in desk.err
