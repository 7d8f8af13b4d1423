"""Real calls by TCP, TLS and SRTP between two real Asterisks, and what is said where one of them lacks something."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.calls.both_ways import CALLER, are_authenticated, omnileads_calls, the_pbx_calls
from tests.calls.conftest import furnished
from tests.calls.linked import DID, PHONE, Linked, eventually, oml_writer, succeeded
from tests.faults.diagnosis import is_right, tried
from tests.faults.diagnosis_faults_secure import TLS_SIP
from tests.faults.diagnosis_patient import Patient
from tests.stack import certificates
from tests.stack.asterisk import Asterisk
from tests.stack.certificates import keyed
from tests.stack.fixtures import OpenPair
from tests.stack.native import Servers
from tests.standins.oml.testing import ami
from tests.standins.pbx.config import pbx_writer
from tests.standins.pbx.freepbx import PORTS, install_freepbx


@pytest.fixture(scope="module")
def hosts(
    backend: str, servers: Servers, open_asterisk_pair: OpenPair, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linked]:
    """The PBX and OML, not linked, each with a certificate of one authority; OML's administrator has added what it
    lacks."""
    if backend != "native":
        pytest.skip("the containers hold one pair at a time; these run natively")
    keys = certificates.authority(tmp_path_factory.mktemp("keys"))
    with open_asterisk_pair(keyed(pbx_writer, keys, "pbx"), keyed(oml_writer, keys, "oml")) as pair:
        yield from furnished(pair, servers, tmp_path_factory.mktemp("secure"), keys=str(keys))


@pytest.fixture(scope="module")
def freepbx_hosts(
    backend: str, servers: Servers, open_asterisk_pair: OpenPair, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linked]:
    """The same with a FreePBX, its ports and the names of its transports."""
    if backend != "native":
        pytest.skip("the containers hold one pair at a time; these run natively")
    keys = certificates.authority(tmp_path_factory.mktemp("freepbx-keys"))
    pbx, oml = keyed(partial(pbx_writer, **PORTS), keys, "pbx"), keyed(oml_writer, keys, "oml")
    with open_asterisk_pair(pbx, oml) as pair:
        folder = tmp_path_factory.mktemp("secure-freepbx")
        yield from furnished(pair, servers, folder, install=install_freepbx, keys=str(keys), **PORTS)


_RARE = pytest.param("pjsip tcp rtp", marks=pytest.mark.failure_points)


@pytest.fixture(scope="module", params=["sip tls srtp", "pjsip tls srtp", _RARE])
def link(request: pytest.FixtureRequest, hosts: Linked) -> Iterator[tuple[Linked, str, str]]:
    """The two hosts, linked by each driver, signalling and media in turn; with the last two."""
    technology, signalling, media = request.param.split()
    hosts.link_by(technology, "--signalling", signalling, "--media", media)
    yield hosts, signalling, media
    hosts.unlink()


def test_what_a_side_lacks_is_told_there(hosts: Linked) -> None:
    """Before anything is written: SRTP not loaded, nobody listening, no transport; on the side where it is."""
    # This test and the next one stand before those that share a link: it is there until the end of the file.
    options = ("--topology", "lan", "--omnileads-address", hosts.pair.oml.address, "--signalling", "tls")
    succeeded(hosts.on_pbx("init", "--force", *options, "--media", "srtp", "--pbx-address", hosts.pair.pbx.address))
    assert _codes(hosts.on_pbx("check", "--json")) == _codes(hosts.on_oml("check", "--json")) == set()
    with _another_authority(Path(hosts.pbx.params.keys)):
        assert _codes(hosts.on_pbx("check", "--json")) == {"pbx.distrusts"}
        assert _codes(hosts.on_oml("check", "--json")) == {"oml.distrusts"}
    custom = hosts.pair.pbx.etc_dir / "sip_general_custom.conf"
    custom.write_text("tlsenable = no\n")
    hosts.pair.pbx.cli("sip reload")
    assert all(eventually(partial(_has_no_srtp, end)) for end in (hosts.pair.pbx, hosts.pair.oml))
    try:
        assert _codes(hosts.on_pbx("check", "--json")) == {"pbx.no_srtp", "pbx.not_listening"}
        assert _codes(hosts.on_oml("check", "--json")) == {"oml.no_srtp", "oml.pbx_silent"}
    finally:
        custom.write_text("")
        hosts.pair.pbx.cli("sip reload")
        for end in (hosts.pair.pbx, hosts.pair.oml):
            end.cli("module load res_srtp.so")


@pytest.mark.failure_points
@pytest.mark.parametrize("name", ["the IP address, and not as a name", "SRTP in the PBX's link only"])
def test_why_no_call_goes_through_is_named(hosts: Linked, name: str) -> None:
    """The rest of these faults by `python -m tests.faults.diagnosis`."""
    fault = next(each for each in TLS_SIP if name in each.name)
    hosts.link_by("sip", "--signalling", "tls", "--media", "srtp")
    try:
        told = tried(Patient(hosts), fault)
        assert is_right(fault, told), "\n".join([f"{told.code} {told.host} {told.message}", *told.seen])
    finally:
        hosts.unlink()


def _on_the_trunk(link: Linked) -> dict[str, str]:
    """Whether OML's end of the call that is up came by TLS, and its audio is SRTP: `1` or `0`."""
    listed = link.oml_cli("core show channels concise").splitlines()
    channel = next(line.partition("!")[0] for line in listed if line.startswith("PJSIP/issabel-"))
    with ami(link.oml_params) as session:
        answers = {
            name: session.action("Getvar", Channel=channel, Variable=f"CHANNEL({of})")
            for name, of in (("tls", "pjsip,secure"), ("srtp", "rtp,secure"))
        }
    return {name: " ".join(answer.get("Value", ())) for name, answer in answers.items()}


