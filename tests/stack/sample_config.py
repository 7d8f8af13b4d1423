"""The smallest configuration with which two Asterisks see each other: chan_sip on the PBX, PJSIP on OML.

Only for the stack's own tests; the stand-ins bring the configurations that the product is tested on."""

from __future__ import annotations

from pathlib import Path

from tests.stack.asterisk import ConfigWriter

PBX_MODULES = "pbx_config res_sorcery_config res_pjproject res_rtp_asterisk chan_sip"
OML_MODULES = (
    "pbx_config res_rtp_asterisk res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject"
    " res_pjsip res_pjsip_session res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user"
)
LOGGER = "[logfiles]\nmessages = notice,warning,error\n"
MANAGER = """[general]
enabled = yes
bindaddr = {address}
port = {ami_port}
[lab]
secret = lab
read = all
write = all
"""
SIP = """[general]
udpbindaddr = {address}:5060
[omnileads]
type = friend
host = {peer}
port = {peer_port}
qualify = yes
"""
PJSIP = """[transport]
type = transport
protocol = udp
bind = {address}:{port}
[issabel]
type = aor
contact = sip:{peer}:5060
qualify_frequency = 2
[issabel]
type = endpoint
transport = transport
aors = issabel
context = default
"""


def pbx_writer(peer_octet: int = 2, peer_port: int = 5160) -> ConfigWriter:
    """A PBX with OML as its peer, on the same network under ``peer_octet`` (0: on the PBX's own address)."""

    def write(etc_dir: Path, address: str, ami_port: int) -> None:
        _write_common(etc_dir, address, ami_port, PBX_MODULES)
        peer = _neighbour(address, peer_octet)
        (etc_dir / "sip.conf").write_text(SIP.format(address=address, peer=peer, peer_port=peer_port))

    return write


def oml_writer(port: int = 5160, pbx_address: str = "") -> ConfigWriter:
    """An OML with the PBX as its trunk's contact (empty: .3 of its own network)."""

    def write(etc_dir: Path, address: str, ami_port: int) -> None:
        _write_common(etc_dir, address, ami_port, OML_MODULES)
        peer = pbx_address or _neighbour(address, 3)
        (etc_dir / "pjsip.conf").write_text(PJSIP.format(address=address, port=port, peer=peer))

    return write


def _neighbour(address: str, octet: int) -> str:
    return f"{address.rpartition('.')[0]}.{octet}" if octet else address


def _write_common(etc_dir: Path, address: str, ami_port: int, modules: str) -> None:
    load = "".join(f"load = {name}.so\n" for name in modules.split())
    (etc_dir / "modules.conf").write_text(f"[modules]\nautoload = no\n{load}")
    (etc_dir / "logger.conf").write_text(LOGGER)
    (etc_dir / "manager.conf").write_text(MANAGER.format(address=address, ami_port=ami_port))
    (etc_dir / "extensions.conf").write_text("[default]\n")
    (etc_dir / "rtp.conf").write_text("[general]\nrtpstart = 20000\nrtpend = 20019\n")
