"""Writes the base configuration of the OML host's Asterisk 16 into a directory of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TEMPLATES = Path(__file__).with_name("asterisk")

#: Ports per transport by release: 2.6.3 as installed (facts.md), those before it, and what the guide prints.
TRANSPORTS_2_6_3: Mapping[str, int] = {"agent-transport": 5160, "trunk-transport": 5060}
TRANSPORTS_OLDER: Mapping[str, int] = {
    "agent-transport": 5160,
    "trunk-transport": 5161,
    "trunk-nat-transport": 5162,
    "trunk-nat-docker-transport": 5163,
}
TRANSPORTS_GUIDE: Mapping[str, int] = {
    "agent-transport": 5161,
    "trunk-transport": 5160,
    "trunk-nat-transport": 5162,
    "trunk-nat-docker-transport": 5163,
}

#: What an administrator adds for trunks by TCP and TLS: the protocol and the port of each.
SECURE_TRANSPORTS: Mapping[str, tuple[str, int]] = {
    "trunk-tcp-transport": ("tcp", 5060),
    "trunk-tls-transport": ("tls", 5061),
}

PHONES_FILE = "test_agent_phones.conf"
GENERATED_FILES = ("oml_pjsip_trunks.conf", "oml_pjsip_agents.conf", "oml_extensions_outr.conf")

#: Asterisk reports an error for each of these that is missing, though their defaults are all that is wanted.
EMPTY_FILES = (
    "acl.conf",
    "ccss.conf",
    "cel.conf",
    "features.conf",
    "indications.conf",
    "pjproject.conf",
    "stasis.conf",
    "udptl.conf",
)

#: Events that OML's own AMI user does not get (measured, and of its 169 those that concern a link). Answers to
#: actions are not filtered.
EVENT_FILTERS_2_6_3 = tuple(
    f"!Event: {name}"
    for name in (
        "ChallengeResponseFailed",
        "ChallengeSent",
        "ContactStatus",
        "DeviceStateChange",
        "DialBegin",
        "DialEnd",
        "FullyBooted",
        "Hangup",
        "InvalidAccountID",
        "InvalidPassword",
        "Newchannel",
        "Newexten",
        "Newstate",
        "OriginateResponse",
        "PeerStatus",
        "Reload",
        "SuccessfulAuth",
        "VarSet",
    )
)


@dataclass(frozen=True)
class OmlParams:
    """What differs between one OML host and another. `transports` maps a transport's name to its UDP port."""

    address: str = "127.0.0.1"
    transports: Mapping[str, int] = field(default_factory=lambda: dict(TRANSPORTS_2_6_3))
    keys: str = ""
    """A folder of `certificates.authority`: then an administrator has added `SECURE_TRANSPORTS` to OML, which has none
    by TCP or TLS in any release, and loaded SRTP, which OML's own modules.conf leaves out."""
    external_address: str = ""
    """What the NAT transports tell the other end as their own address; empty: nothing."""
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_user: str = "omnileadsami"
    ami_secret: str = "standin-ami-secret"
    ami_permit: tuple[str, ...] = ()
    """Networks let in to AMI; empty: all, as OML has it."""
    ami_event_filters: tuple[str, ...] = ()
    """Lines of `eventfilter` for the AMI user, e.g. EVENT_FILTERS_2_6_3."""
    agent_phone_port: int = 0
    """Where on 127.0.0.1 the agents' telephones are, which `agent_phones` registers; 0: there are none."""
    rtp_ports: tuple[int, int] = (12000, 12199)
    tone_hz: int = 700
    """The tone that agents and inbound routes play."""
    call_seconds: int = 8
    """How long they stay on the line."""
    unknown_seconds: int = 5
    """How long a call to an unknown number stays up: OML answers it, says so and hangs up."""
    module_dir: str = ""
    """Where Asterisk's modules are; empty: where the installed Asterisk says."""
    data_dir: str = ""


@dataclass(frozen=True)
class AsteriskHost:
    """Where the things of a configured host are."""

    etc: Path
    var: Path

    @classmethod
    def at(cls, etc_dir: Path) -> AsteriskHost:
        """The host whose configuration is in `etc_dir`."""
        etc = etc_dir.resolve()
        return cls(etc, etc.with_name(etc.name + "-var"))

    @property
    def conf(self) -> Path:
        """What `asterisk -C` takes."""
        return self.etc / "asterisk.conf"

    @property
    def recordings(self) -> Path:
        """Recordings: `<DID, agent id or Exten>-in.wav` (heard from the other end) and `-both.wav`."""
        return self.var / "recordings"

    @property
    def log(self) -> Path:
        """Asterisk's log."""
        return self.var / "log" / "full"


