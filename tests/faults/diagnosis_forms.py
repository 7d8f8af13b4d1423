"""The forms of a link that `diagnose` is tried on: how the two hosts are joined, how they are linked, its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.calls.__main__ import stack
from tests.calls.linked import RTP, Linked, eventually, oml_writer
from tests.faults.diagnosis_faults import FAULTS, Fault
from tests.faults.diagnosis_faults_router import OF_OML, OF_PBX, OML_BY_ADDRESS, PBX_BY_ADDRESS
from tests.faults.diagnosis_faults_secure import TCP_SIP, TLS_PJSIP, TLS_SIP
from tests.stack import certificates
from tests.stack.asterisk import AsteriskPair, nat_pair, native_pair
from tests.stack.certificates import keyed
from tests.standins.oml.config import TRANSPORTS_GUIDE
from tests.standins.pbx.config import pbx_writer


@dataclass(frozen=True)
class Form:
    """`there`: see `Patient.start_on_pbx`. `is_keyed`: both have certificates."""

    open_pair: Callable[[Path], AbstractContextManager[AsteriskPair]]
    link: Callable[[Linked], None]
    faults: Sequence[Fault]
    there: bool = False
    is_keyed: bool = False

    @contextmanager
    def opened(self) -> Iterator[Linked]:
        """Both hosts, linked."""
        with TemporaryDirectory() as folder:
            keys = Path(folder) / "keys"
            with stack(lambda: self.open_pair(keys), **({"keys": str(keys)} if self.is_keyed else {})) as hosts:
                self.link(hosts)
                yield hosts


def _plain(_keys: Path) -> AbstractContextManager[AsteriskPair]:
    return native_pair(pbx_writer(), oml_writer())


def _keyed(keys: Path) -> AbstractContextManager[AsteriskPair]:
    certificates.authority(keys)
    return native_pair(keyed(pbx_writer, keys, "pbx"), keyed(oml_writer, keys, "oml"))


def _behind_router(inside: str, _keys: Path) -> AbstractContextManager[AsteriskPair]:
    return nat_pair(inside, pbx_writer(), lambda _outside: oml_writer())


def _oml_forwarded(_keys: Path) -> AbstractContextManager[AsteriskPair]:
    ports = (str(TRANSPORTS_GUIDE["trunk-nat-transport"]), ":".join(map(str, RTP)))
    return nat_pair("oml", pbx_writer(), lambda outside: oml_writer(address_outside=outside), ports)


def _by_address(hosts: Linked) -> None:
    hosts.link("sip", topology="wan")
    assert eventually(hosts.oml_reaches_pbx, 30)


def _registered(side: str, hosts: Linked) -> None:
    hosts.link("sip", topology="wan", registers=side)


def _secure(technology: str, signalling: str, media: str, hosts: Linked) -> None:
    hosts.link_by(technology, "--signalling", signalling, "--media", media)


FORMS: Mapping[str, Form] = {
    "lan": Form(_plain, lambda hosts: hosts.link("sip"), FAULTS, there=True),
    "wan": Form(partial(_behind_router, "pbx"), _by_address, PBX_BY_ADDRESS),
    "wan-omnileads": Form(_oml_forwarded, _by_address, OML_BY_ADDRESS),
    "registers-pbx": Form(partial(_behind_router, "pbx"), partial(_registered, "pbx"), OF_PBX),
    "registers-omnileads": Form(partial(_behind_router, "oml"), partial(_registered, "omnileads"), OF_OML),
    "tls-sip": Form(_keyed, partial(_secure, "sip", "tls", "srtp"), TLS_SIP, there=True, is_keyed=True),
    "tls-pjsip": Form(_keyed, partial(_secure, "pjsip", "tls", "srtp"), TLS_PJSIP, there=True, is_keyed=True),
    "tcp-sip": Form(_keyed, partial(_secure, "sip", "tcp", "rtp"), TCP_SIP, there=True, is_keyed=True),
}
"""By name. `lan` is that of the link's defaults, over chan_sip."""
