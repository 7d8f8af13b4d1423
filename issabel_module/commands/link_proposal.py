"""The link that `join` proposes, from what both sides have. What is not the administrator's to decide is not asked."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pbxlink.asterisk import sip_options
from pbxlink.link import charset, link_file, numbering
from pbxlink.link.directory import Directory
from pbxlink.link.free_name import LINK, OML_TRUNK, PBX_TRUNK, free_name
from pbxlink.link.invitation import Invitation
from pbxlink.link.model import DirectoryAccess, Link, Media, Signalling, Technology, Topology
from pbxlink.link.new_secret import new_secret
from pbxlink.link.topology import defaults_of
from pbxlink.messages.findings import Finding

if TYPE_CHECKING:
    from issabel_module.checks.existing import Existing

_TRANSPORTS = {
    Topology.LAN: ("trunk-transport",),
    Topology.WAN: ("trunk-nat-transport", "trunk-transport"),
    Topology.DOCKER: ("trunk-nat-docker-transport", "trunk-transport"),
}
"""In the order of preference; 2.x has `trunk-transport` alone. The agents' transport takes no call of a PBX."""
_LONGEST_INTERNAL, _LONGEST_ROUTE = 6, 40
_PREFIXES = ("", "8", "7", "6", "5", "4", "3", "2", "9", "88", "77", "66")
"""Put before DIDs and agents' numbers where one of them is taken on the PBX."""
_LEFT_OUT = "directory.left_out"
_THIS_MACHINE = "127.0.0.1"
INTERNAL_ROUTE = "pbx_internal"
"""OML's outbound route to the PBX's own numbers."""
USUAL_DIGITS = 2
"""Of the longest id of an agent, where OML was not asked."""


@dataclass(frozen=True)
class OmlFacts:
    """What OML told of itself (`oml_plugin/commands/facts_command.py`)."""

    product: str
    transports: Mapping[str, int]
    trunks: frozenset[str]
    routes: frozenset[str]
    links: frozenset[str]
    streams: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The transports by TCP and TLS; releases of the plugin before those told none."""

    @staticmethod
    def of(facts: Mapping[str, Any]) -> OmlFacts:
        """Raises KeyError, TypeError or ValueError where it is nothing like that."""
        transports = _ports(facts["transports"])
        streams = {str(each): _ports(ports) for each, ports in dict(facts.get("streams", {})).items()}
        trunks, routes, links = (frozenset(map(str, facts[key])) for key in ("trunks", "routes", "links"))
        return OmlFacts(str(facts["product"]), transports, trunks, routes, links, streams)


def _ports(listed: Any) -> dict[str, int]:
    return {str(name): int(port) for name, port in dict(listed).items()}


@dataclass(frozen=True)
class Places:
    """Where both are: `peer` the PBX as OML sees it, `own_address` as it sees itself, `omnileads` OML's address."""

    peer: str
    own_address: str
    omnileads: str


def topology(places: Places) -> Topology:
    """`docker` where OML's address is the PBX's own; `wan` where OML sees a public address that the PBX does not have;
    else `lan`."""
    omnileads = _resolved(places.omnileads)
    if omnileads & {*_resolved(places.own_address), _THIS_MACHINE}:
        return Topology.DOCKER
    is_behind_nat = _is_global(places.peer) and not _is_global(places.own_address)
    return Topology.WAN if is_behind_nat else Topology.LAN


def own_address(found: Places) -> str:
    """How the PBX sees itself. By a proxy or tunnel, and where OML is a container here, the connection has a loopback
    address, at which OML would find itself: then that of the way to OML, or of the way to everywhere."""
    if not found.own_address.startswith("127."):
        return found.own_address
    is_here = _THIS_MACHINE in _resolved(found.omnileads)
    return (sip_options.own_address() if is_here else sip_options.own_address(found.omnileads)) or found.own_address


def pbx_address(places: Places, chosen: Topology) -> str:
    """The PBX's address for OML. What a proxy of OML shows as the peer is its own address, so that only a public one
    counts."""
    return places.peer if chosen is Topology.WAN and _is_global(places.peer) else places.own_address


def _resolved(host: str) -> set[str]:
    try:
        return {str(each[4][0]) for each in socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)}
    except OSError:
        return set()


def _is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def transport(facts: OmlFacts, chosen: Topology, signalling: Signalling = Signalling.UDP) -> tuple[str, int]:
    """OML's transport for the trunk and its port; the topology's usual one where OML names none that fits."""
    usual = defaults_of(chosen, signalling)
    if signalling is not Signalling.UDP:
        streams = facts.streams.get(signalling.value, {})
        stream = usual.transport if usual.transport in streams else next(iter(sorted(streams)), "")
        return (stream, streams[stream]) if stream else (usual.transport, usual.sip_port)
    fitting = [name for name in _TRANSPORTS[chosen] if name in facts.transports]
    others = [name for name in sorted(facts.transports) if not name.startswith("agent")]
    name = next(iter((*fitting, *others)), "")
    return (name, facts.transports[name]) if name else (usual.transport, usual.sip_port)


def link_name(wanted: str, facts: OmlFacts, existing: Existing) -> str:
    """The wanted name where one is given, else the first free one on both sides."""
    return wanted or free_name(LINK, {*facts.links, *existing.links})


