"""What every kind of link must do: a call each way, challenged, with the caller's number and heard at both ends;
`verify` and `diagnose` find nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from tests.calls.linked import AGENT_TONE, CALLER_TONE, DID, PHONE, Linked, challenged_and_answered, eventually, heard
from tests.faults.diagnosis import HEARD_BOTH_WAYS, diagnosed
from tests.faults.diagnosis_patient import Patient

CALLER = '"Ext 201" <201>'


def the_pbx_calls(link: Linked, while_up: Callable[[], None] = lambda: None) -> None:
    """An extension calls a DID; `while_up` looks at the call before it is over."""
    with link.sip_of_oml() as messages:
        both_hear(link, while_up)
    assert challenged_and_answered(messages), messages
    assert link.oml_saw(DID) == "201"


def both_hear(link: Linked, while_up: Callable[[], None] = lambda: None) -> None:
    """The same without a look at its messages."""
    link.rest()
    recording = link.pair.pbx.etc_dir.parent / "run" / f"heard-{secrets.token_hex(4)}.wav"
    variables = {"TEST_RECORD": str(recording), "__TEST_SECONDS": "3"}
    assert link.pbx.originate(DID, CALLER, **variables)["Response"] == "Success"
    while_up()
    assert link.pbx.idle()
    assert eventually(lambda: heard(recording, AGENT_TONE)), "the PBX hears nothing"
    assert eventually(lambda: heard(link.oml_recordings / f"{DID}-in.wav", CALLER_TONE)), "OMniLeads hears nothing"


def omnileads_calls(link: Linked) -> None:
    """An agent calls an extension."""
    with link.sip_of_oml() as messages:
        assert link.call_from_oml(PHONE)["Response"] == "Success"
    assert challenged_and_answered(messages), messages
    assert link.pbx.seen(PHONE)["num"] == "1002"


def are_authenticated(link: Linked) -> None:
    """`verify` of each side says so of its direction."""
    pbx, oml = link.on_pbx("verify", "--json"), link.on_oml("verify", "--json")
    assert link.directions(pbx)["pbx->oml"] == "authenticated", pbx.stdout
    assert link.directions(oml)["oml->pbx"] == "authenticated", oml.stdout


def both_diagnose(patient: Patient, there: bool = True) -> None:
    """Both sides diagnose at once, find nothing, and hear each other's test call. `there`: as in `diagnosed`."""
    told = diagnosed(patient, listen=20, there=there)
    assert (told.code, told.message) == ("", ""), told
    assert told.arrived >= HEARD_BOTH_WAYS
