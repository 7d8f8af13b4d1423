"""The link that `join` proposes, from what both sides have. What is not the administrator's to decide is not asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from issabel_module.commands.link_places import Choices, Places, chosen_topology, pbx_address
from pbxlink.link import link_file, numbering
from pbxlink.link.directory import Directory
from pbxlink.link.free_name import LINK, OML_TRUNK, PBX_TRUNK, free_name
from pbxlink.link.invitation import Invitation
from pbxlink.link.model import DirectoryAccess, Link, Registers, Signalling, Technology, Topology
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
    name: str, invitation: Invitation, facts: OmlFacts, existing: Existing, places: Places, choices: Choices,
    driver: tuple[Technology, int], access: DirectoryAccess, directory: Directory,
) -> Link:  # fmt: skip
    """The link. `driver`: the PBX's channel driver and port; `access`: to OML's directory. Raises InvalidInput where a
    value that came from one of both cannot stand in a link, or the choices do not go together."""
    technology, port = driver
    signalling, chosen = choices.signalling, chosen_topology(choices, places)
    registers, address = choices.registers or Registers.NO, choices.pbx_address or pbx_address(places, chosen)
    oml_transport, oml_port = transport(facts, chosen, signalling)
    is_docker = chosen is Topology.DOCKER
    if is_docker and oml_port == port:  # one address cannot have both: the container publishes another
        oml_port = defaults_of(chosen, signalling).sip_port
    trunk, oml_trunk = _trunks(name, facts, existing, (technology, registers) == (Technology.PJSIP, Registers.PBX))
    sections: dict[str, Any] = {
        "link": {"name": name, "topology": chosen.value, "registers": registers.value, "signalling": signalling.value,
                 "media": choices.media.value},
        "pbx": {"address": address, "sip_port": str(port), "technology": technology.value, "trunk": trunk,
                "host": choices.host},
        "omnileads": {"address": address if is_docker else invitation.address, "sip_port": str(oml_port),
                      "transport": oml_transport, "trunk": oml_trunk},
        "credentials": {"secret": new_secret()},
        "extensions": {"from_directory": "yes"},
        "agents": {"from_directory": "yes"},
        "pbx_routes": agents_route(name, existing.routes, _digits(directory)) if directory.agents else {},
        "omnileads_routes": _oml_routes(facts, existing, choices.pstn),
        "directory": {"url": access.url, "token": access.token, "certificate": access.certificate},
    }  # fmt: skip
    return link_file.from_mapping(sections)


def _trunks(name: str, facts: OmlFacts, existing: Existing, is_one: bool) -> tuple[str, str]:
    """The names of the PBX's trunk and of OML's; `is_one`: a pjsip trunk of the PBX registers under its own name, which
    OML's must have, too."""
    usual = PBX_TRUNK if name == LINK else name
    if is_one:
        trunk = free_name(usual, {*existing.trunk_names, *facts.trunks})
        return trunk, trunk
    return free_name(usual, existing.trunk_names), free_name(OML_TRUNK, facts.trunks)


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
