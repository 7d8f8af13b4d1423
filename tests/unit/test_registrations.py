"""What Asterisk's own lists say of registrations; the lines are those of Asterisk 16."""

from __future__ import annotations

from typing import cast

import pytest

from pbxlink.asterisk import registrations
from pbxlink.asterisk.ami import Ami
from pbxlink.link.model import Technology

SIP = """Host                                    dnsmgr Username       Refresh State                Reg.Time
10.66.59.2:5162                         N      issabel             60 Auth. Sent
10.66.59.2:5163                         N      issabel             45 Registered           Sat, 28 Nov 2026 21:54:50
2 SIP registrations."""
PJSIP = """ <Registration/ServerURI..............................>  <Auth....................>  <Status.......>
==========================================================================================

 issabel-reg-0/sip:10.66.109.2:5066                      issabel-oauth               Rejected          (exp. 24s)
 omnileads/sip:10.66.139.2:5162                          omnileads                   Registered        (exp. 40s)

Objects found: 2"""


class Listed:
    """Stands for an AMI that answers with one list."""

    def __init__(self, lines: str) -> None:
        self._lines = lines

    def command(self, line: str) -> list[str]:
        return self._lines.splitlines()


@pytest.mark.parametrize(
    ("lines", "technology", "trunk", "far", "state"),
    [
        (SIP, Technology.SIP, "omnileads", "10.66.59.2:5162", "Auth. Sent"),
        (SIP, Technology.SIP, "omnileads", "10.66.59.2:5163", "Registered"),
        (SIP, Technology.SIP, "omnileads", "10.66.59.2:516", ""),
        (PJSIP, Technology.PJSIP, "issabel", "10.66.109.2:5066", "Rejected"),
        (PJSIP, Technology.PJSIP, "omnileads", "10.66.139.2:5162", "Registered"),
        (PJSIP, Technology.PJSIP, "omni", "10.66.139.2:5162", ""),
    ],
)
def test_the_state_of_one_registration(lines: str, technology: Technology, trunk: str, far: str, state: str) -> None:
    found = registrations.state(cast(Ami, Listed(lines)), technology, trunk, "issabel", far)
    assert found == state
    assert registrations.is_refused(found) is (state in {"Auth. Sent", "Rejected"})
