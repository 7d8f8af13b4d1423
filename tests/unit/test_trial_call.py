"""What a trial call says about a trunk: by the table, and between two real Asterisks with the usual mistakes."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxlink.asterisk import trial_call
from pbxlink.asterisk.trial_call import Reach, Trial, reach_of
from pbxlink.link.model import Technology
from tests.stack.process import wait_until
from tests.unit.amiserver import Headers, Reply, ami_server, message, success
from tests.unit.asterisks import DID, Pair
from tests.unit.test_ami import to


@pytest.mark.parametrize(
    ("answers", "cause", "reach"),
    [
        ((401, 404), 1, Reach.AUTHENTICATED),
        ((407, 404), 1, Reach.AUTHENTICATED),
        ((401, 200), 16, Reach.AUTHENTICATED),
        ((401, 486), 17, Reach.AUTHENTICATED),
        ((401, 603), 21, Reach.AUTHENTICATED),
        ((401, 480), None, Reach.AUTHENTICATED),
        ((401,), 1, Reach.AUTHENTICATED),
        ((401,), 17, Reach.AUTHENTICATED),
        ((401,), 19, Reach.AUTHENTICATED),
        ((401,), 22, Reach.AUTHENTICATED),
        ((401,), 28, Reach.AUTHENTICATED),
        ((407,), 58, Reach.AUTHENTICATED),
        ((401,), 16, Reach.NOT_AUTHENTICATED),
        ((401,), None, Reach.NOT_AUTHENTICATED),
        ((403,), 17, Reach.NOT_AUTHENTICATED),
        ((401,), 21, Reach.NOT_AUTHENTICATED),
        ((401, 401), 21, Reach.NOT_AUTHENTICATED),
        ((407, 407), None, Reach.NOT_AUTHENTICATED),
        ((401, 403), 21, Reach.NOT_AUTHENTICATED),
        ((403,), 21, Reach.NOT_AUTHENTICATED),
        ((404,), 1, Reach.ACCEPTED),
        ((200,), 16, Reach.ACCEPTED),
        ((603,), 21, Reach.ACCEPTED),
        ((401, 500), 38, Reach.FAILED),
        ((401, 503), 34, Reach.FAILED),
        ((500,), 38, Reach.FAILED),
        ((503,), 20, Reach.UNREACHABLE),
        ((408,), 18, Reach.UNREACHABLE),
        ((401, 408), 18, Reach.AUTHENTICATED),
        ((), None, Reach.UNREACHABLE),
        ((), 0, Reach.UNREACHABLE),
        ((), 3, Reach.UNREACHABLE),
        ((), 20, Reach.UNREACHABLE),
        ((), 21, Reach.NOT_AUTHENTICATED),
        ((), 1, Reach.ACCEPTED),
        ((), 16, Reach.ACCEPTED),
    ],
)
def test_reach(answers: tuple[int, ...], cause: int | None, reach: Reach) -> None:
    assert reach_of(Trial(answers, cause)) is reach


@given(
    st.lists(st.sampled_from([200, 401, 403, 404, 407, 408, 486, 500, 503, 603]), max_size=3).map(tuple),
    st.integers(0, 127),
)
def test_nothing_is_called_authenticated_without_a_challenge_that_was_passed(
    answers: tuple[int, ...], cause: int
) -> None:
    """Passed: by an answer to the call itself, or by a hangup cause that no refused challenge gives."""
    if reach_of(Trial(answers, cause)) is Reach.AUTHENTICATED:
        assert {401, 407} & set(answers) and answers[-1] != 403
        assert answers[-1] not in {401, 407} or cause in {1, 17, 19, 22, 28, 58}


def test_evidence() -> None:
    assert Trial((401, 404), 1).evidence == "INVITE -> 401 -> 404 (Q.850 1)"
    assert Trial((), None).evidence == "INVITE -> -"
    assert Trial((401, 200), None).evidence == "INVITE -> 401 -> 200"


def test_the_number_is_nobodys() -> None:
    numbers = {trial_call.unknown_number() for _ in range(200)}
    assert len(numbers) > 190
    assert all(re.fullmatch(r"pbxlink-[0-9a-f]{6}", number) for number in numbers)


def call(pair: Pair, side: str, trunk: str, number: str = "") -> tuple[Trial, float]:
    technology = Technology.SIP if side == "pbx" else Technology.PJSIP
    began = time.monotonic()
    with pair.ami(side, events="call") as ami:
        trial = trial_call.place(ami, technology, trunk, number or trial_call.unknown_number())
    return trial, time.monotonic() - began


@pytest.mark.parametrize(
    ("side", "trunk", "answers", "reach"),
    [
        ("pbx", "omnileads", (401, 404), Reach.AUTHENTICATED),
        ("oml", "issabel", (401, 404), Reach.AUTHENTICATED),
        ("pbx", "wrong-secret", None, Reach.NOT_AUTHENTICATED),
        ("oml", "wrong_secret", (401, 403), Reach.NOT_AUTHENTICATED),
        ("pbx", "no-defaultuser", None, Reach.NOT_AUTHENTICATED),
    ],
)
def test_a_real_trial_call(pair: Pair, side: str, trunk: str, answers: tuple[int, ...] | None, reach: Reach) -> None:
    trial, seconds = call(pair, side, trunk)
    assert reach_of(trial) is reach, trial
    if answers:
        assert trial.answers == answers
    elif trial.answers:  # chan_sip forgets a dialog that failed so soon that its history cannot always be read
        assert set(trial.answers) == {401}
    assert seconds < 15


@pytest.mark.parametrize(
    ("side", "trunk"), [("pbx", "silent"), ("oml", "silent"), ("pbx", "missing"), ("oml", "missing")]
)
def test_a_trunk_that_leads_nowhere(pair: Pair, side: str, trunk: str) -> None:
    trial, seconds = call(pair, side, trunk)
    assert reach_of(trial) is Reach.UNREACHABLE, trial
    assert seconds < 15


@pytest.mark.parametrize(("side", "trunk", "number"), [("pbx", "omnileads", DID), ("oml", "issabel", "201")])
def test_a_real_number_is_called_and_hung_up(pair: Pair, side: str, trunk: str, number: str) -> None:
    trial, seconds = call(pair, side, trunk, number)
    assert trial.answers == (401, 200) and reach_of(trial) is Reach.AUTHENTICATED
    assert seconds < 10
    with pair.ami(side) as ami:
        deadline = time.monotonic() + 5
        while ami.listing("CoreShowChannels") and time.monotonic() < deadline:
            time.sleep(0.2)
        assert ami.listing("CoreShowChannels") == []


def test_a_number_that_is_busy_is_never_called_not_authenticated(pair: Pair) -> None:
    """chan_sip forgets a busy call's dialog at once: its history shows all of it, a part, or nothing."""
    for _ in range(8):
        trial, _ = call(pair, "pbx", "omnileads", "555")
        assert trial.cause == 17 and trial.answers in {(401, 486), (401,), ()}
        assert reach_of(trial) is (Reach.AUTHENTICATED if trial.answers else Reach.ACCEPTED)