def test_calls_both_ways_and_both_hear_each_other(link: tuple[Linked, str, str]) -> None:
    hosts, signalling, media = link
    seen: list[dict[str, str]] = []
    the_pbx_calls(hosts, lambda: seen.append(_on_the_trunk(hosts)))
    assert seen == [{"tls": str(int(signalling == "tls")), "srtp": str(int(media == "srtp"))}]
    omnileads_calls(hosts)


@pytest.mark.failure_points
def test_a_freepbx_calls_and_is_called_by_a_contact_that_names_the_transport(freepbx_hosts: Linked) -> None:
    freepbx_hosts.link_by("pjsip", "--signalling", "tls", "--media", "srtp")
    try:
        freepbx_hosts.rest()
        assert freepbx_hosts.pbx.originate(DID, CALLER, __TEST_SECONDS="3")["Response"] == "Success"
        assert _on_the_trunk(freepbx_hosts) == {"tls": "1", "srtp": "1"}
        assert freepbx_hosts.oml_saw(DID) == "201"
        assert freepbx_hosts.call_from_oml(PHONE)["Response"] == "Success"
        assert ":5061;transport=tls" in freepbx_hosts.pbx.cli("pjsip show contacts")
    finally:
        freepbx_hosts.unlink()


@pytest.mark.failure_points
def test_verify_authenticates_and_diagnose_finds_nothing(link: tuple[Linked, str, str]) -> None:
    hosts, signalling, _media = link
    are_authenticated(hosts)
    for done in (hosts.on_pbx("diagnose", "--json"), hosts.on_oml("diagnose", "--json")):
        found = json.loads(succeeded(done))
        assert found["cause"] is None, found
        assert any(signalling in each["seen"] for each in found["diagnosis"]["sights"] if each["step"] == "driver")


def _has_no_srtp(end: Asterisk) -> bool:
    """Unloads it. Asterisk does so once the last call that used it is over."""
    end.cli("module unload res_srtp.so")
    return "0 modules loaded" in end.cli("module show like res_srtp")


@contextmanager
def _another_authority(keys: Path) -> Iterator[None]:
    """Both know an authority that signed neither certificate; who reads the file now finds that one."""
    file = keys / "authority.pem"
    ours = file.read_text()
    file.write_text((certificates.authority(keys, "other") / "other.pem").read_text())
    try:
        yield
    finally:
        file.write_text(ours)


def _codes(done: subprocess.CompletedProcess[str]) -> set[str]:
    """What is wrong or worth a look of what this file is about."""
    found = {each["code"] for each in json.loads(done.stdout)["findings"]}
    words = ("srtp", "listening", "transport", "silent", "distrusts", "port")
    return {code for code in found if any(word in code for word in words)}


@pytest.mark.failure_points
def test_a_certificate_with_its_address_as_ip_only_is_for_pjsip(
    backend: str, servers: Servers, open_asterisk_pair: OpenPair, tmp_path: Path
) -> None:
    """chan_sip passes over it, and its trunk is unreachable; the check says which of the two it is."""
    if backend != "native":
        pytest.skip("the containers hold one pair at a time; these run natively")
    keys = certificates.authority(tmp_path / "keys")
    pbx, oml = keyed(pbx_writer, keys, "pbx"), keyed(oml_writer, keys, "oml", names="IP:@")
    with open_asterisk_pair(pbx, oml) as pair:
        for hosts in furnished(pair, servers, tmp_path, keys=str(keys)):
            hosts.link_by("pjsip", "--signalling", "tls")
            assert hosts.pbx.originate(DID, CALLER, __TEST_SECONDS="1")["Response"] == "Success"
            assert json.loads(hosts.on_pbx("diagnose", "--json").stdout)["cause"] is None
            hosts.unlink()
            hosts.link_by("sip", "--signalling", "tls")
            assert hosts.pbx.originate(DID, CALLER, __TEST_SECONDS="1")["Response"] != "Success"
            assert json.loads(hosts.on_pbx("diagnose", "--json").stdout)["cause"]["code"] == "tls.misnamed"
            assert f"did not match ({pair.oml.address})" in hosts.pbx.log()
            hosts.unlink()
