"""The trunk's settings: the guide's lines word for word, and for any link that what must agree does agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from issabel_module.flavours.freepbx import FreePBX
from issabel_module.flavours.issabel import pjsip_settings
from pbxlink.link import trunk_settings
from pbxlink.link.model import CallerId, Credentials, Link, Media, Signalling, Technology, Topology
from pbxlink.link.topology import DEFAULTS
from tests.unit import strategies as draw

TRUNK = draw.example(caller_id=CallerId.TRUNK, credentials=Credentials("issabelOML"))
KEEP = replace(TRUNK, caller_id=CallerId.KEEP)
PJSIP = KEEP.settled(Technology.PJSIP)

GUIDE_PEER = """type=friend
host=192.168.95.239
port=5160
disallow=all
allow=alaw
qualify=yes
secret=issabelOML
fromuser=issabel
defaultuser=issabel
context=from-internal"""

GUIDE_WIZARD = """type=wizard
transport=trunk-transport
accepts_registrations=no
sends_auth=yes
sends_registrations=no
accepts_auth=yes
endpoint/rtp_symmetric=no
endpoint/force_rport=no
endpoint/rewrite_contact=no
endpoint/timers=yes
aor/qualify_frequency=60
endpoint/allow=alaw,ulaw
endpoint/dtmf_mode=rfc4733
endpoint/context=from-pbx
remote_hosts=192.168.95.240:5060
inbound_auth/username=issabel
inbound_auth/password=issabelOML
outbound_auth/username=omnileads
outbound_auth/password=issabelOML
endpoint/from_user=omnileads"""


def lines(settings: tuple[trunk_settings.Setting, ...]) -> list[str]:
    return [f"{key}={value}" for key, value in settings]


def test_the_guides_peer_in_the_guides_order() -> None:
    """`defaultuser`, without which no call is authenticated, stands where the recorded peer has it."""
    assert lines(trunk_settings.peer_details(TRUNK)) == GUIDE_PEER.splitlines()


def test_the_guides_wizard_in_the_guides_order() -> None:
    assert lines(trunk_settings.wizard_settings(TRUNK)) == GUIDE_WIZARD.splitlines()


def test_the_wizard_text_is_as_the_web_form_stores_it() -> None:
    assert trunk_settings.wizard_text(TRUNK) == GUIDE_WIZARD.replace("\n", "\r\n")


def test_keeping_the_callers_number_changes_the_measured_lines_only() -> None:
    peer = [line for line in GUIDE_PEER.splitlines() if line != "fromuser=issabel"]
    assert lines(trunk_settings.peer_details(KEEP)) == [*peer, "trustrpid=yes"]
    assert lines(trunk_settings.wizard_settings(KEEP)) == [*GUIDE_WIZARD.splitlines(), "endpoint/send_pai=yes"]


@pytest.mark.parametrize("mode", CallerId)
def test_one_secret_per_direction(mode: CallerId) -> None:
    link = replace(KEEP, caller_id=mode, credentials=Credentials("towards-pbx", "towards-oml"))
    peer, wizard = dict(trunk_settings.peer_details(link)), dict(trunk_settings.wizard_settings(link))
    assert peer["secret"] == wizard["outbound_auth/password"] == "towards-pbx"
    assert peer["remotesecret"] == wizard["inbound_auth/password"] == "towards-oml"
    assert "remotesecret" not in dict(trunk_settings.peer_details(replace(KEEP, caller_id=mode)))


@pytest.mark.parametrize(
    ("topology", "symmetric", "rport", "contact", "transport"),
    [
        (Topology.LAN, "no", "no", "no", "trunk-transport"),
        (Topology.DOCKER, "no", "yes", "yes", "trunk-nat-docker-transport"),
        (Topology.WAN, "yes", "yes", "yes", "trunk-nat-transport"),
    ],
)
def test_topologies(topology: Topology, symmetric: str, rport: str, contact: str, transport: str) -> None:
    oml = replace(KEEP.omnileads, transport=DEFAULTS[topology].transport)
    wizard = dict(trunk_settings.wizard_settings(replace(KEEP, topology=topology, omnileads=oml)))
    assert wizard["transport"] == transport
    assert wizard["endpoint/rtp_symmetric"] == symmetric
    assert wizard["endpoint/force_rport"] == rport
    assert wizard["endpoint/rewrite_contact"] == contact


def test_a_pjsip_trunk_has_the_recorded_keywords_but_username() -> None:
    """The recorded trunk's keywords in the order of their flags, 2 to 32."""
    assert [key for key, _ in pjsip_settings(PJSIP)] == [
        "account",
        "secret",
        "authentication",
        "registration",
        "server",
        "port",
        "context",
        "transport",
        "dtmf_mode",
        "from_domain",
        "from_user",
        "contact_user",
        "retry_interval",
        "max_retries",
        "expiration",
        "qualify_frequency",
        "media_encryption",
        "rtp_symmetric",
        "rewrite_contact",
        "inband_progress",
        "auth_rejection_permanent",
        "direct_media",
        "trust_id_inbound",
        "t38_udptl",
        "t38_udptl_nat",
        "t38_udptl_ec",
        "fax_detect",
        "match",
        "support_path",
        "outbound_proxy",
        "stir_shaken",
        "codecs",
    ]


