"""What a running Asterisk has for TLS and SRTP: the module, and which certificates it accepts of others."""

from __future__ import annotations

from pbxlink.asterisk.ami import Ami
from pbxlink.link import certificate

_SRTP = "res_srtp"


def has_srtp(ami: Ami) -> bool:
    """Whether Asterisk can encrypt audio. OML's own modules.conf leaves that module out (read). Raises SideUnavailable
    where Asterisk gives no answer."""
    return ami.found("ModuleCheck", {"Module": _SRTP}, absent="not loaded") is not None


def pjsip_authorities(ami: Ami, transport: str) -> str | None:
    """The file of certificate authorities by which the TLS transport judges servers, empty where it names none; None
    where it accepts any certificate."""
    lines = (line.partition(":") for line in ami.command(f"pjsip show transport {transport}"))
    shown = {key.strip(): value.strip() for key, _, value in lines}
    return shown.get("ca_list_file", "") if shown.get("verify_server") == "Yes" else None


def chan_sip_authorities(ami: Ami) -> str | None:
    """The same of chan_sip, by its configuration: it judges unless `tlsdontverifyserver` says no. None too where this
    user of AMI may not read it, or the authorities are in a folder."""
    answer = ami.action("GetConfig", {"Filename": "sip.conf", "Category": "general"})
    pairs = (value.partition("=") for key, value in answer.headers if key.startswith("Line-"))
    lines = {word.strip().lower(): said.strip() for word, _, said in pairs}
    is_unknown = not lines or "tlscapath" in lines or "tlscadir" in lines
    if is_unknown or lines.get("tlsdontverifyserver", "no").lower() in {"yes", "true", "on", "1", "y", "t"}:
        return None
    return lines.get("tlscafile", "")


def distrust(address: str, port: int, authorities: str | None) -> str:
    """Why this Asterisk does not accept the certificate of the other one, in OpenSSL's words; empty where it does, or
    that cannot be told here: no answer, or the file is on another host."""
    if authorities is None:
        return ""
    try:
        return certificate.refused(address, port, authorities)
    except OSError:
        return ""
