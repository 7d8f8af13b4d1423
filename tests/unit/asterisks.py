"""Two small private Asterisks on loopback addresses of their own: a PBX with chan_sip, an OML with PJSIP.

Their trunks are the product's own lines (`trunk_settings`), and beside them the same lines with one mistake each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.link import trunk_settings
from pbxlink.link.model import CustomExtension, Link
from tests.stack.asterisk import NativeAsterisk, native_asterisk, prepare, wait_for
from tests.stack.native import server_directory
from tests.unit import strategies as draw

NETWORK = f"127.{os.getpid() // 250 % 250 + 2}.{os.getpid() % 250 + 2}"
OML, PBX = f"{NETWORK}.2", f"{NETWORK}.3"
USER, AMI_SECRET = "lab", "lab-secret-for-ami"
POOR_USER = "poor"
"""May log in, and little else."""
DID = "098098"
SILENT_PORT = 5999
COMMON = (
    "pbx_config res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject res_rtp_asterisk codec_alaw"
    " codec_resample func_channel app_milliwatt res_tonedetect"
)
PBX_MODULES = f"{COMMON} res_timing_timerfd chan_sip func_callerid"
OML_MODULES = (
    f"{COMMON} res_timing_timerfd func_callerid res_pjsip res_pjsip_session res_pjsip_authenticator_digest"
    " res_pjsip_outbound_authenticator_digest res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user"
    " res_pjsip_config_wizard res_pjsip_caller_id res_pjsip_history res_pjsip_sdp_rtp res_pjsip_rfc3326"
    " res_pjsip_pubsub chan_pjsip"
)
DIALPLAN = f"""[from-pbx]
exten => {DID},1,Answer
 same => n,Wait(3)
exten => 555,1,Hangup(17)
[from-internal]
exten => 201,1,Answer
 same => n,Wait(3)
exten => 202,1,Hangup(21)
"""
MANAGER = """[general]
enabled = yes
bindaddr = {address}
port = {port}
[{user}]
secret = {secret}
read = all
write = all
[{poor}]
secret = {secret}
read = call
write = call
"""


def link() -> Link:
    """The link whose lines the two Asterisks are configured with."""
    guide = draw.example()
    return replace(
        guide,
        pbx=replace(guide.pbx, address=PBX),
        omnileads=replace(guide.omnileads, address=OML),
        extensions=(CustomExtension("600", DID, "Campaign"),),
    )


def _common(etc_dir: Path, address: str, ami_port: int, modules: str) -> None:
    loaded = "".join(f"load = {name}.so\n" for name in modules.split())
    (etc_dir / "modules.conf").write_text(f"[modules]\nautoload = no\n{loaded}")
    (etc_dir / "logger.conf").write_text("[logfiles]\nmessages = notice,warning,error\n")
    values = {"address": address, "port": ami_port, "user": USER, "poor": POOR_USER, "secret": AMI_SECRET}
    (etc_dir / "manager.conf").write_text(MANAGER.format(**values))
    (etc_dir / "extensions.conf").write_text(DIALPLAN)
    (etc_dir / "rtp.conf").write_text("[general]\nrtpstart = 21000\nrtpend = 21099\n")


def write_pbx(etc_dir: Path, address: str, ami_port: int) -> None:
    """The peer as the product writes it, and as people get it wrong."""
    _common(etc_dir, address, ami_port, PBX_MODULES)
    right = dict(trunk_settings.peer_details(link()))
    peers = {
        "omnileads": right,
        "wrong-secret": {**right, "secret": "not-the-secret-1"},
        "no-defaultuser": {key: value for key, value in right.items() if key != "defaultuser"},
        "silent": {**right, "port": str(SILENT_PORT)},
    }
    stanzas = [f"[general]\nudpbindaddr={address}:5060\nallowguest=no\n"]
    # The right one last: chan_sip takes the last of several peers with one address for what comes in from there.
    for name, settings in sorted(peers.items(), key=lambda item: item[0] == "omnileads"):
        stanzas.append(f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in settings.items()))
    (etc_dir / "sip.conf").write_text("\n".join(stanzas))


def write_oml(etc_dir: Path, address: str, ami_port: int) -> None:
    """The wizard trunk as the product writes it; the mistaken ones without an identification of theirs."""
    _common(etc_dir, address, ami_port, OML_MODULES)
    wizard = trunk_settings.wizard_text(link()).replace("\r\n", "\n")
    (etc_dir / "pjsip_wizard.conf").write_text(f"[issabel]\n{wizard}\n")
    transport = f"[trunk-transport]\ntype=transport\nprotocol=udp\nbind={address}:5160\n"
    bad = [
        _endpoint("wrong_secret", f"sip:{PBX}:5060", "omnileads", "not-the-secret-1"),
        _endpoint("silent", f"sip:{PBX}:{SILENT_PORT}", "omnileads", link().credentials.secret),
    ]
    (etc_dir / "pjsip.conf").write_text("\n".join([transport, *bad]))


def _endpoint(name: str, contact: str, user: str, secret: str) -> str:
    return (
        f"[{name}]\ntype=aor\ncontact={contact}\nqualify_frequency=2\nqualify_timeout=1\n"
        f"[{name}]\ntype=auth\nauth_type=userpass\nusername={user}\npassword={secret}\n"
        f"[{name}]\ntype=endpoint\naors={name}\noutbound_auth={name}\ntransport=trunk-transport\n"
        f"context=from-pbx\ndisallow=all\nallow=alaw\nfrom_user={user}\n"
    )


@dataclass(frozen=True)
class Pair:
    """Both Asterisks, running."""

    pbx: NativeAsterisk
    oml: NativeAsterisk

    def ami(self, side: str, events: str = "off", timeout: float = 10.0, user: str = USER) -> Ami:
        """A new connection to one of them."""
        asterisk = self.pbx if side == "pbx" else self.oml
        return Ami(AmiAddress(asterisk.address, asterisk.ami_port, user, AMI_SECRET), timeout, events)


@contextmanager
def running() -> Iterator[Pair]:
    """Both, until the block ends."""
    with ExitStack() as stack:
        homes = stack.enter_context(server_directory("unit"))
        etc = {name: prepare(homes / name, write, address) for name, write, address in _SIDES}
        started = {name: stack.enter_context(native_asterisk(name, etc[name], address)) for name, _, address in _SIDES}
        pair = Pair(started["pbx"], started["oml"])
        _wait_until_pinged(pair)
        yield pair


def _wait_until_pinged(pair: Pair) -> None:
    """The silent trunks are known to be silent only when their first ping has gone unanswered for 2 s."""
    seen = wait_for(lambda: pair.pbx.cli("sip show peers"), "UNREACHABLE", 15)
    seen += wait_for(lambda: pair.oml.cli("pjsip show contacts"), "Unavail", 15)
    seen += wait_for(lambda: pair.oml.cli("core show channeltypes"), "PJSIP", 5)
    missing = [word for word in ("UNREACHABLE", "Unavail", "PJSIP") if word not in seen]
    assert not missing, f"{missing}: {seen}\n{pair.oml.logs()}\n{pair.pbx.logs()}"


_SIDES = (("oml", write_oml, OML), ("pbx", write_pbx, PBX))