def test_a_pjsip_trunk_authenticates_both_ways_under_its_own_name() -> None:
    settings = dict(pjsip_settings(PJSIP))
    assert (settings["authentication"], settings["registration"]) == ("both", "none")
    assert settings["server"] == "192.168.95.239:5160" and settings["match"] == "192.168.95.239"
    assert settings["account"] == "omnileads" and settings["codecs"] == "alaw"
    wizard = dict(trunk_settings.wizard_settings(PJSIP))
    assert wizard["inbound_auth/username"] == wizard["outbound_auth/username"] == "omnileads"


@pytest.mark.parametrize(
    ("mode", "from_user", "trust"), [(CallerId.KEEP, "", "yes"), (CallerId.TRUNK, "omnileads", "no")]
)
def test_the_callers_number_over_pjsip(mode: CallerId, from_user: str, trust: str) -> None:
    settings = dict(pjsip_settings(replace(PJSIP, caller_id=mode)))
    assert (settings["from_user"], settings["trust_id_inbound"]) == (from_user, trust)


def test_several_codecs() -> None:
    link = replace(KEEP, audio=type(KEEP.audio)(("alaw", "g722"), ("g722", "ulaw")))
    assert dict(trunk_settings.peer_details(link))["allow"] == "alaw&g722"
    assert dict(pjsip_settings(link))["codecs"] == "alaw,g722"
    assert dict(trunk_settings.wizard_settings(link))["endpoint/allow"] == "g722,ulaw"


@given(draw.links(technologies=(Technology.SIP, Technology.AUTO)))
def test_what_must_agree_agrees_over_chan_sip(link: Link) -> None:
    peer, wizard = dict(trunk_settings.peer_details(link)), dict(trunk_settings.wizard_settings(link))
    assert link.pbx.trunk == wizard["outbound_auth/username"] == wizard["endpoint/from_user"]
    assert peer["defaultuser"] == wizard["inbound_auth/username"] == link.omnileads.trunk
    assert peer.get("fromuser", peer["defaultuser"]) == peer["defaultuser"]
    assert peer["secret"] == wizard["outbound_auth/password"]
    assert peer.get("remotesecret", peer["secret"]) == wizard["inbound_auth/password"]
    assert f"{link.pbx.address}:{link.pbx.sip_port}" == wizard["remote_hosts"]
    assert (peer["host"], peer["port"]) == (link.omnileads.address, str(link.omnileads.sip_port))


@given(draw.links(technologies=(Technology.PJSIP,)))
def test_what_must_agree_agrees_over_pjsip(link: Link) -> None:
    trunk, wizard = dict(pjsip_settings(link)), dict(trunk_settings.wizard_settings(link))
    assert trunk["account"] == wizard["inbound_auth/username"] == wizard["outbound_auth/username"]
    assert trunk["account"] == wizard["endpoint/from_user"] == trunk_settings.inbound_user(link)
    assert trunk["secret"] == wizard["inbound_auth/password"] == wizard["outbound_auth/password"]
    assert trunk["server"] == f"{link.omnileads.address}:{link.omnileads.sip_port}"
    assert trunk["match"] == link.omnileads.address


@given(draw.links())
def test_no_line_can_break_out_of_itself(link: Link) -> None:
    for settings in (
        trunk_settings.peer_details(link),
        pjsip_settings(link),
        trunk_settings.wizard_settings(link),
    ):
        keys = [key for key, _ in settings]
        assert len(keys) == len(set(keys))
        assert all(set(value) <= set(draw.ALPHANUMERIC + "._-:,&") for _, value in settings)
    assert trunk_settings.wizard_text(link).split("\r\n") == lines(trunk_settings.wizard_settings(link))
    assert "'" not in trunk_settings.wizard_text(link)


