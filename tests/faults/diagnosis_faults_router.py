"""The faults of links with a router between: by addresses, and where the side behind it registers with the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.calls.linked import RTP, eventually
from tests.faults.diagnosis_faults import OML, PBX, Fault, no_driver, not_applied, other_secret, packets, peer, wizard
from tests.faults.diagnosis_patient import Patient
from tests.stack.nat import BehindNat

_REGISTER = "id LIKE 'tr-reg-%'"


def _register_string(name: str, old: str, new: str) -> Fault:
    change = f"UPDATE sip SET data = REPLACE(data, '{old}', '{new}') WHERE {_REGISTER}"
    return Fault(name, "cause.differs", PBX, lambda it: it.pbx_rows(["sip"], change), "register")


@contextmanager
def _sip_not_loaded(it: Patient) -> Iterator[None]:
    """The PBX's rows are right, and its chan_sip has no such registration."""
    with it.file(it.hosts.pair.pbx.etc_dir / "sip_registrations.conf", "", [], "pbx"):
        it.restart_chan_sip()
        yield
    it.restart_chan_sip()


@contextmanager
def _pjsip_not_loaded(it: Patient) -> Iterator[None]:
    """OML's Asterisk has the trunk, and not its registration."""
    text = it.oml_file.read_text().replace("sends_registrations=yes", "sends_registrations=no")
    text = text.replace("sends_registrations = yes", "sends_registrations = no")
    with it.file(it.oml_file, text, ["module reload res_pjsip.so"], "oml"):
        assert eventually(lambda: "issabel-reg" not in it.hosts.oml_cli("pjsip show registrations"))
        yield
    it.hosts.oml_cli("module reload res_pjsip.so")


@contextmanager
def _forgotten_by_oml(it: Patient) -> Iterator[None]:
    """OML's Asterisk has lost what registered, as with a new container; the PBX does not know."""
    assert "issabel" in it.hosts.oml_cli("database show registrar")
    it.hosts.oml_cli("database deltree registrar")
    yield


@contextmanager
def _forgotten_by_pbx(it: Patient) -> Iterator[None]:
    it.hosts.pair.pbx.cli("sip unregister omnileads")
    yield


@contextmanager
def _moved(it: Patient) -> Iterator[None]:
    """The router has another address, and who is behind it has not registered again yet."""
    network = it.network
    assert isinstance(network, BehindNat)
    octet = int(network.outside_address.rpartition(".")[2])
    network.move(9 - octet)
    try:
        yield
    finally:
        network.move(octet)
        it.register_again()  # the router may give it another port than before


@contextmanager
def _refused(it: Patient) -> Iterator[None]:
    """Each side has another link, and the next registration has come."""
    with other_secret(it):
        it.register_again()
        assert eventually(lambda: not it.is_registered())
        yield


def _not_forwarded(it: Patient, ports: str) -> AbstractContextManager[None]:
    """The router lets nothing to those ports of the host inside, not even what belongs to what that one began."""
    return it.filtered(it.host("router"), f"FORWARD -i eth0 -o inside -p udp --dport {ports} -j DROP")


@contextmanager
def _unnamed(it: Patient) -> Iterator[None]:
    """OML's transport does not say which address it has outside."""
    conf = it.hosts.pair.oml.etc_dir / "pjsip.conf"
    text = re.sub(r"external_media_address *= *.*\n", "", conf.read_text())
    with it.file(conf, text, ["module reload res_pjsip.so"], "oml"):
        yield


_RTP = f"{RTP[0]}:{RTP[1]}"
_AUDIO_OF_PBX = Fault(
    "audio of the PBX is lost", "cause.not_heard", OML, lambda it: packets(it, "oml", "INPUT", f"--dport {_RTP}")
)
_AUDIO_OF_OML = Fault(
    "audio of OMniLeads is lost on its own host",
    "cause.not_sent",
    OML,
    lambda it: packets(it, "oml", "OUTPUT", f"--sport {_RTP}"),
)

