"""What is asked of one channel: its packets, and whether the tone of a test call is heard on it.

The tone is recognised by Asterisk's own `TONE_DETECT` (read and tried: from 16.21 and 18.7 on, in every build that has
res_tonedetect). Without it only packets are counted, and silence that is sent as packets is not told from sound.
"""

from __future__ import annotations

from pbxlink.asterisk.ami import Ami
from pbxlink.link.model import Technology

TONE, TONE_HZ = "Milliwatt", 1004
"""The application that plays the tone of a test call, and the tone (Asterisk's own words of it)."""
CALLER_NAME, CALLER_NUMBER = "pbxlink", "5550199"
"""Who calls in a test call: a number that is nobody's (555-01XX is for examples), by which it is seen whether the
caller's number is kept."""
_SHORTEST_MS = 200
_RECEIVED = {Technology.SIP: "CHANNEL(rtpqos,audio,rxcount)", Technology.PJSIP: "CHANNEL(rtcp,rxcount)"}
_SENT = {Technology.SIP: "CHANNEL(rtpqos,audio,txcount)", Technology.PJSIP: "CHANNEL(rtcp,txcount)"}


def listed(ami: Ami) -> list[list[str]]:
    """All channels, each by the fields of `core show channels concise`: the name first, the unique id last."""
    return [line.split("!") for line in ami.command("core show channels concise") if "!" in line]


def value(ami: Ami, channel: str, name: str) -> str:
    """A variable or function of a channel; empty where there is none."""
    return ami.action("Getvar", {"Channel": channel, "Variable": name}).get("Value")


def packets(ami: Ami, technology: Technology, channel: str) -> tuple[int, int] | None:
    """Packets of RTP received and sent; None where they are not counted, or the channel is gone."""
    received, sent = (value(ami, channel, each[technology]) for each in (_RECEIVED, _SENT))
    return (int(received), int(sent)) if received.isdigit() and sent.isdigit() else None


def listen_for_tone(ami: Ami, channel: str) -> bool:
    """Has Asterisk look for the tone in what the channel receives; whether it can."""
    wanted = {"Channel": channel, "Variable": f"TONE_DETECT({TONE_HZ},{_SHORTEST_MS},r)", "Value": ""}
    return ami.action("Setvar", wanted).succeeded and value(ami, channel, "TONE_DETECT(rx)").isdigit()


def has_heard_tone(ami: Ami, channel: str) -> bool:
    """Whether the tone was there since `listen_for_tone`."""
    return value(ami, channel, "TONE_DETECT(rx)") not in {"", "0"}
