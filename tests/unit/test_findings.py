"""Findings, errors and verdicts: severities, words, documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxlink.asterisk.trial_call import Reach, Verdict
from pbxlink.messages import errors
from pbxlink.messages.catalogue import LANGUAGES
from pbxlink.messages.findings import Finding, Severity, error, errors_of, info, term, warning, worth_a_look

ALL = [error("linkcode.form"), warning("reload.pending"), info("apply.restored")]


def test_severities() -> None:
    assert [finding.severity for finding in ALL] == [Severity.ERROR, Severity.WARNING, Severity.INFO]
    assert errors_of(ALL) == ALL[:1] and worth_a_look(ALL) == ALL[:2]


@given(st.lists(st.sampled_from(ALL)))
def test_filters_keep_the_order(findings: list[Finding]) -> None:
    assert errors_of(findings) == [each for each in findings if each.severity is Severity.ERROR]
    assert worth_a_look(findings) == [each for each in findings if each.severity is not Severity.INFO]


def test_a_document() -> None:
    finding = error("linkfile.mode", path="/x", mode="0644")
    assert finding.document("en") == {
        "code": "linkfile.mode",
        "severity": "error",
        "message": "Others may read /x (mode 0644) and it holds the secret",
        "hint": "Run: chmod 600 /x",
    }
    assert finding.document("es")["hint"] == "Ejecute: chmod 600 /x"
    assert info("apply.restored").document("en")["hint"] == ""


def test_an_error_carries_its_findings_and_names_their_codes() -> None:
    problem = errors.InvalidInput(*ALL)
    assert list(problem.findings) == ALL and isinstance(problem, errors.LinkError)
    assert str(problem) == "linkcode.form {}; reload.pending {}; apply.restored {}"
    assert str(errors.Refused()) == ""


@pytest.mark.parametrize("reach", Reach)
def test_every_verdict_can_be_said(reach: Reach) -> None:
    verdict = Verdict("pbx->oml", reach, "omnileads", "INVITE -> 401 -> 404")
    for language in LANGUAGES:
        assert verdict.finding().message(language)
    assert verdict.document() == {
        "direction": "pbx->oml",
        "state": reach.value,
        "trunk": "omnileads",
        "evidence": "INVITE -> 401 -> 404",
    }


def test_only_authenticated_is_well() -> None:
    severities = {reach: Verdict("pbx->oml", reach, "t").finding().severity for reach in Reach}
    assert {reach for reach, each in severities.items() if each is Severity.INFO} == {
        Reach.AUTHENTICATED, Reach.NOT_TRIED,
    }  # fmt: skip
    assert {reach for reach, each in severities.items() if each is Severity.WARNING} == {Reach.ACCEPTED}


def test_a_value_that_is_a_message_is_said_in_the_readers_language() -> None:
    place = term("usage.place", kind=term("usage.queues"), name="700")
    found = warning("usage.leads", resource=term("usage.resource", kind=term("kind.trunk"), name="x"), places=(place,))
    assert found.message("en") == "With trunk x gone, these lead nowhere: queue 700"
    assert "cola 700" in found.message("es") and "fila 700" in found.document("pt")["message"]
