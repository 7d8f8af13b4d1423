"""The way of a call: what each answer of the far end means, and real mistakes between two real Asterisks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pbxlink.asterisk import sip_history, trial_call
from pbxlink.asterisk.trial_call import Trial
from pbxlink.diagnosis import hearing, observed_call, security_log, walk
from pbxlink.diagnosis.observed_call import Audio, ObservedCall
from pbxlink.diagnosis.sights import TO_OML, TO_PBX, Sight, Step
from pbxlink.diagnosis.walk import Way
from pbxlink.link.model import Registers, Technology, Topology
from tests.unit import strategies as draw
from tests.unit.asterisks import DID, OML, PBX, Pair

HEARD = Audio(99, 100, "10.0.0.2", "10.0.0.2")


def way(**changes: object) -> Way:
    usual: dict[str, object] = {
        "direction": TO_OML, "here": "pbx", "there": "omnileads", "technology": Technology.SIP, "trunk": "omnileads",
        "address": OML, "port": "5160", "status": "OK (1 ms)", "number": "pbxlink-1", "is_real": False, "speaks": False,
    }  # fmt: skip
    return Way(**{**usual, **changes})  # type: ignore[arg-type]


def causes(sights: Iterator[Sight]) -> list[str]:
    return [cause.code for sight in sights for cause in sight.causes]


@pytest.mark.parametrize(
    ("answers", "is_real", "told"),
    [
        ((401, 404), False, []),
        ((401, 404), True, ["cause.far_number"]),
        ((401, 484), True, ["cause.far_number"]),
        ((401, 486), True, ["cause.far_busy"]),
        ((401, 480), True, ["cause.far_absent"]),
        ((401, 480), False, []),
        ((401, 488), False, ["cause.no_codec"]),
        ((401, 500), False, ["cause.far_failed"]),
        ((401, 503), True, ["cause.far_failed"]),
        ((401, 503), False, []),
        ((401,), False, ["cause.unanswered_challenge"]),
        ((401, 401), False, ["cause.refused"]),
        ((401, 403), False, ["cause.refused"]),
        ((403,), False, ["cause.unknown_user"]),
    ],
)
def test_what_the_far_ends_answers_mean(answers: tuple[int, ...], is_real: bool, told: list[str]) -> None:
    assert causes(walk._authenticated(way(is_real=is_real), ObservedCall(Trial(answers, None)))) == told


@pytest.mark.parametrize(
    ("audio", "more", "told"),
    [
        (HEARD, {}, []),
        (Audio(0, 100, "10.0.0.2", "10.0.0.2"), {}, ["cause.no_audio"]),
        (Audio(0, 100, "10.0.0.2", "10.0.0.2"), {"speaks": True}, ["cause.not_heard"]),
        (Audio(0, 0, "10.0.0.2", "10.0.0.2"), {}, ["cause.no_audio"]),
        (Audio(99, 0, "10.0.0.2", "10.0.0.2", plays=True), {}, ["cause.not_sent"]),
        (Audio(99, 0, "10.0.0.2", "10.0.0.2"), {}, []),
        (Audio(0, 0, "10.0.0.2", "10.0.0.2"), {"speaks": True}, ["cause.not_heard"]),
        (Audio(0, 0, "192.168.1.9", "10.0.0.2"), {"routed": True, "waits": True}, []),
        (Audio(0, 9, "192.168.1.9", "10.0.0.2"), {"routed": True, "waits": True}, ["cause.no_audio"]),
        (Audio(0, 0, "192.168.1.9", "10.0.0.2"), {"speaks": True, "routed": True, "waits": True}, ["cause.not_heard"]),
        (Audio(0, 0, "192.168.1.9", "10.0.0.2"), {"speaks": True}, ["cause.sdp", "cause.not_heard"]),
        (Audio(99, 100, "192.168.1.9", "10.0.0.2"), {}, ["cause.sdp"]),
        (Audio(99, 100, "192.168.1.9", "10.0.0.2"), {"routed": True}, []),
        (Audio(99, 100, "203.0.114.9", "10.0.0.2"), {}, []),
        (Audio(99, 100, "media.example", "10.0.0.2"), {}, []),
    ],
    ids=[
        "heard",
        "not heard",
        "not heard of who speaks",
        "nothing either way",
        "hears and cannot send",
        "hears and has nothing to send",
        "nothing either way of who speaks",
        "both wait",
        "nothing comes to who waits",
        "who speaks does not wait",
        "no way there",
        "private",
        "private behind NAT",
        "public",
        "a name",
    ],
)
def test_what_the_audio_means(audio: Audio, more: dict[str, object], told: list[str]) -> None:
    assert causes(walk._authenticated(way(**more), ObservedCall(Trial((401, 200), None), audio))) == told


@pytest.mark.parametrize(
    ("topology", "registers", "who"),
    [
        (Topology.LAN, Registers.NO, []),
        (Topology.DOCKER, Registers.NO, ["pbx"]),
        (Topology.WAN, Registers.NO, ["pbx", "omnileads"]),
        (Topology.WAN, Registers.PBX, ["omnileads"]),
        (Topology.WAN, Registers.OMNILEADS, ["pbx"]),
    ],
)
def test_who_may_wait_for_the_first_packet_of_the_far_end(
    topology: Topology, registers: Registers, who: list[str]
) -> None:
    """Measured on links that work: in each topology both sides hear the other, because what answers speaks first."""
    link = draw.example(topology=topology, registers=registers)
    assert [side for side in ("pbx", "omnileads") if walk.waits_for_audio(link, side)] == who


def test_a_phone_that_rings_and_is_not_answered_is_no_fault() -> None:
    assert causes(walk._authenticated(way(is_real=True), ObservedCall(Trial((401,), None), rings=True))) == []


def walked(pair: Pair, side: str, **changes: object) -> list[Sight]:
    usual: dict[str, object] = {} if side == "pbx" else {
        "direction": TO_PBX, "here": "omnileads", "there": "pbx", "technology": Technology.PJSIP, "trunk": "issabel",
        "address": PBX, "port": "5060",
    }  # fmt: skip
    with pair.ami(side, events="call") as ami:
        return list(walk.walk(ami, way(**{**usual, **changes})))


@pytest.mark.parametrize("side", ["pbx", "oml"])
def test_a_trunk_that_works(pair: Pair, side: str) -> None:
    sights = walked(pair, side, number=trial_call.unknown_number())
    assert causes(iter(sights)) == []
    assert {sight.step: sight.ok for sight in sights}[Step.ANSWERED] is True


@pytest.mark.parametrize(("side", "number"), [("pbx", DID), ("oml", "201")])
def test_who_answers_and_says_nothing_is_not_heard(pair: Pair, side: str, number: str) -> None:
    sights = walked(pair, side, number=number, is_real=True, speaks=True)
    assert causes(iter(sights)) == ["cause.not_heard"]
    (audio,) = (sight for sight in sights if sight.step is Step.AUDIO)
    assert "RTP rx 0 tx " in audio.seen and "tx 0 " not in audio.seen, "the tone was played"


@pytest.mark.parametrize(
    ("side", "trunk", "told"),
    [
        ("pbx", "wrong-secret", {"cause.refused", "cause.unanswered_challenge"}),
        ("oml", "wrong_secret", {"cause.refused"}),
        ("pbx", "no-defaultuser", {"cause.refused", "cause.unanswered_challenge"}),
    ],
)
def test_a_trunk_that_is_refused(pair: Pair, side: str, trunk: str, told: set[str]) -> None:
    """chan_sip forgets such a dialog so soon that the second answer cannot always be read."""
    assert set(causes(iter(walked(pair, side, trunk=trunk)))) <= told


@pytest.mark.parametrize(
    ("side", "trunk"), [("pbx", "wrong-secret"), ("pbx", "no-defaultuser"), ("oml", "wrong_secret")]
)
def test_a_refusal_that_no_history_shows_is_seen_by_its_hangup(
    pair: Pair, side: str, trunk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for history in (sip_history.SipHistory, sip_history.PjsipHistory):
        monkeypatch.setattr(history, "answers", lambda self, number: ())
    assert causes(iter(walked(pair, side, trunk=trunk))) == ["cause.refused"]


@pytest.mark.parametrize(
    ("failed", "speaks", "calls"),
    [(Trial((), 20), False, 3), (Trial((401, 200), None), True, 3), (Trial((401, 200), None), False, 1)],
    ids=[
        "no ping lets it out, as after an outage, when pings of that time are given up one after the other",
        "over before its audio was counted",
        "over at once, where nobody has the number",
    ],
)
def test_a_call_is_tried_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, failed: Trial, speaks: bool, calls: int
) -> None:
    place, placed = observed_call.place, []

    def failing(*values: Any) -> ObservedCall:
        placed.append(values)
        return ObservedCall(failed) if len(placed) < 3 else place(*values)

    monkeypatch.setattr(observed_call, "place", failing)
    sights = walked(pair, "oml", number=trial_call.unknown_number(), speaks=speaks)
    assert causes(iter(sights)) == [] and len(placed) == calls


@pytest.mark.parametrize(
    ("side", "number", "told"), [("pbx", "999", "cause.far_number"), ("oml", "999", "cause.far_number")]
)
def test_a_number_that_the_far_end_does_not_have(pair: Pair, side: str, number: str, told: str) -> None:
    assert causes(iter(walked(pair, side, number=number, is_real=True))) == [told]


@pytest.mark.parametrize("side", ["pbx", "oml"])
def test_nobody_answers_and_nothing_is_heard(pair: Pair, monkeypatch: pytest.MonkeyPatch, side: str) -> None:
    monkeypatch.setattr(hearing, "_ROUNDS", 1)
    # From an address where nobody is: what the other Asterisk sends of itself is not heard.
    assert causes(iter(walked(pair, side, trunk="silent", address="127.0.0.9"))) == ["cause.silent"]


def test_nobody_answers_and_the_far_end_is_heard(pair: Pair) -> None:
    with pinging(pair, "issabel"):
        assert causes(iter(walked(pair, "pbx", trunk="silent"))) == ["cause.lost"]


@contextmanager
def pinging(pair: Pair, endpoint: str) -> Iterator[None]:
    """OML pings the PBX again and again."""
    over = threading.Event()

    def ping() -> None:
        while not over.wait(0.5):
            pair.oml.cli(f"pjsip qualify {endpoint}")

    thread = threading.Thread(target=ping)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_where_the_cause_is_known_nobody_is_waited_for(pair: Pair) -> None:
    sights = walked(pair, "pbx", trunk="silent", is_explained=True)
    assert causes(iter(sights)) == [] and sights[-1].ok is False


def test_a_name_that_nobody_knows(pair: Pair) -> None:
    assert causes(iter(walked(pair, "pbx", address="nobody.invalid"))) == ["cause.unresolved"]


def test_whom_asterisk_refused_is_read_from_its_security_events(pair: Pair) -> None:
    with pair.ami("pbx", events="security") as log:
        walked(pair, "oml", trunk="wrong_secret")
        (seen,) = security_log.refusals(log, "pbx", "omnileads", OML, TO_PBX)
    assert "InvalidPassword" in seen.seen or "ChallengeResponseFailed" in seen.seen
    assert [each.code for each in seen.causes] == ["cause.refused"]
