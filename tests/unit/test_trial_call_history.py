"""How a trial call is placed and its result read, command by command, against an AMI that says what Asterisk says."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pbxlink.asterisk import sip_history, trial_call
from pbxlink.asterisk.trial_call import Reach, Trial, Verdict
from pbxlink.link.model import Technology
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import Severity
from tests.unit.amiserver import Headers, Reply, ami_server, message, success
from tests.unit.test_ami import to

NUMBER = "pbxlink-0123456789"  # longer than the 15 characters that chan_sip's list shows
CUT = NUMBER[:15]
ENTRY = "{:05d} 1764000000 * {} 127.0.0.2:5060 {}"
CHANNELS = (
    "Peer             User/ANR         Call ID          Format           Hold     Last Message    Expiry     Peer",
    f"127.0.0.2        {CUT}  old-call         (alaw)           No       Init: INVITE               omnileads",
)
MINE = f"127.0.0.2        {CUT}  my-call          (alaw)"
LOOK = "sip show channels"
OTHERS = (
    "127.0.0.2        201              others           (alaw)           No       Rx: ACK                    omnileads"
)
ANSWERED = (
    "1. TxReqRel        INVITE / 102 INVITE - INVITE",
    "2. Rx              SIP/2.0 / 102 INVITE / 100 Trying",
    "3. Rx              SIP/2.0 / 102 INVITE / 401 Unauthorized",
    "4. Rx              SIP/2.0 / 103 INVITE / 404 Not Found",
    "5. Rx              SIP/2.0 / 104 BYE / 481 No such call",
    "6. Rx              SIP/2.0 / 105 INVITE / 200 OK",
)


@dataclass
class Pbx:
    """Answers by command; the call is there once it was originated, and `events` follow."""

    before: dict[str, tuple[str, ...]]
    after: dict[str, tuple[str, ...]]
    events: Callable[[str], Reply] = lambda unique: (message(Event="Hangup", Uniqueid=unique, Cause="1"),)
    later: Callable[[str], Reply] = lambda unique: ()
    """What follows the second look at the history."""
    grown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Answers that are others from the second look on."""
    allowed: dict[str, str] = field(default_factory=dict)
    originated: Headers = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    def answer(self, action: Headers) -> Reply:
        if action["Action"] == "Login":
            return ()
        if action["Action"] == "ListCommands":
            return (success(action, **self.allowed),)
        if action["Action"] == "Originate":
            self.originated = action
            return (success(action), *self.events(action["ChannelId"]))
        self.commands.append(action["Command"])
        known = {**self.before, **(self.after if self.originated else {}), **(self.grown if self._looks() > 1 else {})}
        told = success(action, Output=list(known.get(action["Command"], ())))
        is_second = bool(self.originated) and action["Command"] == LOOK and self._looks() == 2
        return (told, *(self.later(self.originated["ChannelId"]) if is_second else ()))

    def _looks(self) -> int:
        """How often the history was looked at since the call, as far as chan_sip's list shows."""
        return self.commands.count(LOOK) - 1 if self.originated else 0


def called(pbx: Pbx, technology: Technology) -> Trial:
    with ami_server(pbx.answer) as server, to(server) as ami:
        return trial_call.place(ami, technology, "omnileads", NUMBER)


def chan_sip(history: str = "Off", **more: tuple[str, ...]) -> Pbx:
    settings = ("Global Settings:", f"  Record SIP history:     {history}  ", "  Pedantic SIP support:   On")
    return Pbx(
        {"sip show settings": settings, "sip show channels": CHANNELS, "sip show history old-call": (ANSWERED[5],)},
        {
            "sip show channels": (*CHANNELS, OTHERS, f"short {CUT} no-call", MINE),
            "sip show history my-call": ANSWERED,
            "sip show history no-call": ANSWERED[5:],
            **more,
        },
    )