def test_two_calls_after_one_another_are_told_apart(pair: Pair) -> None:
    assert call(pair, "pbx", "omnileads", DID)[0].answers == (401, 200)
    assert reach_of(call(pair, "pbx", "wrong-secret", DID)[0]) is Reach.NOT_AUTHENTICATED


def sip_history(pair: Pair) -> bool:
    return any(
        "SIP history" in line and line.rstrip().endswith("On")
        for line in pair.pbx.cli("sip show settings").splitlines()
    )


@pytest.mark.parametrize("was_on", [False, True])
def test_chan_sips_history_is_left_as_it_was(pair: Pair, was_on: bool) -> None:
    pair.pbx.cli(f"sip set history {'on' if was_on else 'off'}")
    try:
        call(pair, "pbx", "omnileads")
        assert sip_history(pair) is was_on
    finally:
        pair.pbx.cli("sip set history off")


def test_pjsips_history_is_switched_off_and_cleared(pair: Pair) -> None:
    call(pair, "oml", "issabel")
    time.sleep(0.2)
    assert not _recorded(pair)
    assert "not found" in pair.oml.cli("database get pbxlink pjsip-history")


def test_a_history_that_a_killed_run_left_on_is_switched_off_with_its_mark(pair: Pair) -> None:
    pair.oml.cli("pjsip set history on")
    pair.oml.cli("database put pbxlink pjsip-history 1764000000")
    assert wait_until(lambda: bool(_recorded(pair)), 8), "no OPTIONS were recorded"
    call(pair, "oml", "issabel")
    assert "not found" in pair.oml.cli("database get pbxlink pjsip-history")
    assert not _recorded(pair)
    pair.oml.cli("pjsip qualify issabel")
    time.sleep(0.5)
    assert not _recorded(pair), "it is still on"


def _recorded(pair: Pair) -> list[str]:
    return [line for line in pair.oml.cli("pjsip show history").splitlines() if line[:5].isdigit()]


def test_what_somebody_else_recorded_of_pjsip_stays(pair: Pair) -> None:
    pair.oml.cli("pjsip set history on")
    try:
        assert wait_until(lambda: bool(_recorded(pair)), 8), "no OPTIONS were recorded within 8 s"
        recorded = _recorded(pair)
        assert call(pair, "oml", "issabel")[0].answers == (401, 404)
        assert recorded[0] in pair.oml.cli("pjsip show history").splitlines()
    finally:
        pair.oml.cli("pjsip set history off")
        pair.oml.cli("pjsip set history clear")


@pytest.mark.parametrize(("events", "cause"), [(b"", None), (message(Event="Hangup", Uniqueid="?", Cause="x"), None)])
def test_a_call_of_which_nothing_is_ever_heard_ends(
    monkeypatch: pytest.MonkeyPatch, events: bytes, cause: int | None
) -> None:
    def answer(action: Headers) -> Reply:
        return () if action["Action"] == "Login" else (success(action), events)

    monkeypatch.setattr(trial_call, "_RING_SECONDS", 0)
    monkeypatch.setattr(trial_call, "_SETTLE_SECONDS", 0.5)
    with ami_server(lambda action: answer(action)[:1] if not events else answer(action)) as server, to(server) as ami:
        assert trial_call.place(ami, Technology.SIP, "omnileads", "1") == Trial((), cause)


def test_an_originate_that_is_refused() -> None:
    def answer(action: Headers) -> Reply:
        if action["Action"] == "Originate":
            return (message(Response="Error", ActionID=action["ActionID"], Message="Extension does not exist."),)
        return () if action["Action"] == "Login" else (success(action),)

    with ami_server(answer) as server, to(server) as ami:
        assert trial_call.place(ami, Technology.PJSIP, "issabel", "1") == Trial((), None)
    commands = [action["Command"] for action in server.actions if action["Action"] == "Command"]
    recorded = ["pjsip show history", "pjsip set history on", "pjsip set history off", "pjsip set history clear"]
    told = [command for command in commands if not command.startswith("database ")]
    assert told == recorded, "a call that never was is not waited for"
