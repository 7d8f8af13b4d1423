"""Writes the base configuration of the OML host's Asterisk 16 into a directory of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
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

GENERATED_FILES = ("oml_pjsip_trunks.conf", "oml_pjsip_agents.conf", "oml_extensions_outr.conf")

#: Asterisk reports an error for each of these that is missing, though their defaults are all that is wanted.
EMPTY_FILES = tuple(f"{name}.conf" for name in ["acl", "ccss", "cel", "features", "indications", "pjproject", "stasis", "udptl"])

MODULES = ["res_pjproject", "res_timing_timerfd", "res_rtp_asterisk", "res_clioriginate", "res_pjsip", "res_pjsip_session", "res_pjsip_acl", "res_pjsip_authenticator_digest", "res_pjsip_outbound_authenticator_digest", "res_pjsip_endpoint_identifier_ip", "res_pjsip_endpoint_identifier_user", "res_pjsip_config_wizard", "res_pjsip_caller_id", "res_pjsip_diversion", "res_pjsip_dtmf_info", "res_pjsip_header_funcs", "res_pjsip_logger", "res_pjsip_nat", "res_pjsip_path", "res_pjsip_registrar", "res_pjsip_rfc3326", "res_pjsip_sdp_rtp", "res_pjsip_outbound_registration", "res_pjsip_pubsub", "res_pjsip_refer", "chan_pjsip", "bridge_builtin_features", "bridge_holding", "bridge_native_rtp", "bridge_simple", "bridge_softmix", "chan_bridge_media", "codec_alaw", "codec_ulaw", "codec_resample", "format_pcm", "format_wav", "app_db", "app_dial", "app_echo", "app_exec", "app_mixmonitor", "app_playback", "app_playtones", "app_stack", "app_verbose", "func_base64", "func_callerid", "func_channel", "func_cut", "func_db", "func_global", "func_logic", "func_strings", "func_sprintf", "pbx_config"]


@dataclass(frozen=True)
class OmlParams:
    """What differs between one OML host and another. `transports` maps a transport's name to its UDP port."""

    address: str = "127.0.0.1"
    transports: Mapping[str, int] = field(default_factory=lambda: dict(TRANSPORTS_2_6_3))
    external_address: str = ""
    """What the NAT transports tell the other end as their own address; empty: nothing."""
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_user: str = "omnileadsami"
    ami_secret: str = "standin-ami-secret"
    ami_permit: tuple[str, ...] = ("127.0.0.0/255.0.0.0",)
    ami_event_filters: tuple[str, ...] = ()
    """Lines of `eventfilter` for the AMI user, e.g. `!Event: RTCP*`."""
    rtp_ports: tuple[int, int] = (12000, 12199)
    tone_hz: int = 700
    """The tone that agents and inbound routes play."""
    call_seconds: int = 8
    """How long they stay on the line."""
    module_dir: str = ""
    """Where Asterisk's modules are; empty: where the installed Asterisk says."""
    data_dir: str = ""


@dataclass(frozen=True)
class AsteriskHost:
    """Where the things of a configured host are."""

    etc: Path
    var: Path

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

    OML's generated files are made empty where they are not there yet. Raises FileNotFoundError where no Asterisk is
    installed and `params` does not say where its modules are.
    """
    host = AsteriskHost(etc_dir.resolve(), etc_dir.resolve().with_name(etc_dir.name + "-var"))
    for folder in ("lib", "agi", "spool", "run", "log", "recordings"):
        (host.var / folder).mkdir(parents=True, exist_ok=True)
    host.etc.mkdir(parents=True, exist_ok=True)
    values = _values(host, params)
    for template in sorted(TEMPLATES.glob("*.conf")):
        (host.etc / template.name).write_text(_filled(template, values), encoding="utf-8")
    (host.etc / "manager.conf").chmod(0o600)
    for name in GENERATED_FILES + EMPTY_FILES:
        (host.etc / name).touch()
    return host


def _filled(template: Path, values: Mapping[str, str]) -> str:
    text = template.read_text(encoding="utf-8")
    return re.sub(r"@([A-Z_]+)@", lambda found: values.get(found[1], found[0]), text)


def _values(host: AsteriskHost, params: OmlParams) -> dict[str, str]:
    modules = params.module_dir or _installed("astmoddir")
    return {
        "ETC": str(host.etc),
        "VAR": str(host.var),
        "MODULES": modules,
        "DATA": params.data_dir or _installed("astdatadir"),
        "LOAD": "\n".join(f"load = {name}.so" for name in MODULES),
        "AMI_HOST": params.ami_host,
        "AMI_PORT": str(params.ami_port),
        "AMI_USER": params.ami_user,
        "AMI_SECRET": params.ami_secret,
        "AMI_PERMIT": "\n".join(f"permit = {network}" for network in params.ami_permit),
        "EVENT_FILTERS": "\n".join(f"eventfilter = {line}" for line in params.ami_event_filters),
        "RTP_START": str(params.rtp_ports[0]),
        "RTP_END": str(params.rtp_ports[1]),
        "TRANSPORTS": "\n".join(_transport(name, port, params) for name, port in params.transports.items()),
        "AGENT_TRANSPORT": "agent-transport",
        "TONE": str(params.tone_hz),
        "SECONDS": str(params.call_seconds),
        "RECORDINGS": str(host.recordings),
    }


def _transport(name: str, port: int, params: OmlParams) -> str:
    lines = [f"[{name}]", "type = transport", "protocol = udp", f"bind = {params.address}:{port}"]
    lines += ["allow_reload = yes", "symmetric_transport = yes"]  # as AMI showed on the real one
    if "nat" in name and params.external_address:
        lines.append(f"external_media_address = {params.external_address}")
        lines.append(f"external_signaling_address = {params.external_address}")
        lines.append(f"external_signaling_port = {port}")
    return "\n".join(lines) + "\n"


def _installed(directory: str) -> str:
    installed = Path("/etc/asterisk/asterisk.conf").read_text(encoding="utf-8")
    found = re.search(rf"^\s*{directory}\s*=>?\s*(\S+)", installed, re.MULTILINE)
    if found is None:
        raise FileNotFoundError(f"the installed asterisk.conf has no {directory}")
    return found[1]