def pjsip(*recorded: str) -> Pbx:
    there = tuple(recorded)
    mine = (
        ENTRY.format(7, "==>", f"INVITE sip:{NUMBER}@127.0.0.2:5060 SIP/2.0"),
        ENTRY.format(8, "<==", "SIP/2.0 401 Unauthorized"),
    )
    dialog = (
        ENTRY.format(7, "==>", f"INVITE sip:{NUMBER}@127.0.0.2:5060 SIP/2.0"),
        ENTRY.format(8, "<==", "SIP/2.0 100 Trying"),
        ENTRY.format(8, "<==", "SIP/2.0 401 Unauthorized"),
        ENTRY.format(9, "==>", "SIP/2.0 500 of our own"),
        ENTRY.format(10, "<==", "SIP/2.0 404 Not Found"),
        ENTRY.format(11, "<==", "SIP/2.0 200 OK"),
    )
    return Pbx(
        {"pjsip show history": there},
        {
            "pjsip show history": (*there, "No. Timestamp Direction Address SIP Message", *mine),
            "pjsip show history entry 7": ("INVITE ...", "Call-ID:A-b_C.1@127.0.0.1", "Call-ID-Not: other"),
            'pjsip show history where sip.msg.call-id = "A-b_C.1@127.0.0.1"': dialog,
        },
    )


def test_over_chan_sip() -> None:
    pbx = chan_sip()
    assert called(pbx, Technology.SIP) == Trial((401, 404), 1)
    assert pbx.commands[:3] == ["sip show settings", "sip show channels", "sip set history on"]
    assert pbx.commands[-1] == "sip set history off"
    assert not {"sip show history old-call", "sip show history others"} & set(pbx.commands)


def test_a_history_that_is_on_stays_on() -> None:
    pbx = chan_sip("On")
    assert called(pbx, Technology.SIP).answers == (401, 404)
    assert "sip set history off" not in pbx.commands


def test_over_pjsip() -> None:
    pbx = pjsip()
    assert called(pbx, Technology.PJSIP) == Trial((401, 404), 1)
    assert pbx.commands[0] == "pjsip show history" and pbx.commands[2] == "pjsip set history on"
    assert re.fullmatch(r"database put pbxlink pjsip-history \d{10}", pbx.commands[1])
    assert pbx.commands[-3:] == [
        "pjsip set history off", "pjsip set history clear", "database del pbxlink pjsip-history",
    ]  # fmt: skip


def test_what_was_recorded_before_is_neither_read_nor_cleared() -> None:
    pbx = pjsip(ENTRY.format(0, "==>", f"INVITE sip:{NUMBER}@127.0.0.2:5060 SIP/2.0"))
    assert called(pbx, Technology.PJSIP).answers == (401, 404)
    assert "pjsip show history entry 0" not in pbx.commands
    assert not {"pjsip set history off", "pjsip set history clear"} & set(pbx.commands)


@pytest.mark.parametrize(("seconds", "off"), [(0, []), (60, []), (3600, ["pjsip set history off"])])
def test_a_history_that_was_off_for_long_is_off_again_with_its_entries(seconds: int, off: list[str]) -> None:
    """Asterisk keeps the entries of one that is off, and does not say that it is."""
    first = ENTRY.format(0, "==>", "OPTIONS sip:127.0.0.2 SIP/2.0").replace("1764000000", str(1764000000 - seconds))
    pbx = pjsip(first)
    assert called(pbx, Technology.PJSIP).answers == (401, 404)
    assert [command for command in pbx.commands if command.startswith("pjsip set history")][1:] == off


@pytest.mark.parametrize(
    ("age", "told", "is_left"),
    [(3600, "Value: {}", True), (-3600, "Value: {}", True), (20, "Value: {}", False), (3600, "Value: {}x", False),
     (3600, "Database entry not found.", False)],
)  # fmt: skip
def test_a_history_that_a_killed_run_left_on_is_switched_off(age: int, told: str, is_left: bool) -> None:
    """Another run that is under way records for itself."""
    pbx = pjsip(ENTRY.format(0, "==>", "OPTIONS sip:127.0.0.2 SIP/2.0"))
    pbx.before["database get pbxlink pjsip-history"] = (told.format(int(time.time()) - age),)
    assert called(pbx, Technology.PJSIP).answers == (401, 404)
    ended = {"pjsip set history off", "pjsip set history clear", "database del pbxlink pjsip-history"}
    assert ended & set(pbx.commands) == (ended if is_left else set())


def test_a_history_that_somebody_emptied_meanwhile_is_theirs() -> None:
    pbx = pjsip(*(ENTRY.format(number, "==>", "OPTIONS sip:127.0.0.2 SIP/2.0") for number in range(9)))
    pbx.grown["pjsip show history"] = (ENTRY.format(0, "<==", "SIP/2.0 200 OK"),)
    called(pbx, Technology.PJSIP)
    assert not {"pjsip set history off", "pjsip set history clear"} & set(pbx.commands)


