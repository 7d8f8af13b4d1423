"""What link file and command line may choose from, and where the link file is. Imports little: `--help` needs it."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

DEFAULT_PATH = Path("/etc/issabel-omnileads/link.conf")


class Topology(str, Enum):
    """How the PBX and OML reach each other: the two topologies of the OMniLeads guide, and `wan` of later guides."""

    LAN = "lan"
    DOCKER = "docker"
    WAN = "wan"


class Registers(str, Enum):
    """Which side registers with the other one, so that its address need not be known or stay: the one behind NAT."""

    NO = "no"
    PBX = "pbx"
    OMNILEADS = "omnileads"


class Technology(str, Enum):
    """The channel driver of the PBX's trunk. `AUTO` is decided on the PBX: chan_sip where it is loaded, else pjsip."""

    AUTO = "auto"
    SIP = "sip"
    PJSIP = "pjsip"


class CallerId(str, Enum):
    """Whether the far side sees the caller's number (`KEEP`) or the trunk's name (`TRUNK`, as in the guide)."""

    KEEP = "keep"
    TRUNK = "trunk"


class Signalling(str, Enum):
    """By what the two exchange SIP."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Media(str, Enum):
    """Whether the audio between the two is encrypted: SRTP, with keys in the SDP."""

    RTP = "rtp"
    SRTP = "srtp"
