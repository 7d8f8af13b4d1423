"""The link file: what it means, its defaults, and that writing and reading it are each other's reverse."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from pbxlink.link import link_file
from pbxlink.link.model import (
    Agent,
    AgentRule,
    CallerId,
    CustomExtension,
    DialPattern,
    DidRule,
    DirectoryAccess,
    Link,
    Media,
    Signalling,
    Technology,
    Topology,
)
from pbxlink.messages.errors import InvalidInput
from tests.unit import strategies as draw

SMALLEST = """
[pbx]
address = 10.0.0.3
[omnileads]
address = 10.0.0.2
[credentials]
secret = Abcdefgh.12345_6-8
"""
WHOLE = """
[link]
name = centro   # a comment
topology = wan
[pbx]
address = pbx.example.com
sip_port = 5066
technology = sip
trunk = oml-1
context = from-trunk
[omnileads]
address = "10.0.0.2"
sip_port = 6000
transport = other-transport
trunk = pbx_1
context = from-elsewhere
[credentials]
secret = secret-one-1
return_secret = secret-two-2
[audio]
pbx = alaw, g722
omnileads = g722
[caller_id]
mode = trunk
[extensions]
from_directory = on
number_template = 9{did}
name_template = DID {did}
[[campaign]]
number = 600
send = +5411
name = Ventas: Norte
[[Sales]]
number = 601
send = 098098
[agents]
list = 1006:1, 1007:02:Ana Paz
from_directory = no
number_template = 7{sip}
name_template = Agent {name}
[directory]
url = https://oml.example.com:8443/pbx_link/api/directory/
token = a-Token_of.43-characters
certificate = SHA256:AA:bb:CC:dd:EE:ff:00:11:22:33:44:55:66:77:88:99:AA:bb:CC:dd:EE:ff:00:11:22:33:44:55:66:77:88:99
[pbx_routes]
[[agents]]
patterns = 1xxx., "9#|X."
intracompany = no
[omnileads_routes]
[[all_of_them]]
patterns = 0+9|[2-9]XXX
ring_time = 40
dial_options = r
"""


def test_the_smallest_file_has_the_documented_defaults() -> None:
    link = link_file.parse(SMALLEST)
    assert link == draw.example(
        pbx=type(link.pbx)("10.0.0.3", 5060, Technology.AUTO, "omnileads", "from-internal"),
        omnileads=type(link.omnileads)("10.0.0.2", 5160, "trunk-transport", "issabel", "from-pbx"),
        credentials=type(link.credentials)("Abcdefgh.12345_6-8"),
        extensions=(),
        pbx_routes=(),
        omnileads_routes=(),
    )
    assert link.topology is Topology.LAN and link.caller_id is CallerId.KEEP
    assert link.agents == AgentRule((), False, "{sip}{id}", "OML {name}")
    assert link.dids == DidRule(False, "{did}", "OML {name}")


def test_every_key_is_read() -> None:
    link = link_file.parse(WHOLE)
    assert (link.name, link.topology, link.caller_id) == ("centro", Topology.WAN, CallerId.TRUNK)
    assert link.pbx == type(link.pbx)("pbx.example.com", 5066, Technology.SIP, "oml-1", "from-trunk")
    assert link.omnileads == type(link.omnileads)("10.0.0.2", 6000, "other-transport", "pbx_1", "from-elsewhere")
    assert link.credentials.all == ("secret-one-1", "secret-two-2")
    assert link.credentials.towards_oml == "secret-two-2"
    assert (link.audio.pbx, link.audio.omnileads) == (("alaw", "g722"), ("g722",))
    assert link.dids == DidRule(True, "9{did}", "DID {did}")
    assert link.extensions == (
        CustomExtension("600", "+5411", "Ventas: Norte"),
        CustomExtension("601", "098098", "Sales"),
    )
    assert link.agents == AgentRule((Agent(1, "1006"), Agent(2, "1007", "Ana Paz")), False, "7{sip}", "Agent {name}")


def test_the_access_to_the_directory_is_read() -> None:
    link = link_file.parse(WHOLE)
    fingerprint = "sha256:" + "aabbccddeeff00112233445566778899" * 2
    url = "https://oml.example.com:8443/pbx_link/api/directory/"
    assert link.directory == DirectoryAccess(url, "a-Token_of.43-characters", fingerprint)
    assert link.secrets == ("secret-one-1", "secret-two-2", "a-Token_of.43-characters")
    assert "a-Token" not in repr(link)
    assert link_file.parse(SMALLEST).directory == DirectoryAccess()


def test_routes_are_read() -> None:
    link = link_file.parse(WHOLE)
    (pbx_route,), (oml_route,) = link.pbx_routes, link.omnileads_routes
    assert pbx_route.patterns == (DialPattern("1XXX."), DialPattern("X.", "9#"))
    assert (pbx_route.name, pbx_route.intracompany, pbx_route.position) == ("agents", False, "bottom")
    assert oml_route.patterns == (DialPattern("[2-9]XXX", "9", "0"),)
    assert (oml_route.name, oml_route.ring_time, oml_route.dial_options) == ("all_of_them", 40, "r")


def test_route_defaults() -> None:
    link = link_file.parse(SMALLEST + "[pbx_routes]\n[[ab]]\npatterns=X\n[omnileads_routes]\n[[a]]\npatterns=X, X\n")
    assert link.pbx_routes[0].intracompany is True and link.pbx_routes[0].position == "bottom"
    assert (link.omnileads_routes[0].ring_time, link.omnileads_routes[0].dial_options) == (None, None)
    assert link.omnileads_routes[0].patterns == (DialPattern("X"),)


@pytest.mark.parametrize(
    ("topology", "port", "transport"),
    [
        ("lan", 5160, "trunk-transport"),
        ("docker", 5163, "trunk-nat-docker-transport"),
        ("wan", 5162, "trunk-nat-transport"),
    ],
)
def test_topology_defaults(topology: str, port: int, transport: str) -> None:
    oml = "" if topology == "docker" else "[omnileads]\naddress = 10.0.0.2\n"
    content = f"[link]\ntopology = {topology}\n[pbx]\naddress = 10.0.0.3\n{oml}[credentials]\nsecret = abcdefgh\n"
    link = link_file.parse(content)
    assert (link.omnileads.sip_port, link.omnileads.transport) == (port, transport)
    assert link.omnileads.address == ("10.0.0.3" if topology == "docker" else "10.0.0.2")


def test_settled_and_with_extensions_change_that_alone() -> None:
    link = link_file.parse(SMALLEST)
    settled = link.settled(Technology.PJSIP)
    assert settled.pbx.technology is Technology.PJSIP and settled.settled(Technology.AUTO) == link
    extended = link.with_extensions((CustomExtension("1", "2", "x"),))
    assert extended.extensions and extended.with_extensions(()) == link


@given(draw.links())
def test_writing_and_reading_gives_the_same_link(link: Link) -> None:
    assert link_file.parse(link_file.dumps(link)) == link


@given(draw.links())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_through_a_file(tmp_path: Path, link: Link) -> None:
    path = tmp_path / "made" / "link.conf"
    link_file.write(path, link)
    assert link_file.read(path) == link
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["link.conf"]


def test_a_file_that_others_could_read_is_replaced_by_a_private_one(tmp_path: Path) -> None:
    path = tmp_path / "link.conf"
    path.write_text("old")
    path.chmod(0o666)
    link_file.write(path, draw.example())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "link.conf"
    (path / "occupied").mkdir(parents=True)
    with pytest.raises(InvalidInput) as caught:
        link_file.write(path, draw.example())
    assert [finding.code for finding in caught.value.findings] == ["linkfile.unwritable"]
    assert [each.name for each in tmp_path.iterdir()] == ["link.conf"]
    assert (path / "occupied").is_dir()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601, 0o666, 0o610])
def test_a_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "link.conf"
    link_file.write(path, draw.example())
    path.chmod(mode)
    with pytest.raises(InvalidInput) as caught:
        link_file.read(path)
    (finding,) = caught.value.findings
    assert finding.code == "linkfile.mode" and f"{mode:04o}" in finding.message("en")
    assert "chmod 600" in finding.hint("es")


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_private_file_is_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "link.conf"
    link_file.write(path, draw.example())
    path.chmod(mode)
    assert link_file.read(path) == draw.example()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing, folder, binary, large = (tmp_path / name for name in ("missing", "folder", "binary", "large"))
    folder.mkdir(mode=0o700)
    binary.touch(0o600)
    binary.write_bytes(b"[link]\nname = \xff\xfe\n")
    large.touch(0o600)
    os.truncate(large, 4 * 1024 * 1024 + 1)
    for path, code in [(missing, "missing"), (folder, "unreadable"), (binary, "unreadable"), (large, "size")]:
        with pytest.raises(InvalidInput) as caught:
            link_file.read(path)
        assert [finding.code for finding in caught.value.findings] == [f"linkfile.{code}"]
        assert str(path) in caught.value.findings[0].message("en")


def test_a_file_of_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "link.conf"
    path.touch(0o600)
    path.write_bytes(SMALLEST.replace("\n", "\r\n").encode())
    assert link_file.read(path) == link_file.parse(SMALLEST)


@pytest.mark.parametrize(
    ("lines", "transport", "port"),
    [
        ("signalling = tcp", "trunk-tcp-transport", 5060),
        ("signalling = tls", "trunk-tls-transport", 5061),
        ("topology = docker\nsignalling = tls", "trunk-tls-transport", 5165),
        ("topology = wan\nmedia = srtp", "trunk-nat-transport", 5162),
    ],
)
def test_omnileads_usual_transport_and_port_follow_the_signalling(lines: str, transport: str, port: int) -> None:
    content = SMALLEST.replace("address = 10.0.0.2\n", "") if "docker" in lines else SMALLEST
    link = link_file.parse(f"[link]\n{lines}\n{content}")
    assert (link.omnileads.transport, link.omnileads.sip_port) == (transport, port)


def test_signalling_and_media_are_udp_and_rtp_unless_said() -> None:
    assert (link_file.parse(SMALLEST).signalling, link_file.parse(SMALLEST).media) == (Signalling.UDP, Media.RTP)
    with pytest.raises(InvalidInput) as caught:
        link_file.parse(f"[link]\nsignalling = sctp\nmedia = zrtp\n{SMALLEST}")
    assert {each.values["key"]: each.values["options"] for each in caught.value.findings} == {
        "signalling": "udp, tcp, tls", "media": "rtp, srtp",
    }  # fmt: skip