@pytest.mark.parametrize("call", ['a" or sip.msg.call-id = "b', "a:b:c"])
def test_a_call_id_that_would_break_the_command_is_not_asked_for(call: str) -> None:
    pbx = pjsip()
    pbx.after["pjsip show history entry 7"] = (f"Call-ID: {call}",)
    assert called(pbx, Technology.PJSIP) == Trial((), 1)
    assert not [command for command in pbx.commands if " where " in command]


@pytest.mark.parametrize(
    ("technology", "channel"),
    [(Technology.SIP, f"SIP/omnileads/{NUMBER}"), (Technology.PJSIP, f"PJSIP/{NUMBER}@omnileads")],
)
def test_the_call_as_it_is_originated(technology: Technology, channel: str) -> None:
    pbx = chan_sip() if technology is Technology.SIP else pjsip()
    called(pbx, technology)
    given = {name: value for name, value in pbx.originated.items() if name not in {"ActionID", "ChannelId"}}
    assert given == {
        "Action": "Originate", "Channel": channel, "Application": "Wait", "Data": "1", "CallerID": "pbxlink",
        "Timeout": "20000", "Async": "true",
    }  # fmt: skip
    assert re.fullmatch(r"pbxlink-[0-9a-f]{12}", pbx.originated["ChannelId"])


def hangup(unique: str, cause: str, event: str = "Hangup") -> bytes:
    return message(Event=event, Uniqueid=unique, Cause=cause)


def response(unique: str, says: str) -> bytes:
    return message(Event="OriginateResponse", Uniqueid=unique, Response=says)


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        (lambda unique: (hangup(unique, "17", "HangupRequest"),), 17),
        (lambda unique: (hangup(unique, "0"),), None),
        (lambda unique: (response(unique, "Failure"),), None),
        (lambda unique: (hangup(unique, "17") + response(unique, "Failure"),), 17),
        (lambda unique: (hangup(unique, "16") + hangup("another", "21"),), 16),
    ],
)
def test_the_events_that_end_it(events: Callable[[str], Reply], cause: int | None) -> None:
    pbx = chan_sip()
    pbx.events = events
    began = time.monotonic()
    assert called(pbx, Technology.SIP) == Trial((401, 404), cause)
    assert time.monotonic() - began < trial_call._SETTLE_SECONDS / 2


@pytest.mark.parametrize(
    "events",
    [
        lambda unique: (hangup(unique, "x"),),
        lambda unique: (hangup(unique, "34", "Newstate"),),
        lambda unique: (hangup("another", "21"),),
        lambda unique: (response("another", "Failure"),),
        lambda unique: (message(Event="Newstate", Uniqueid=unique, Response="Failure"),),
        lambda unique: (response(unique, "Success"),),
    ],
)
def test_the_events_that_do_not_end_it(events: Callable[[str], Reply]) -> None:
    pbx = chan_sip()
    pbx.events, pbx.later = events, lambda unique: (hangup(unique, "16"),)
    assert called(pbx, Technology.SIP) == Trial((401, 404), 16)


def test_a_history_that_grows_is_read_to_its_end() -> None:
    pbx = chan_sip()
    pbx.after["sip show history my-call"] = ANSWERED[:3]
    pbx.grown, pbx.events = {"sip show history my-call": ANSWERED}, lambda unique: ()
    pbx.later = lambda unique: (hangup(unique, "1"),)
    assert called(pbx, Technology.SIP) == Trial((401, 404), 1)


def test_what_was_read_of_a_dialog_stays_when_chan_sip_forgets_it() -> None:
    pbx = chan_sip()
    pbx.grown, pbx.events = {LOOK: CHANNELS}, lambda unique: ()
    pbx.later = lambda unique: (hangup(unique, "1"),)
    assert called(pbx, Technology.SIP) == Trial((401, 404), 1)


def test_a_call_that_rings_to_the_end_of_its_time_is_listened_to_a_little_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trial_call, "_RING_SECONDS", 0)
    assert called(chan_sip(), Technology.SIP) == Trial((401, 404), 1)


