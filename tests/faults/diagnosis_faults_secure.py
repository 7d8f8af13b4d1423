"""The faults of links by TCP, TLS and SRTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.diagnosis_faults import OML, PBX, Fault, packets, peer, wizard
from tests.faults.diagnosis_patient import Patient, unload
from tests.stack import certificates

_CONF = {"pbx": "sip.conf", "oml": "pjsip.conf"}


@contextmanager
def _certificate(it: Patient, side: str, **changes: str) -> Iterator[None]:
    """A side has another certificate, which the other one sees; see `certificates.sign`. A transport of pjsip is made
    anew only where its lines differ, so that the certificate is another file."""
    keys = Path(it.hosts.pbx.params.keys)
    if "authority" in changes:
        certificates.authority(keys, changes["authority"])
    certificates.sign(keys, "another", it.address(side), **changes)
    conf = (it.hosts.pair.pbx if side == "pbx" else it.hosts.pair.oml).etc_dir / _CONF[side]
    text = conf.read_text()
    assert f"{keys}/{side}." in text
    with it.file(conf, text.replace(f"{keys}/{side}.", f"{keys}/another."), [], side):
        it.new_certificates()
        yield
    it.new_certificates()


def _of_certificate(name: str, code: str, side: str, host: str, says: str = "", **changes: str) -> Fault:
    return Fault(name, code, host, lambda it: _certificate(it, side, **changes), says)


@contextmanager
def _no_srtp(it: Patient, side: str) -> Iterator[None]:
    end = it.hosts.pair.pbx if side == "pbx" else it.hosts.pair.oml
    unload(end, "res_srtp")
    try:
        yield
    finally:
        end.cli("module load res_srtp.so")


@contextmanager
def _other_media(it: Patient) -> Iterator[None]:
    """OML has another link of the same names, without SRTP: each side is as its own link file says."""
    with it.other_link("oml", "media = srtp", "media = rtp"):
        it.apply_on_oml()
        it.hosts.oml_cli("module reload res_pjsip.so")
        yield
    it.apply_on_oml()
    it.oml_loads()


_SRTP = (
    Fault("OMniLeads: SRTP not loaded", "oml.no_srtp", OML, lambda it: _no_srtp(it, "oml")),
    Fault("PBX: SRTP not loaded", "pbx.no_srtp", PBX, lambda it: _no_srtp(it, "pbx")),
)
"""Tried first: a call that failed may hold the module."""
_CERTIFICATES_OF_OML = (
    _of_certificate("OMniLeads' certificate is of an unknown authority", "pbx.distrusts", "oml", PBX, "certificate",
                    authority="other"),
    _of_certificate("OMniLeads' certificate has expired", "tls.expired", "oml", OML, "expired", clock="-9d"),
    _of_certificate("PBX: the clock is behind", "tls.not_yet", "oml", PBX, "not yet valid", clock="+9d"),
    _of_certificate("OMniLeads' certificate is for another name", "tls.misnamed", "oml", OML, "oml.example",
                    names="DNS:oml.example"),
)  # fmt: skip
_CERTIFICATES_OF_PBX = (
    _of_certificate("the PBX's certificate is of an unknown authority", "oml.distrusts", "pbx", OML, "certificate",
                    authority="other"),
    _of_certificate("the PBX's certificate has expired", "tls.expired", "pbx", PBX, "expired", clock="-9d"),
    _of_certificate("OMniLeads: the clock is behind", "tls.not_yet", "pbx", OML, "not yet valid", clock="+9d"),
    _of_certificate("the PBX's certificate is for another name", "tls.misnamed", "pbx", PBX, "pbx.example",
                    names="DNS:pbx.example"),
)  # fmt: skip
_OF_OML = (
    wizard("OMniLeads: no SRTP", "endpoint/media_encryption=.*", "endpoint/media_encryption=no", "media_encryption"),
    wizard("OMniLeads: a transport by UDP", "transport=.*", "transport=trunk-transport\r", "transport"),
    Fault("both: SRTP in the PBX's link only", "cause.no_codec", "", _other_media, "encrypts"),
)
TLS_SIP = (
    *_SRTP,
    _of_certificate("OMniLeads' certificate has the IP address, and not as a name", "tls.misnamed", "oml", OML, "IP",
                    names="IP:@"),
    *_CERTIFICATES_OF_OML,
    *_CERTIFICATES_OF_PBX,
    *_OF_OML,
    peer("PBX: no SRTP", "encryption", "no"),
    peer("PBX: a transport by UDP", "transport", "udp"),
    peer("PBX: the port of UDP", "port", "5160"),
    Fault("PBX: TLS switched off", "pbx.not_listening", PBX, lambda it: it.sip_general("tlsenable = no\n")),
    Fault("TCP to OMniLeads' port is filtered", "cause.lost cause.silent", "",
          lambda it: packets(it, "oml", "INPUT", "--dport 5061", "tcp"), "5061"),
    Fault("TCP to the PBX's port is filtered", "cause.lost cause.silent", "",
          lambda it: packets(it, "oml", "OUTPUT", "--dport 5061", "tcp"), "5061"),
)  # fmt: skip
"""By TLS and SRTP, with a PBX over chan_sip."""
TLS_PJSIP = (*_SRTP, *_CERTIFICATES_OF_OML, *_OF_OML)
"""The same with a PBX over pjsip, whose transports take no other certificate before its Asterisk is started anew."""
TCP_SIP = (
    peer("PBX: a transport by UDP", "transport", "udp"),
    wizard("OMniLeads: a transport by TLS", "transport=.*", "transport=trunk-tls-transport\r", "transport"),
    Fault("TCP to OMniLeads' port is filtered", "cause.lost cause.silent", "",
          lambda it: packets(it, "oml", "INPUT", "--dport 5060", "tcp"), "5060"),
)  # fmt: skip
"""By TCP, with a PBX over chan_sip."""