PBX_BY_ADDRESS = (
    Fault("the PBX's router has another address", "cause.silent", PBX, _moved),
    wizard("OMniLeads: answers to the address inside", "endpoint/rewrite_contact=.*", "endpoint/rewrite_contact=no\r",
           "rewrite_contact"),
    wizard("OMniLeads: audio to the address inside", "endpoint/rtp_symmetric=.*", "endpoint/rtp_symmetric=no\r",
           "rtp_symmetric"),
    _AUDIO_OF_PBX,
    _AUDIO_OF_OML,
)  # fmt: skip
"""The PBX is behind a router that forwards nothing; OMniLeads knows the router's address."""

OML_BY_ADDRESS = (
    Fault("audio to OMniLeads is not forwarded", "cause.not_heard", OML, lambda it: _not_forwarded(it, _RTP)),
    Fault("OMniLeads: its transport names the address inside", "cause.sdp", PBX, _unnamed, "192.168.66.3"),
    Fault("SIP to OMniLeads is not forwarded", "cause.lost", PBX, lambda it: _not_forwarded(it, "5162"), "5162"),
    Fault("OMniLeads' router has another address", "cause.lost", PBX, _moved, "5162"),
)
"""OMniLeads is behind a router that forwards its ports. Last those of which pings are left that get no answer: they are
given up half a minute later, and the contact is unreachable then."""

OF_PBX = (
    _register_string("PBX: secret of the register string", "@", "x@"),
    _register_string("PBX: user of the register string", "issabel:", "someone:"),
    _register_string("PBX: port of the register string", ":5162", ":5160"),
    Fault(
        "PBX: no register string",
        "cause.differs",
        PBX,
        lambda it: it.pbx_rows(["sip"], f"DELETE FROM sip WHERE {_REGISTER}"),
        "register",
    ),
    Fault("PBX: registration not loaded", "cause.registration_missing", PBX, _sip_not_loaded),
    peer("PBX: secret of the trunk", "secret", "another"),
    Fault("PBX: driver unloaded", "pbx.no_driver", PBX, lambda it: no_driver(it, "chan_sip")),
    wizard(
        "OMniLeads: the password it asks for",
        "inbound_auth/password=.*",
        "inbound_auth/password=another\r",
        "inbound_auth/password",
    ),
    wizard(
        "OMniLeads: accepts no registration",
        "accepts_registrations=yes",
        "accepts_registrations=no",
        "accepts_registrations",
    ),
    Fault("OMniLeads: link not applied", "cause.not_applied", OML, lambda it: not_applied(it, OML)),
    Fault("both: another link on each side", "cause.refused", "", other_secret),
    Fault("the same, and the next registration has come", "cause.registration_refused", OML, _refused),
    Fault("OMniLeads has forgotten the PBX's registration", "cause.not_registered", PBX, _forgotten_by_oml),
    Fault("the PBX's router has another address", "cause.contact_silent", PBX, _moved),
    _AUDIO_OF_OML,
    Fault(
        "SIP from the PBX is lost", "cause.lost", PBX, lambda it: packets(it, "oml", "INPUT", "--dport 5162"), "5162"
    ),
)
"""The PBX is behind a router and registers, over chan_sip. Of the last one pings are left, see `OML_BY_ADDRESS`."""

OF_OML = (
    wizard(
        "OMniLeads: the password it gives",
        "outbound_auth/password=.*",
        "outbound_auth/password=another\r",
        "outbound_auth/password",
    ),
    wizard(
        "OMniLeads: the user it gives",
        "outbound_auth/username=.*",
        "outbound_auth/username=someone\r",
        "outbound_auth/username",
    ),
    wizard(
        "OMniLeads: sends no registration",
        "sends_registrations=yes",
        "sends_registrations=no",
        "sends_registrations",
    ),
    Fault("OMniLeads: registration not loaded", "cause.registration_missing", OML, _pjsip_not_loaded),
    peer("PBX: secret", "secret", "another"),
    peer("PBX: an address in the place of the registration", "host", "10.66.250.9"),
    Fault("both: another link on each side", "cause.refused", "", other_secret),
    Fault("the same, and the next registration has come", "cause.registration_refused", PBX, _refused),
    Fault("the PBX has forgotten OMniLeads' registration", "cause.not_registered", OML, _forgotten_by_pbx),
    Fault("OMniLeads' router has another address", "cause.contact_silent", OML, _moved),
    _AUDIO_OF_PBX,
)
"""OMniLeads is behind a router and registers with a PBX over chan_sip."""
