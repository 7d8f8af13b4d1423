"""What the tests of calls take from a history of SIP messages."""

from __future__ import annotations

import pytest

from tests.calls.linked import challenged_and_answered

INVITE, CHALLENGE, BYE, OK = (
    "INVITE sip:5000@10.0.0.1",
    "SIP/2.0 401 Unauthorized",
    "BYE sip:x@10.0.0.1",
    "SIP/2.0 200 OK",
)


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([INVITE, CHALLENGE, INVITE, OK], True),
        ([BYE, OK, INVITE, CHALLENGE, INVITE, OK], True),
        ([INVITE, BYE, OK, CHALLENGE, INVITE, OK], True),
        ([INVITE, CHALLENGE, BYE, OK, INVITE, OK], True),
        ([INVITE, OK], False),
        ([BYE, OK, INVITE, OK], False),
        ([INVITE, CHALLENGE, OK], False),
        ([INVITE, CHALLENGE, INVITE], False),
        ([INVITE, OK, INVITE, CHALLENGE], False),
        ([BYE, OK, INVITE, CHALLENGE, INVITE, CHALLENGE], False),
        ([], False),
    ],
)
def test_a_call_was_challenged_and_answered_whatever_ended_beside_it(messages: list[str], told: bool) -> None:
    history = [f"{n:05} 1795946693 * <== 10.66.1.4:5060           {message}" for n, message in enumerate(messages)]
    assert challenged_and_answered(history) is told