def write_config(etc_dir: Path, params: OmlParams) -> AsteriskHost:
    """Write the base files into `etc_dir` and make the running directories in `<etc_dir>-var`.

    OML's generated files are made empty where they are not there yet.
    """
    host = AsteriskHost.at(etc_dir)
    for folder in ("lib", "agi", "spool", "run", "log", "recordings"):
        (host.var / folder).mkdir(parents=True, exist_ok=True)
    host.etc.mkdir(parents=True, exist_ok=True)
    values = _values(host, params)
    for template in sorted(TEMPLATES.glob("*.conf")):
        (host.etc / template.name).write_text(_filled(template, values), encoding="utf-8")
    (host.etc / "manager.conf").chmod(0o600)
    for name in (*GENERATED_FILES, *EMPTY_FILES, PHONES_FILE):
        (host.etc / name).touch()
    return host


def _filled(template: Path, values: Mapping[str, str]) -> str:
    text = template.read_text(encoding="utf-8")
    return re.sub(r"@([A-Z_]+)@", lambda found: values.get(found[1], found[0]), text)


def _values(host: AsteriskHost, params: OmlParams) -> dict[str, str]:
    modules = params.module_dir or _installed("astmoddir", "/usr/lib/asterisk/modules")
    return {
        "ETC": str(host.etc),
        "VAR": str(host.var),
        "MODULES": modules,
        "DATA": params.data_dir or _installed("astdatadir", "/usr/share/asterisk"),
        "AMI_HOST": params.ami_host,
        "AMI_PORT": str(params.ami_port),
        "AMI_USER": params.ami_user,
        "AMI_SECRET": params.ami_secret,
        "AMI_PERMIT": "\n".join(_permits(params.ami_permit)),
        "EVENT_FILTERS": "\n".join(f"eventfilter = {line}" for line in params.ami_event_filters),
        "RTP_START": str(params.rtp_ports[0]),
        "RTP_END": str(params.rtp_ports[1]),
        "TRANSPORTS": "\n".join(
            [_transport(name, port, params) for name, port in params.transports.items()] + _secure_transports(params)
        ),
        "SRTP": "load = res_srtp.so" if params.keys else "",
        "AGENT_TRANSPORT": "agent-transport",
        "AGENT_PHONES": _phones(params) if params.agent_phone_port else "",
        "TONE": str(params.tone_hz),
        "SECONDS": str(params.call_seconds),
        "UNKNOWN_SECONDS": str(params.unknown_seconds),
        "RECORDINGS": str(host.recordings),
    }


def _permits(networks: tuple[str, ...]) -> list[str]:
    return ["deny = 0.0.0.0/0.0.0.0", *(f"permit = {network}" for network in networks)] if networks else []


def _transport(name: str, port: int, params: OmlParams) -> str:
    lines = [f"[{name}]", "type = transport", "protocol = udp", f"bind = {params.address}:{port}"]
    lines += ["allow_reload = yes", "symmetric_transport = yes"]  # as AMI showed on the real one
    if "nat" in name and params.external_address:
        lines.append(f"external_media_address = {params.external_address}")
        lines.append(f"external_signaling_address = {params.external_address}")
        lines.append(f"external_signaling_port = {port}")
    return "\n".join(lines) + "\n"


def _secure_transports(params: OmlParams) -> list[str]:
    wanted = SECURE_TRANSPORTS.items() if params.keys else ()
    return [
        f"[{name}]\ntype = transport\nprotocol = {protocol}\nbind = {params.address}:{port}\nallow_reload = yes\n"
        + (_TLS.format(keys=params.keys) if protocol == "tls" else "")
        for name, (protocol, port) in wanted
    ]


_TLS = """cert_file = {keys}/oml.pem
priv_key_file = {keys}/oml.key
ca_list_file = {keys}/authority.pem
verify_server = yes
method = tlsv1_2
"""
_PHONES = """; The agents' telephones: this Asterisk again, from an address that no endpoint of OML's is known by.
[test-phones]
type = transport
protocol = udp
bind = 127.0.0.1:{port}

[test-phone]
type = endpoint
transport = test-phones
context = test-agent-phone
disallow = all
allow = alaw

[test-phone]
type = identify
endpoint = test-phone
match = {address}

#include {file}
"""
_PHONE = """
[phone-{sip}]
type = registration
transport = test-phones
server_uri = sip:{address}:{agents}
client_uri = sip:{sip}@{address}:{agents}
contact_user = {sip}
retry_interval = 2
expiration = 600
"""


def _phones(params: OmlParams) -> str:
    return _PHONES.format(port=params.agent_phone_port, address=params.address, file=PHONES_FILE)


def agent_phones(params: OmlParams, extensions: Iterable[str]) -> str:
    """The text of `PHONES_FILE` with which telephones register on these agents' endpoints."""
    agents = params.transports["agent-transport"]
    return "".join(_PHONE.format(sip=sip, address=params.address, agents=agents) for sip in extensions)


def _installed(directory: str, usual: str) -> str:
    """What the installed Asterisk's own asterisk.conf says; `usual` where there is none (its host is a container)."""
    installed = ""
    with suppress(OSError):  # there is none, or it is not for this user's eyes
        installed = Path("/etc/asterisk/asterisk.conf").read_text(encoding="utf-8")
    found = re.search(rf"^\s*{directory}\s*=>?\s*(\S+)", installed, re.MULTILINE)
    return found[1] if found else usual
