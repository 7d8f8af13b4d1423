"""The topology `wan`: OML behind a router that forwards its SIP port and its RTP ports, and the PBX outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calls.both_ways import are_authenticated, both_diagnose, omnileads_calls, the_pbx_calls
from tests.calls.linked import Linked, eventually
from tests.faults.diagnosis_patient import Patient

_RARE = pytest.param("pjsip", marks=pytest.mark.failure_points)


@pytest.fixture(scope="module", params=["sip", _RARE])
def link(request: pytest.FixtureRequest, oml_forwarded: Linked) -> Iterator[Linked]:
    """Linked by addresses, by each channel driver of the PBX."""
    oml_forwarded.link(request.param, topology="wan")
    assert eventually(oml_forwarded.oml_reaches_pbx, 30), oml_forwarded.oml_cli("pjsip show contacts")
    yield oml_forwarded
    oml_forwarded.unlink()


def test_calls_both_ways_are_authenticated_and_heard(link: Linked) -> None:
    omnileads_calls(link)
    the_pbx_calls(link)
    are_authenticated(link)


def test_both_diagnose_at_once_find_nothing_and_hear_each_other(link: Linked) -> None:
    both_diagnose(Patient(link), there=False)
