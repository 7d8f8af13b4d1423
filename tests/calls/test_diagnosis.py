"""A share of the faults that `diagnose` must name; all of them by `python -m tests.faults.diagnosis`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calls.both_ways import both_diagnose
from tests.calls.linked import Linked
from tests.faults.diagnosis import is_right, tried
from tests.faults.diagnosis_faults import FAULTS, Fault
from tests.faults.diagnosis_patient import Patient

SHARE = (
    "PBX: secret",
    "PBX: a ring group hides the extension",
    "OMniLeads: a transport that is not there",
    "OMniLeads: agent logged out",
    "audio of the PBX is lost",
    "PBX: a file by hand hides the caller",
    "the PBX names a private address (NAT)",
    "PBX: OMniLeads is banned",
)


@pytest.fixture(scope="module")
def patient(backend: str, hosts: Linked) -> Iterator[Patient]:
    """The two hosts, linked over chan_sip; nothing is wrong. OML has a DID that its agent rule swallows, which the link
    does not call."""
    if backend != "native":
        pytest.skip("packets are filtered on hosts of this machine")
    hosts.oml.manage("standin_seed", "--did", "1145556666=buenos-aires")
    hosts.link("sip")
    yield Patient(hosts)
    hosts.unlink()


def test_a_link_that_works_is_told_healthy(patient: Patient) -> None:
    both_diagnose(patient)


@pytest.mark.parametrize("name", SHARE)
def test_the_cause_is_named(patient: Patient, name: str) -> None:
    fault: Fault = next(each for each in FAULTS if each.name == name)
    told = tried(patient, fault)
    assert is_right(fault, told), "\n".join([f"{told.code} {told.host} {told.message}", *told.seen])


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({each.name for each in FAULTS}) == len(FAULTS) > 30
