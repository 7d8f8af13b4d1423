"""The faults that `diagnose` must name: how each is put into a link that works, and what is to be told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.calls.linked import DID, PHONE, PSTN_NUMBER, RTP, eventually
from tests.faults.diagnosis_patient import Patient, unload
from tests.faults.diagnosis_web import asking
from tests.stack.asterisk import NativeAsterisk

PBX, OML = "pbx", "omnileads"
_AGENT = "10021"
_PORTS = f"{RTP[0]}:{RTP[1]}"


@dataclass(frozen=True)
class Fault:
    """`code`: the cause to be named (any of several, where it depends on whether the other side's pings arrive), on
    `host`, empty for any; `says` must be in its message. `number` is what `diagnose` is given.
    `asks`: it is run on the PBX alone, which asks OML. `listens`: each side waits for the other's test call."""

    name: str
    code: str
    host: str
    put_in: Callable[[Patient], AbstractContextManager[None]]
    says: str = ""
    number: str = ""
    asks: bool = False
    listens: bool = False


def peer(name: str, keyword: str, value: str, says: str = "") -> Fault:
    return Fault(name, "cause.differs", PBX, lambda it: it.peer(keyword, value), says or keyword)


def wizard(name: str, pattern: str, line: str, says: str) -> Fault:
    return Fault(name, "cause.differs", OML, lambda it: it.wizard(pattern, line), says)


def packets(it: Patient, host: str, chain: str, what: str, protocol: str = "udp") -> AbstractContextManager[None]:
    """Drops on a host what comes from (INPUT) or goes to (OUTPUT) the other."""
    far = f"-{'s' if chain == 'INPUT' else 'd'} {it.address('pbx' if host == 'oml' else 'oml')}"
    return it.filtered(it.host(host), f"{chain} -p {protocol} {far} {what} -j DROP")


@contextmanager
def _silence(it: Patient) -> Iterator[None]:
    """Nothing passes between the two, by a filter that neither host can read: that of OML's container."""
    with packets(it, "oml", "INPUT", ""), packets(it, "oml", "OUTPUT", ""):
        yield


@contextmanager
def _not_loaded(it: Patient, pending: bool) -> Iterator[None]:
    """The rows are right again, and Asterisk still has those of before."""
    with it.pbx_rows(["sip"], "UPDATE sip SET data = '10.66.250.9' WHERE id LIKE 'tr-peer-%' AND keyword = 'host'"):
        rows = f"UPDATE sip SET data = '{it.address('oml')}' WHERE id LIKE 'tr-peer-%' AND keyword = 'host'"
        with it.hosts.pbx.engine.begin() as connection:
            connection.exec_driver_sql(rows)
        if pending:
            it.hosts.pbx.ask_for_reload()
        yield


@contextmanager
def no_driver(it: Patient, driver: str) -> Iterator[None]:
    """`chan_sip` on the PBX, `chan_pjsip` on OML, whose Asterisk is started anew afterwards: where the driver went by
    force, to load it again ended Asterisk (seen)."""
    asterisk = it.hosts.pair.pbx if driver == "chan_sip" else it.hosts.pair.oml
    try:
        unload(asterisk, driver)
        yield
    finally:
        if driver == "chan_sip":
            asterisk.cli(f"module load {driver}.so")
        else:
            assert isinstance(asterisk, NativeAsterisk), "natively only"
            asterisk.restart()


@contextmanager
def _other_certificate(it: Patient) -> Iterator[None]:
    """OML's pages have another certificate than the one that was there when the two were joined."""
    with asking(it, pinned="another"):
        yield


@contextmanager
def _clock(it: Patient) -> Iterator[None]:
    with asking(it, clock="+10m"):
        yield


@contextmanager
def _twice(it: Patient) -> Iterator[None]:
    lines = {"account": "byhand", "type": "friend", "host": it.address("oml"), "port": "5160", "qualify": "yes"}
    rows = [f"INSERT INTO sip (id, keyword, data, flags) VALUES ('tr-peer-9', '{key}', '{value}', {place})"
            for place, (key, value) in enumerate(lines.items(), 2)]  # fmt: skip
    trunk = "INSERT INTO trunks (trunkid, tech, channelid, name, disabled) VALUES (9, 'sip', 'byhand', 'byhand', 'off')"
    with it.pbx_rows(["sip", "trunks"], trunk, *rows):
        yield


@contextmanager
def _astdb(it: Patient) -> Iterator[None]:
    shown = [
        line.split(":", 1) for line in it.hosts.pair.pbx.cli("database show DEVICE " + DID).splitlines() if ":" in line
    ]
    before = {name.strip(): value.strip() for name, value in shown if name.startswith("/")}
    assert before
    with it.cli("pbx", [f"database deltree DEVICE {DID}"], []):
        try:
            yield
        finally:
            it.hosts.pbx.put_astdb(before)


@contextmanager
def _sdp_of_pbx(it: Patient) -> Iterator[None]:
    general = it.hosts.pair.pbx.etc_dir / "sip_general_custom.conf"
    text = "externaddr=192.168.77.9\nlocalnet=127.0.0.0/255.0.0.0\n"
    with it.file(general, text, [], "pbx"):
        it.restart_chan_sip()
        it.is_known("sip show peers")
        yield
    it.restart_chan_sip()


@contextmanager
def _fromuser(it: Patient) -> Iterator[None]:
    custom = it.hosts.pair.pbx.etc_dir / "sip_custom.conf"
    with it.file(custom, "[omnileads](+)\nfromuser=fromuser-by-hand\n", [], "pbx"):
        it.restart_chan_sip()
        it.is_known("sip show peers")
        yield
    it.restart_chan_sip()


@contextmanager
def _sdp_of_oml(it: Patient) -> Iterator[None]:
    """OML's endpoint names another address for its audio."""
    with it.wizard(r"endpoint/timers=yes", "endpoint/timers=yes\r\nendpoint/media_address=192.168.77.8"):
        yield


@contextmanager
def _agent(it: Patient, status: str) -> Iterator[None]:
    number = it.agent_status(status)
    assert number == _AGENT, number
    try:
        yield
    finally:
        it.agent_status("")


@contextmanager
def _lost_file(it: Patient) -> Iterator[None]:
    """OML's Asterisk without the file that its web side sent it, as after a new container."""
    reload = ["module reload res_pjsip.so"]
    with it.file(it.oml_file, "", reload, "oml"):
        assert eventually(lambda: "issabel" not in it.hosts.oml_cli("pjsip show endpoints"))
        yield
    it.oml_loads()


@contextmanager
def other_secret(it: Patient) -> Iterator[None]:
    """Another link of the same names, applied on OML alone: each side is as its own link file says."""
    text = (it.hosts.folder / "link.conf").read_text()
    secret = next(line.split("=", 1)[1].strip() for line in text.splitlines() if line.startswith("secret"))
    with it.other_link("oml", secret, secret[::-1]):
        it.apply_on_oml()
        yield
    it.apply_on_oml()
    it.oml_loads()


@contextmanager
def not_applied(it: Patient, side: str) -> Iterator[None]:
    remove, apply = (it.hosts.on_pbx, it.hosts.on_pbx) if side == PBX else (it.hosts.on_oml, it.hosts.on_oml)
    more = ["--directory", str(it.hosts.folder / "directory.json")] if side == PBX else []
    assert remove("remove", "--yes").returncode == 0
    try:
        yield
    finally:
        assert apply("apply", "--yes", *more).returncode == 0
        it.reload_pbx() if side == PBX else it.oml_loads()


@contextmanager
def _ami_of_pbx(it: Patient) -> Iterator[None]:
    conf = it.hosts.pbx.amportal
    before = conf.read_text()
    conf.write_text(before.replace(it.hosts.pbx.params.ami_secret, "wrong"))
    try:
        yield
    finally:
        conf.write_text(before)


_HIDING = """
other = TroncalSIP.objects.create(nombre='other', canales_maximos=10, tecnologia=1,
    text_config='type=wizard\\r\\nremote_hosts=10.66.250.9')
RutaSaliente.objects.filter(nombre='all').update(orden=50)
route = RutaSaliente.objects.create(nombre='before', ring_time=25, dial_options='Tt', orden=1)
PatronDeDiscado.objects.create(ruta_saliente=route, match_pattern='XXXXXXX', orden=1)
OrdenTroncal.objects.create(ruta_saliente=route, troncal=other, orden=1)
"""
_EXTENSION_GONE = [
    f"DELETE FROM {table} WHERE {column} = '{PHONE}'" for table, column in (("users", "extension"), ("devices", "id"))
]
_GROUP = f"INSERT INTO ringgroups (grpnum, strategy, grptime, grplist, description) VALUES ('{DID}', 'ringall', 20, '{PHONE}', 'sales')"  # noqa: E501

FAULTS = (
    # by hand in the PBX's GUI
    peer("PBX: secret", "secret", "another"),
    peer("PBX: user", "defaultuser", "someone"),
    peer("PBX: address", "host", "10.66.250.9"),
    peer("PBX: port of another transport", "port", "5161"),
    peer("PBX: context", "context", "from-trunk"),
    peer("PBX: codec", "allow", "gsm"),
    Fault(
        "PBX: trunk disabled",
        "pbx.trunk_disabled",
        PBX,
        lambda it: it.pbx_rows(
            ["sip", "trunks"],
            "UPDATE trunks SET disabled = 'on' WHERE channelid = 'omnileads'",
            "UPDATE sip SET flags = 1 WHERE id LIKE 'tr-peer-%'",
        ),
    ),
    Fault(
        "PBX: trunk deleted",
        "drift.gone",
        PBX,
        lambda it: it.pbx_rows(
            ["sip", "trunks"],
            "DELETE FROM trunks WHERE channelid = 'omnileads'",
            "DELETE FROM sip WHERE id LIKE 'tr-peer-%'",
        ),
        "trunk",
    ),
    Fault("PBX: a second trunk to OMniLeads", "pbx.same_peer", PBX, _twice, "byhand"),
    Fault("PBX: need_reload pending", "cause.pending", PBX, lambda it: _not_loaded(it, True)),
    Fault("PBX: not loaded", "publish.missing", PBX, lambda it: _not_loaded(it, False)),
    Fault(
        "PBX: driver unloaded",
        "pbx.no_driver",
        PBX,
        lambda it: no_driver(it, "chan_sip"),
    ),
    Fault("PBX: AstDB keys lost", "cause.astdb", PBX, _astdb, DID),
    Fault(
        "PBX: custom extension deleted",
        "drift.gone",
        PBX,
        lambda it: it.pbx_rows(
            ["users", "devices"],
            f"DELETE FROM users WHERE extension = '{DID}'",
            f"DELETE FROM devices WHERE id = '{DID}'",
        ),
        DID,
    ),
    Fault("PBX: link not applied", "cause.not_applied", PBX, lambda it: not_applied(it, PBX)),
    Fault("PBX: password of AMI", "ami.refused", PBX, _ami_of_pbx),
    Fault(
        "PBX: no context for OMniLeads' calls",
        "pbx.no_context",
        PBX,
        lambda it: it.cli("pbx", ["dialplan remove context from-internal"], ["dialplan reload"]),
    ),
    # a number
    Fault(
        "PBX: extension missing",
        "cause.number_missing",
        PBX,
        lambda it: it.pbx_rows(["users", "devices"], *_EXTENSION_GONE),
        PHONE,
        PHONE,
    ),
    Fault(
        "PBX: route to the PSTN missing",
        "cause.number_missing",
        PBX,
        lambda it: it.pbx_rows(["outbound_route_sequence"], "DELETE FROM outbound_route_sequence WHERE route_id = 5"),
        PSTN_NUMBER,
        PSTN_NUMBER,
    ),
    Fault(
        "PBX: route to the PSTN without a trunk",
        "cause.route_without_trunk",
        PBX,
        lambda it: it.pbx_rows(["outbound_route_trunks"], "DELETE FROM outbound_route_trunks WHERE route_id = 5"),
        "pstn",
        PSTN_NUMBER,
    ),
    Fault(
        "PBX: a ring group hides the extension",
        "cause.hidden",
        PBX,
        lambda it: it.pbx_rows(["ringgroups"], _GROUP),
        "sales",
        DID,
    ),
    Fault(
        "OMniLeads: inbound route missing",
        "cause.number_missing",
        OML,
        lambda it: it.oml(f"RutaEntrante.objects.filter(telefono='{DID}').delete()"),
        DID,
        DID,
    ),
    Fault(
        "OMniLeads: a route hides the link's",
        "cause.route_hidden",
        OML,
        lambda it: it.oml(_HIDING),
        "before",
        PSTN_NUMBER,
    ),
    Fault("OMniLeads: agent logged out", "cause.agent_out", OML, lambda it: _agent(it, "OFFLINE"), "OFFLINE", _AGENT),
    Fault(
        "OMniLeads: the agent's telephone is away", "cause.agent_phone", OML, lambda it: _agent(it, "READY"), "", _AGENT
    ),
    # by hand on OML's page
    wizard(
        "OMniLeads: the password it asks for",
        "inbound_auth/password=.*",
        "inbound_auth/password=another\r",
        "inbound_auth/password",
    ),
    wizard(
        "OMniLeads: the password it gives",
        "outbound_auth/password=.*",
        "outbound_auth/password=another\r",
        "outbound_auth/password",
    ),
    wizard(
        "OMniLeads: the user it asks for",
        "inbound_auth/username=.*",
        "inbound_auth/username=someone\r",
        "inbound_auth/username",
    ),
    wizard(
        "OMniLeads: the user it gives",
        "outbound_auth/username=.*",
        "outbound_auth/username=someone\r",
        "outbound_auth/username",
    ),
    wizard("OMniLeads: the PBX's address", "remote_hosts=.*", "remote_hosts=10.66.250.9:5060\r", "remote_hosts"),
    wizard("OMniLeads: a transport that is not there", "transport=.*", "transport=nowhere\r", "transport"),
    wizard("OMniLeads: context", "endpoint/context=.*", "endpoint/context=from-agent\r", "endpoint/context"),
    wizard("OMniLeads: codec", "endpoint/allow=.*", "endpoint/allow=gsm\r", "endpoint/allow"),
    wizard(
        "OMniLeads: the caller's number is not sent",
        "endpoint/send_pai=.*",
        "endpoint/send_pai=no\r",
        "endpoint/send_pai",
    ),
    Fault("OMniLeads: trunk's file lost", "publish.missing", OML, _lost_file, "issabel"),
    Fault(
        "OMniLeads: route deleted",
        "drift.gone",
        OML,
        lambda it: it.oml("RutaSaliente.objects.filter(nombre='all').delete()"),
        "all",
    ),
    Fault("OMniLeads: driver unloaded", "cause.no_pjsip", OML, lambda it: no_driver(it, "chan_pjsip")),
    Fault("OMniLeads: link not applied", "cause.not_applied", OML, lambda it: not_applied(it, OML)),
    Fault(
        "OMniLeads: no context for the PBX's calls",
        "oml.no_context",
        OML,
        lambda it: it.cli("oml", ["dialplan remove context from-pbx"], ["dialplan reload"]),
    ),
    # between the two
    Fault("both: another link on each side", "cause.refused", "", other_secret),
    Fault(
        "PBX: OMniLeads' name does not resolve",
        "cause.unresolved",
        PBX,
        lambda it: it.other_link("pbx", it.address("oml"), "oml.invalid"),
        "oml.invalid",
    ),
    Fault(
        "OMniLeads: the PBX's name does not resolve",
        "cause.unresolved",
        OML,
        lambda it: it.other_link("oml", it.address("pbx"), "pbx.invalid"),
        "pbx.invalid",
    ),
    Fault("OMniLeads: another certificate", "sync.certificate", PBX, _other_certificate, asks=True),
    Fault("OMniLeads: the clock is ten minutes fast", "cause.clock", PBX, _clock, "seconds", asks=True),
    Fault("PBX: OMniLeads is banned", "cause.banned", PBX, lambda it: packets(it, "pbx", "INPUT", "")),
    Fault("SIP from the PBX is lost", "cause.lost", PBX, lambda it: packets(it, "oml", "INPUT", "--dport 5160")),
    Fault("SIP from OMniLeads is lost", "cause.lost", OML, lambda it: packets(it, "oml", "OUTPUT", "--dport 5060")),
    Fault("nothing passes", "cause.silent", "", _silence),
    Fault(
        "audio of the PBX is lost", "cause.not_heard", OML, lambda it: packets(it, "oml", "INPUT", f"--dport {_PORTS}")
    ),
    Fault(
        "audio of OMniLeads is lost on its own host",
        "cause.not_sent",
        OML,
        lambda it: packets(it, "oml", "OUTPUT", f"--sport {_PORTS}"),
    ),
    Fault(
        "audio of OMniLeads is lost on the PBX's host",
        "cause.no_audio",
        PBX,
        lambda it: it.filtered(it.host("pbx"), f"INPUT -p udp --sport {_PORTS} -j DROP"),
    ),
    Fault("audio of the PBX is silence", "cause.no_tone", PBX, lambda it: it.silenced(it.host("pbx")), listens=True),
    Fault("audio of OMniLeads is silence", "cause.no_tone", OML, lambda it: it.silenced(it.host("oml")), listens=True),
    Fault("PBX: a file by hand hides the caller", "cause.caller", PBX, _fromuser, "fromuser-by-hand", listens=True),
    Fault("the PBX names a private address (NAT)", "cause.sdp", OML, _sdp_of_pbx, "192.168.77.9"),
    Fault("OMniLeads names a private address (NAT)", "cause.sdp", PBX, _sdp_of_oml, "192.168.77.8"),
)
