"""What would share the trunk's name or its far end: other trunks, devices, and what custom files hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from issabel_module.asterisk import reload, sip_drivers
from issabel_module.checks.situation import Situation
from issabel_module.flavours.flavour import Flavour
from issabel_module.kinds import trunk as trunks
from pbxlink.asterisk.addresses import addresses
from pbxlink.engine.plan import Key
from pbxlink.link.model import Registers, Technology
from pbxlink.messages.findings import Finding, error, warning
from pbxlink.messages.masking import shown

_Lines = Mapping[str, str]
_DEFAULT_PORT = "5060"


def same_peer(it: Situation) -> Iterator[Finding]:
    """A second chan_sip peer with the same host and port: calls from there never reach the dialplan; and a pjsip
    trunk of the same address, whatever the port: calls are told by where they come from. One that is disabled is no
    peer until somebody enables it. An OML that registers has no address of which the trunk knows."""
    if it.link.registers is Registers.OMNILEADS:
        return
    wanted, port = addresses(it.link.omnileads.address), str(it.link.omnileads.sip_port)
    disabled = {str(number) for number, state in _column(it, "disabled") if state == "on"}
    technologies = {str(number): tech for number, tech in _column(it, "tech")}
    for number, lines in _others(it):
        host, others_port = far_end(it.flavour, lines)
        if not addresses(host) & wanted:
            continue
        name = lines.get("account", lines.get("trunk_name", number))
        values = {"name": shown(name), "host": it.link.omnileads.address, "port": others_port}
        is_pjsip = {technologies.get(number), it.link.pbx.technology.value} == {Technology.PJSIP.value}
        if others_port == port and number in disabled:
            yield warning("pbx.same_peer_disabled", **values)
        elif others_port == port:
            yield error("pbx.same_peer", **values)
        elif is_pjsip and number not in disabled:
            yield warning("pbx.same_source", **values)


def _column(it: Situation, column: str) -> Sequence[tuple[str | None, ...]]:
    return it.database.column_values("trunks", "trunkid", column)


def _others(it: Situation) -> Iterator[tuple[str, _Lines]]:
    """The settings of each peer that is not ours, with the number of its trunk."""
    tables = trunks.settings_tables(it.flavour)
    images = (*it.observed.values(), *it.desired.values())
    ours = {(table, str(row["id"])) for image in images for table in tables for row in image.get(table, ())}
    settings: dict[tuple[str, str], dict[str, str]] = {}
    for table in sorted(tables):
        for row in it.database.rows(table):
            settings.setdefault((table, str(row["id"])), {})[str(row["keyword"])] = str(row["data"])
    return ((place[1].rpartition("-")[2], lines) for place, lines in settings.items() if place not in ours)


def far_end(flavour: Flavour, lines: Mapping[str, str]) -> tuple[str, str]:
    """The host and the port that a peer's settings name."""
    host = next((lines[word] for word in flavour.host_keywords if lines.get(word)), "")
    port = next((lines[word] for word in flavour.port_keywords if lines.get(word)), _DEFAULT_PORT)
    name, colon, after = host.partition(":")
    return name, after if colon and after.isdigit() else port


def names(it: Situation) -> Iterator[Finding]:
    """Two sections of one name in a generated file: one of them is lost."""
    name = it.link.pbx.trunk
    mine = {str(row["trunkid"]) for image in it.observed.values() for row in image.get("trunks", ())}
    columns = ("trunkid", "name", "channelid", "usercontext")
    there = it.database.column_values("trunks", *columns)
    for number, *others in there:
        if number not in mine and name.lower() in {str(each).lower() for each in others}:
            yield error("pbx.trunk_name", name=shown(others[1] or others[0]), number=number)
    for number, lines in _others(it):
        if lines.get("account", "").lower() == name.lower() and number not in {str(row[0]) for row in there}:
            yield error("pbx.account_name", name=shown(lines["account"]))
    for each in it.numbers:
        if each.kind == "number.devices" and each.number.lower() == name.lower():
            yield error("pbx.device_name", name=name)
    yield from _names_in_files(it, name)


def _names_in_files(it: Situation, name: str) -> Iterator[Finding]:
    """A peer that Asterisk has although no row says so: of a file of the administrator's, where ours would be lost or
    take its place. One whose deletion was not yet applied goes with the next reload."""
    if Key(trunks.NAME, name) in {*it.observed, *it.owned} or reload.is_pending(it.database):
        return
    if sip_drivers.trunk_state(it.ami, it.link.pbx.technology, name) is not None:
        yield error("pbx.name_in_files", name=name)
