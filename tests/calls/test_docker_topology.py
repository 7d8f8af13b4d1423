"""The topology `docker`: OML in a container with published ports on the PBX's own host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calls.both_ways import are_authenticated, both_diagnose, omnileads_calls, the_pbx_calls
from tests.calls.joining import joins_and_goes
from tests.calls.linked import Linked
from tests.faults.diagnosis_patient import Patient


@pytest.fixture(scope="module", params=["sip", "pjsip"])
def link(request: pytest.FixtureRequest, same_host: Linked) -> Iterator[Linked]:
    """PBX and OML on one host, linked by each channel driver of the PBX in turn."""
    same_host.link(request.param, topology="docker")
    yield same_host
    same_host.unlink()


@pytest.mark.failure_points
def test_one_invitation_and_one_yes_join_a_container_on_the_pbx_s_own_host(same_host: Linked, tmp_path: Path) -> None:
    joins_and_goes(same_host, tmp_path, oml_address=same_host.pair.pbx.address)


def test_calls_both_ways_are_authenticated_and_heard(link: Linked) -> None:
    the_pbx_calls(link)
    omnileads_calls(link)


def test_verify_says_authenticated_on_both_sides(link: Linked) -> None:
    are_authenticated(link)


def test_both_diagnose_at_once_find_nothing_and_hear_each_other(link: Linked) -> None:
    both_diagnose(Patient(link), there=False)
