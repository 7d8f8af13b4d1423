"""Which channel driver a link can use, as Asterisk's answers tell."""

from __future__ import annotations

from issabel_module.asterisk import sip_drivers
from pbxlink.link.model import Technology
from tests.unit.amiserver import Headers, Reply, ami_server, message, success
from tests.unit.test_ami import to


def _declined(action: Headers) -> Reply:
    """What an Asterisk 16 answered on a FreePBX 16 that had chan_sip switched off, pjsip running."""
    if action["Action"] == "ModuleCheck":
        return (success(action, Version=""),)
    if action.get("Command") == "sip show settings":
        output = "No such command 'sip show settings' (type 'core show help sip show' for other possible commands)"
        text = "Command output follows"
        return (message(Response="Error", ActionID=action["ActionID"], Message=text, Output=output),)
    return (success(action, Output="Transport:  0.0.0.0-udp  udp  3  96  0.0.0.0:5060"),) if "Command" in action else ()


def test_a_driver_that_declined_to_start_is_not_used() -> None:
    with ami_server(_declined) as server, to(server) as ami:
        assert not sip_drivers.has_driver(ami, Technology.SIP)
        assert sip_drivers.usable_technology(ami) is Technology.PJSIP