def test_where_no_hangup_is_shown_the_history_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_call, "_SETTLE_SECONDS", 0.4)
    pbx = pjsip()
    pbx.events = lambda unique: (message(Event="Newchannel", Uniqueid=unique),)
    assert called(pbx, Technology.PJSIP) == Trial((401, 404), None)


def test_a_user_that_may_not_originate_is_told_and_calls_nobody() -> None:
    pbx = chan_sip()
    pbx.allowed = {"Ping": "Keepalive command.  (Priv: <none>)"}
    with pytest.raises(SideUnavailable) as caught:
        called(pbx, Technology.SIP)
    (finding,) = caught.value.findings
    assert (finding.code, finding.values["action"], pbx.originated) == ("ami.denied", "Originate", {})
    assert pbx.commands[-1] == "sip set history off"


@pytest.mark.parametrize(
    ("reach", "severity"),
    [
        (Reach.AUTHENTICATED, Severity.INFO),
        (Reach.NOT_TRIED, Severity.INFO),
        (Reach.NO_CONTEXT, Severity.ERROR),
        (Reach.ACCEPTED, Severity.WARNING),
        (Reach.FAILED, Severity.ERROR),
        (Reach.NOT_LOADED, Severity.ERROR),
    ],
)
def test_a_verdict_in_words_and_as_a_document(reach: Reach, severity: Severity) -> None:
    verdict = Verdict("pbx->oml", reach, "omnileads", "INVITE -> 401")
    finding = verdict.finding()
    assert (finding.code, finding.severity) == (f"verify.{reach.value}", severity)
    assert finding.values == {"direction": "pbx->oml", "trunk": "omnileads", "evidence": "INVITE -> 401"}
    assert finding.message("en")
    assert verdict.document() == {
        "direction": "pbx->oml", "state": reach.value, "trunk": "omnileads", "evidence": "INVITE -> 401",
    }  # fmt: skip


def test_final_answers_end_with_the_first_that_is_no_challenge() -> None:
    assert sip_history.final_answers(iter([100, 183, 401, 407, 200, 486])) == (401, 407, 200)
    assert sip_history.final_answers(iter([199, 401])) == (401,)


@pytest.mark.parametrize("cause", [None, 0, 3, 18, 20, 27, 38])
def test_causes_of_a_far_side_that_is_not_reached(cause: int | None) -> None:
    assert trial_call.reach_of(Trial((), cause)) is Reach.UNREACHABLE


@pytest.mark.parametrize("cause", [1, 2, 4, 17, 19, 22, 26, 28, 37, 39])
def test_other_causes_come_from_a_far_side_that_took_the_call(cause: int) -> None:
    assert trial_call.reach_of(Trial((), cause)) is Reach.ACCEPTED


def test_an_entry_without_a_call_id_is_not_followed() -> None:
    pbx = pjsip()
    pbx.after["pjsip show history entry 7"] = ("INVITE ...",)
    pbx.after['pjsip show history where sip.msg.call-id = "XXXX"'] = (ENTRY.format(8, "<==", "SIP/2.0 486 Busy"),)
    assert called(pbx, Technology.PJSIP) == Trial((), 1)


def test_the_source_of_a_call_is_where_its_own_messages_come_from() -> None:
    pbx = pjsip()
    others = ENTRY.format(12, "<==", "OPTIONS sip:agent@127.0.0.1 SIP/2.0").replace("127.0.0.2:5060", "127.0.0.9:40000")
    pbx.after["pjsip show history"] += (others,)
    with ami_server(pbx.answer) as server, to(server) as ami:
        history = sip_history.PjsipHistory(ami)
        with history.recording():
            pbx.originated = {"ChannelId": "u"}
            assert (history.source(NUMBER), history.source("pbxlink-other")) == ("127.0.0.2", "")


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        ("x OK; INVITE -> 401 -> 404", "verify.authenticated_unknown"),
        ("INVITE -> 401 (Q.850 1)", "verify.authenticated_unknown"),
        ("INVITE -> 401 -> 200 (Q.850 16)", "verify.authenticated"),
        ("INVITE -> 401 (Q.850 17)", "verify.authenticated"),
    ],
)
def test_what_a_404_means_is_said_where_there_was_one(evidence: str, code: str) -> None:
    finding = Verdict("pbx->oml", Reach.AUTHENTICATED, "omnileads", evidence).finding()
    assert finding.code == code and ("404" in finding.hint("en")) is code.endswith("unknown")
