"""The topology `wan` where the side behind the router registers with the other one, which knows no address of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.calls.both_ways import CALLER, are_authenticated, omnileads_calls, the_pbx_calls
from tests.calls.linked import DID, Linked, eventually
from tests.calls.registering import registered_from, router
from tests.faults.diagnosis import is_right, tried
from tests.faults.diagnosis_faults_router import OF_OML, OF_PBX
from tests.faults.diagnosis_patient import Patient

_SECONDS = 100
"""After as long a registration is over, and made again from whatever address there is by then."""
_RARE = pytest.mark.failure_points
_KINDS = ("pbx-sip", *(pytest.param(each, marks=_RARE) for each in ("omnileads-sip", "pbx-pjsip", "omnileads-pjsip")))


@pytest.fixture(scope="module", params=_KINDS)
def link(request: pytest.FixtureRequest, backend: str) -> Iterator[Linked]:
    """Linked, and registered."""
    side, technology = request.param.split("-")
    hosts: Linked = request.getfixturevalue("pbx_behind_nat" if side == "pbx" else "oml_behind_nat")
    hosts.link(technology, topology="wan", registers=side)
    assert eventually(lambda: registered_from(hosts) == router(hosts).outside_address, 25)
    yield hosts
    hosts.unlink()


def _register_again(link: Linked) -> None:
    """Now, and not when the time has come: by a reload of the files, or pjsip's own command."""
    if router(link).inside == "oml":
        link.oml_cli("pjsip send register issabel-reg-0")
        return
    (link.pair.pbx.etc_dir / "sip.conf").touch()
    for command in ("sip reload", "pjsip send register omnileads"):
        link.pair.pbx.cli(command)


def test_the_pbx_calls_and_both_hear_each_other(link: Linked) -> None:
    the_pbx_calls(link)


@pytest.mark.failure_points
def test_nobody_has_to_do_anything_after_a_new_address(link: Linked) -> None:
    """Before the next test: asked to register now, pjsip asks once for no time, and chan_sip grants two minutes."""
    _move(link)
    assert eventually(lambda: registered_from(link), _SECONDS)
    _both_call(link)


def test_after_a_new_address_it_registers_again_and_calls_go_through(link: Linked) -> None:
    omnileads_calls(link)
    if router(link).inside == "oml" and not link.pair.pbx.cli("sip show peers").count("omnileads"):
        return  # the vendors' pjsip trunk takes no other contact before the old one is over: a minute and more
    _move(link)
    _register_again(link)
    assert eventually(lambda: registered_from(link))
    _both_call(link)


def test_verify_and_diagnose_know_it(link: Linked) -> None:
    are_authenticated(link)
    for done in (link.on_oml("diagnose", "--json"), link.on_pbx("diagnose", "--json")):
        document = json.loads(done.stdout)
        steps = {each["step"]: each["ok"] for each in document["diagnosis"]["sights"]}
        assert steps["registered"] is True and document["cause"] is None, done.stdout

    if router(link).inside == "oml" and "omnileads/" in link.pair.pbx.cli("sip show peers"):
        _nobody_registered_is_named(link)


def _nobody_registered_is_named(link: Linked) -> None:
    """Of the two drivers only chan_sip forgets a registration when it is told to."""
    link.pair.pbx.cli("sip unregister omnileads")
    assert link.directions(link.on_pbx("verify", "--json"))["pbx->oml"] == "not_registered"
    cause = json.loads(link.on_pbx("diagnose", "--json").stdout)["cause"]
    assert (cause["code"], cause["host"]) == ("cause.not_registered", "omnileads")


def _move(link: Linked) -> None:
    network = router(link)
    network.move(5 if network.outside_address.endswith(".4") else 4)
    assert not registered_from(link)


def _both_call(link: Linked) -> None:
    omnileads_calls(link)
    assert link.pbx.originate(DID, CALLER, __TEST_SECONDS="1")["Response"] == "Success"


@pytest.mark.failure_points
@pytest.mark.parametrize("name", ["registration not loaded", "forgotten", "router has another address"])
def test_why_it_does_not_work_is_named(link: Linked, name: str) -> None:
    """The rest of these faults by `python -m tests.faults.diagnosis`."""
    if "technology = pjsip" in (link.folder / "link.conf").read_text():
        pytest.skip("the faults are put into chan_sip")
    faults = OF_PBX if router(link).inside == "pbx" else OF_OML
    fault = next(each for each in faults if name in each.name)
    told = tried(Patient(link), fault, there=False)
    assert is_right(fault, told), "\n".join([f"{told.code} {told.host} {told.message}", *told.seen])
