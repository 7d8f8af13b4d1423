"""What the histories show of who sent what, and whether a context is there: by what Asterisk prints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pbxlink.asterisk import trial_call
from pbxlink.asterisk.sip_history import PjsipHistory, SipHistory, history_of
from pbxlink.asterisk.trial_call import Reach, Verdict
from pbxlink.link.model import Technology
from tests.unit.amiserver import ami_server
from tests.unit.test_ami import to
from tests.unit.test_trial_call_history import CHANNELS, ENTRY, LOOK, Pbx

OML = "127.0.0.2"
CONTEXT = "pbxlink-from-oml"
SHOWN = (f"[ Context '{CONTEXT}' created by 'pbx_config' ]", "  '_X.' =>  1. NoOp()  [extensions.conf:1]")
PING = {"Ping": "Keepalive command.  (Priv: <none>)"}
NOT_TRIED = Verdict("oml->pbx", Reach.NOT_TRIED, "omnileads")
NO_CONTEXT = Verdict("oml->pbx", Reach.NO_CONTEXT, "omnileads", CONTEXT)


def dialog(last: str, address: str = OML, call: str = "new-call") -> str:
    return f"{address:<16} (None)           {call:<16} (nothing)        No       {last:<26} <guest>"


@contextmanager
def recorded(
    technology: Technology, before: tuple[str, ...], after: tuple[str, ...]
) -> Iterator[SipHistory | PjsipHistory]:
    """A history that shows `before` when it is switched on and `after` as well from then on."""
    command = LOOK if technology is Technology.SIP else "pjsip show history"
    pbx = Pbx({command: before}, {command: (*before, *after)})
    with ami_server(pbx.answer) as server, to(server) as ami:
        history = history_of(ami, technology)
        with history.recording():
            pbx.originated = {"ChannelId": "u"}
            yield history


@pytest.mark.parametrize(
    ("line", "heard", "awaited"),
    [
        *((dialog(f"Rx: {name}"), True, False) for name in ("OPTIONS", "INVITE", "ACK", "BYE", "REGISTER")),
        (dialog("Init: OPTIONS"), False, True),
        (dialog("Init: INVITE"), False, False),
        (dialog("Tx: OPTIONS"), False, False),
        (dialog("Rx: OPTIONS", "127.0.0.20"), False, False),
        (dialog("Init: OPTIONS", "127.0.0.20"), False, False),
        (dialog("Rx: OPTIONS", call="old-call"), False, False),
        (dialog("Init: OPTIONS", call="old-call"), False, False),
        ("2 active SIP dialogs", False, False),
        ("", False, False),
    ],
)
def test_what_chan_sips_list_says_of_an_address(line: str, heard: bool, awaited: bool) -> None:
    with recorded(Technology.SIP, CHANNELS, (line,)) as history:
        assert isinstance(history, SipHistory)
        assert (history.requests_from(OML), history.awaits_ping(OML)) == (heard, awaited)


@pytest.mark.parametrize("before", [(), (ENTRY.format(0, "<==", "SIP/2.0 200 OK "),)])
@pytest.mark.parametrize(
    ("line", "heard", "answered"),
    [
        *(
            (ENTRY.format(7, "<==", f"{name} sip:600@127.0.0.1 SIP/2.0 "), True, False)
            for name in ("OPTIONS", "INVITE", "ACK", "BYE", "REGISTER")
        ),
        (ENTRY.format(7, "<==", "SIP/2.0 404 Not Found "), False, True),
        (ENTRY.format(7, "==>", "OPTIONS sip:127.0.0.2 SIP/2.0 "), False, False),
        (ENTRY.format(7, "==>", "SIP/2.0 200 OK "), False, False),
        (ENTRY.format(7, "<==", "OPTIONS sip:127.0.0.1 SIP/2.0 ").replace(OML, "127.0.0.20"), False, False),
        (ENTRY.format(7, "<==", "SIP/2.0 200 OK ").replace(OML, "12750.0.2"), False, False),
    ],
)
def test_what_pjsips_history_says_of_an_address(
    before: tuple[str, ...], line: str, heard: bool, answered: bool
) -> None:
    """The entry that is there before is an answer from the address: it must not count."""
    with recorded(Technology.PJSIP, before, (line,)) as history:
        assert isinstance(history, PjsipHistory)
        assert (history.requests_from(OML), history.answers_from(OML)) == (heard, answered)


@pytest.mark.parametrize(
    ("shown", "allowed", "verdict"),
    [
        (SHOWN, {}, NOT_TRIED),
        ((), {}, NO_CONTEXT),
        ((), {**PING, "Command": "(Priv: command,all)"}, NO_CONTEXT),
        ((), PING, NOT_TRIED),
    ],
)
def test_of_the_other_direction_the_context_is_looked_for(
    shown: tuple[str, ...], allowed: dict[str, str], verdict: Verdict
) -> None:
    """A user that may not ask for the dialplan says nothing of the context."""
    pbx = Pbx({f"dialplan show {CONTEXT}": shown}, {}, allowed=allowed)
    with ami_server(pbx.answer) as server, to(server) as ami:
        assert trial_call.inbound(ami, "oml->pbx", "omnileads", CONTEXT) == verdict