@given(draw.links())
def test_agreed_values_show_no_secret(link: Link) -> None:
    link = replace(link, credentials=Credentials("hunter2-hunter2", "hunter3-hunter3"))
    shown = dict(trunk_settings.agreed_values(link))
    assert not any("hunter" in value for value in shown.values())
    assert shown["PBX host:port"] == f"{link.omnileads.address}:{link.omnileads.sip_port}"
    assert shown["OML remote_hosts"] == dict(trunk_settings.wizard_settings(link))["remote_hosts"]
    assert shown["PBX user = OML inbound_auth/username"] == trunk_settings.inbound_user(link)


def test_by_udp_and_rtp_no_line_is_added() -> None:
    assert not {*trunk_settings.SECURE_PEER_KEYWORDS} & {*dict(trunk_settings.peer_details(KEEP))}
    assert not {*trunk_settings.SECURE_WIZARD_KEYS} & {*dict(trunk_settings.wizard_settings(KEEP))}
    assert trunk_settings.is_plain(KEEP)


@pytest.mark.parametrize("signalling", [Signalling.TCP, Signalling.TLS])
def test_signalling_and_media_reach_both_sides_from_one_value(signalling: Signalling) -> None:
    link = replace(KEEP, signalling=signalling, media=Media.SRTP)
    peer, wizard = dict(trunk_settings.peer_details(link)), dict(trunk_settings.wizard_settings(link))
    assert (peer["transport"], peer["encryption"]) == (signalling.value, "yes")
    assert (wizard["identify/match"], wizard["endpoint/media_encryption"]) == (link.pbx.address, "sdes")
    pjsip = dict(pjsip_settings(link.settled(Technology.PJSIP)))
    assert (pjsip["transport"], pjsip["media_encryption"]) == (f"transport-{signalling.value}", "sdes")
    plain = {key: value for key, value in wizard.items() if key not in trunk_settings.SECURE_WIZARD_KEYS}
    assert plain == dict(trunk_settings.wizard_settings(KEEP))
    assert ("SIP, RTP", f"{signalling.value}, srtp") in trunk_settings.agreed_values(link)


def test_a_freepbx_names_the_transport_in_the_contact_too() -> None:
    link = replace(PJSIP, signalling=Signalling.TLS, media=Media.SRTP)
    found = {row["keyword"]: row["data"] for row in FreePBX(15).trunk_settings(link, "1")}
    assert (found["transport"], found["media_encryption"]) == ("0.0.0.0-tls", "sdes")
    assert found["aor_contact"] == r"sip:192.168.95.239:5160\;transport=tls"
    of_13 = {row["keyword"]: row["data"] for row in FreePBX(13).trunk_settings(link, "1")}
    assert "media_encryption" not in {*of_13, *FreePBX(13).secured_by_link(Technology.PJSIP)}
    plain = {row["keyword"]: row["data"] for row in FreePBX(15).trunk_settings(PJSIP, "1")}
    assert (plain["transport"], plain["media_encryption"], plain["aor_contact"]) == ("0.0.0.0-udp", "no", "")


def test_dial_strings() -> None:
    for link in (KEEP, PJSIP):
        assert trunk_settings.dial_string(link, "+54*1", "7", "*066") == "Local/*066+54*1@outrt-7"
    direct = replace(KEEP, dials_direct=True)
    assert trunk_settings.dial_string(direct, "10061", "7", "*066") == "SIP/omnileads/10061"


@given(draw.links(), draw.sends)
def test_a_dial_string_is_one_destination(link: Link, send: str) -> None:
    dialled = trunk_settings.dial_string(link, send, "3", "*066")
    assert send in dialled and set(dialled) <= set(draw.ALPHANUMERIC + "/_-@+*")


def test_the_values_that_must_agree_are_named_for_people() -> None:
    link = draw.example()
    assert [where for where, _ in trunk_settings.agreed_values(link)] == [
        "PBX trunk = OML outbound_auth/username = OML endpoint/from_user", "PBX user = OML inbound_auth/username",
        "PBX host:port", "OML remote_hosts", "OML transport",
    ]  # fmt: skip
