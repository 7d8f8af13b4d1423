"""Which cause is told, by what one side or both saw."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from pbxlink.diagnosis.causes import CAUSES, Sure
from pbxlink.diagnosis.diagnosis import Diagnosis, causes_among, joined, named
from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.messages import catalogue
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error, term, warning

ENDS = {"here": term("side.pbx"), "there": term("side.omnileads")}
SILENT = error("cause.silent", address="10.0.0.2", port="5160", protocol="UDP", **ENDS)
LOST = error("cause.lost", address="10.0.0.2", port="5160", protocol="UDP", **ENDS)
BANNED = error("cause.banned", address="10.0.0.2", where="iptables: -A INPUT -s 10.0.0.2/32 -j DROP")
REFUSED = error("cause.refused", evidence="INVITE -> 401 -> 401", **ENDS)
PENDING = warning("reload.pending")


def seen(side: str, *findings: Finding) -> Diagnosis:
    return Diagnosis(side, list(causes_among(findings)))


def file_of(diagnosis: Diagnosis) -> tuple[str, str]:
    return diagnosis.side, json.dumps({"diagnosis": diagnosis.document("en")})


def test_every_cause_is_a_message_and_says_what_to_do() -> None:
    assert CAUSES.keys() <= catalogue.codes()
    silent = [code for code in CAUSES if not catalogue.text(f"{code}.hint", "en", **_Anything())]
    assert silent == []


class _Anything(dict):  # type: ignore[type-arg]
    """Every value that a message may have a blank for."""

    def __init__(self) -> None:
        names = "here there address port trunk evidence number name other route resource cells key link sip status"
        more = "todo text where path named source sent by count host user action reason technology listening configured"
        most = "url seconds expected found signalling file product"
        last = "existing transport context did id send protocol"
        super().__init__(dict.fromkeys(f"{names} {more} {last} {most}".split(), "x"))


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        ((), None),
        ((PENDING,), None),
        ((SILENT, LOST), "cause.lost"),
        ((LOST, BANNED), "cause.banned"),
        ((REFUSED, SILENT), "cause.silent"),
    ],
    ids=["nothing", "what is no cause", "measured before guessed", "seen before measured", "the earlier step"],
)
def test_the_surest_cause_is_told(findings: Sequence[Finding], told: str | None) -> None:
    cause = named([seen("pbx", *findings).document("en")])
    assert (cause.code if cause else None) == told


def test_where_a_cause_is_mended() -> None:
    refused, lost = (named([seen("pbx", each).document("en")]) for each in (REFUSED, LOST))
    assert refused and refused.host == "omnileads"
    assert lost and lost.host == "pbx"


def test_the_host_that_sees_it_is_believed_before_the_one_that_guesses() -> None:
    _, cause = joined([file_of(seen("omnileads", SILENT)), file_of(seen("pbx", BANNED))])
    assert cause is not None
    assert (cause.code, cause.host) == ("cause.banned", "pbx")


def test_two_healthy_sides_are_healthy() -> None:
    fine = Sight(Step.PORT, True, "10.0.0.2:5160")
    documents, cause = joined([file_of(Diagnosis("pbx", [fine])), file_of(Diagnosis("omnileads", [fine]))])
    assert cause is None
    assert [each["side"] for each in documents] == ["pbx", "omnileads"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"diagnosis": {"side": "pbx"}}', '{"diagnosis": []}'])
def test_a_file_that_is_none_is_told_by_its_name(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        joined([("mine.json", text)])
    assert raised.value.findings[0].values["path"] == "mine.json"


def test_every_degree_of_certainty_is_used() -> None:
    assert {cause.sure for cause in CAUSES.values()} == set(Sure)