def link(
    name: str, invitation: Invitation, facts: OmlFacts, existing: Existing, places: Places, chosen: Topology,
    driver: tuple[Technology, int], access: DirectoryAccess, host: str, pstn: bool, directory: Directory,
    security: tuple[Signalling, Media] = (Signalling.UDP, Media.RTP),
) -> Link:  # fmt: skip
    """The link. `driver`: the PBX's channel driver and port; `access`: to OML's directory; `host`: how ssh reaches the
    PBX; `pstn`: whether OML may dial what the PBX's outbound routes take; `security`: signalling and audio. Raises
    InvalidInput where a value that came from one of both cannot stand in a link."""
    technology, port = driver
    signalling, media = security
    oml_transport, oml_port = transport(facts, chosen, signalling)
    is_docker = chosen is Topology.DOCKER
    if is_docker and oml_port == port:  # one address cannot have both: the container publishes another
        oml_port = defaults_of(chosen, signalling).sip_port
    trunk = free_name(PBX_TRUNK if name == LINK else name, existing.trunk_names)
    sections: dict[str, Any] = {
        "link": {"name": name, "topology": chosen.value, "signalling": signalling.value, "media": media.value},
        "pbx": {"address": places.own_address, "sip_port": str(port), "technology": technology.value, "trunk": trunk,
                "host": host},
        "omnileads": {"address": places.own_address if is_docker else invitation.address, "sip_port": str(oml_port),
                      "transport": oml_transport, "trunk": free_name(OML_TRUNK, facts.trunks)},
        "credentials": {"secret": new_secret()},
        "extensions": {"from_directory": "yes"},
        "agents": {"from_directory": "yes"},
        "pbx_routes": agents_route(name, existing.routes, _digits(directory)) if directory.agents else {},
        "omnileads_routes": _oml_routes(facts, existing, pstn),
        "directory": {"url": access.url, "token": access.token, "certificate": access.certificate},
    }  # fmt: skip
    return link_file.from_mapping(sections)


def _oml_routes(facts: OmlFacts, existing: Existing, pstn: bool) -> dict[str, Any]:
    wanted = {INTERNAL_ROUTE: internal_patterns(existing.internal)}
    if pstn:
        wanted["pbx_pstn"] = outside_patterns(existing.outside)
    return {free_name(name, facts.routes): {"patterns": patterns} for name, patterns in wanted.items() if patterns}


def internal_patterns(numbers: Iterable[str]) -> list[str]:
    """A pattern for the numbers that have the same first digit and length: `2XX` for 201 and 250."""
    short = [number for number in numbers if 2 <= len(number) <= _LONGEST_INTERNAL]
    return sorted({number[0] + "X" * (len(number) - 1) for number in short}, key=lambda each: (len(each), each))


def outside_patterns(patterns: Iterable[str]) -> list[str]:
    """What the PBX's own outbound routes take, as OML dials it: with the prefix, which the PBX cuts. Codes with `*` or
    `#` are left out: OML's agents cannot dial them."""
    return [each.upper() for each in dict.fromkeys(patterns) if _is_dialable(each)]


def _is_dialable(pattern: str) -> bool:
    try:
        numbering.parse_pattern(pattern)
    except ValueError:
        return False
    return not pattern.startswith(("*", "#", "+"))


def agents_route(name: str, taken: Collection[str], digits: int = USUAL_DIGITS) -> dict[str, Any]:
    """The PBX's outbound route to OML's agents for the link `name`; `digits`: those of their longest id."""
    return {free_name(f"{name}-agents", taken, _LONGEST_ROUTE): {"patterns": agent_patterns(digits)}}


def agent_patterns(digits: int) -> list[str]:
    """Patterns of the numbers of OML's agents: four digits, then ids of as many digits as there are, and one digit more
    for those to come. Closed ones, unlike `1XXX.`: that would take every longer number that begins with 1, too."""
    return ["1XXXZ" + "X" * more for more in range(digits + 1)]


def _digits(directory: Directory) -> int:
    return max((len(str(agent.id)) for agent in directory.agents), default=0)


def free_number(number: str, taken: Collection[str]) -> str:
    """The number, with a prefix before it where it is taken on the PBX."""
    return next((prefix + number for prefix in _PREFIXES if prefix + number not in taken), number)


def with_free_numbers(wanted: Link, findings_of: Callable[[Link], Sequence[Finding]]) -> Link:
    """The link with a prefix before the extensions' numbers, where they are taken without one: that of which the fewest
    are left out. `findings_of` inspects the PBX with a link."""
    best, fewest = wanted, None
    for each in _numbered(wanted):
        left = sum(finding.code == _LEFT_OUT for finding in findings_of(each))
        if fewest is None or left < fewest:
            best, fewest = each, left
        if not left:
            break
    return best


def _numbered(wanted: Link) -> Iterator[Link]:
    for prefix in _PREFIXES:
        dids = replace(wanted.dids, number=prefix + wanted.dids.number)
        yield replace(wanted, dids=dids, agents=replace(wanted.agents, number=prefix + wanted.agents.number))


def host_of_ssh(host: str) -> str:
    """The address in `[USER@]PBX[:PORT]` where OML can use it too; empty where it is a name of ~/.ssh/config."""
    name = re.sub(r":[0-9]+$", "", host.rpartition("@")[2])
    return name if charset.is_host(name) and name != "localhost" else ""
