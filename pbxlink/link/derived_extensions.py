"""The custom extensions that follow from a link's rules: those of the agents listed and of OML's directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from pbxlink.link import charset, numbering
from pbxlink.link.directory import Directory, InboundRoute
from pbxlink.link.model import Agent, AgentRule, CustomExtension, DidRule, Link
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, Term, error, info, term, warning
from pbxlink.messages.masking import shown

_MOST_NAMED = 20


def extended(link: Link, directory: Directory | None) -> tuple[Link, list[Finding]]:
    """The link with the custom extensions that follow from its rules (listed agents, and the directory's entries).

    Also what stands in the way: DIDs taken for agents, DIDs that are patterns, numbers wanted twice. An entry of the
    directory that cannot be made is left out with a warning: one supervisor's inbound route must not keep all others
    from being linked. Raises InvalidInput where the rules ask for a directory and none is given.
    """
    if directory is None and (link.agents.from_directory or link.dids.from_directory):
        raise InvalidInput(error("directory.needed"))
    found = directory or Directory()
    findings: list[Finding] = []
    derived = [*_of_agents(link, found, findings), *_of_dids(link, found, findings)]
    if directory is not None and not (link.agents.from_directory or link.dids.from_directory):
        findings.append(warning("directory.unused"))
    explicit = {extension.number for extension in link.extensions}
    extensions = [*link.extensions, *(each for each in derived if each.number not in explicit)]
    return link.with_extensions(tuple(_each_once(extensions, findings))), findings


def let_through(link: Link, directory: Directory) -> Directory:
    """The directory's entries that the link's own lists (`include`, `exclude`) let through: what concerns its PBX."""
    agents = tuple(each for each in directory.agents if _is_wanted(each.id, link.agents))
    routes = tuple(each for each in directory.inbound_routes if _is_wanted(each.did, link.dids))
    return Directory(routes, agents)


def _is_wanted(name: object, rule: AgentRule | DidRule) -> bool:
    return name not in rule.exclude and (not rule.include or name in rule.include)


def _each_once(extensions: list[CustomExtension], findings: list[Finding]) -> Iterator[CustomExtension]:
    """The extensions without those of the directory whose number another one has."""
    first: dict[str, CustomExtension] = {}
    for each in sorted(extensions, key=lambda extension: extension.from_directory):
        first.setdefault(each.number, each)
    twice = set()
    for each in extensions:
        if each is first[each.number]:
            yield each
        elif each.from_directory:
            findings.append(left_out(each, term("directory.twice", send=first[each.number].send)))
        else:
            twice.add(each.number)
            yield each
    findings.extend(error("link.extension_twice", number=number) for number in sorted(twice))


def left_out(extension: CustomExtension, reason: Term) -> Finding:
    """That an entry of the directory is not linked, and why."""
    return warning("directory.left_out", send=shown(extension.send), number=shown(extension.number), reason=reason)


def _of_agents(link: Link, found: Directory, findings: list[Finding]) -> Iterator[CustomExtension]:
    rule = link.agents
    listed = {agent.id for agent in rule.listed}
    others = [agent for agent in found.agents if agent.id not in listed] if rule.from_directory else []
    chosen = _chosen(others, [agent.id for agent in others], rule, findings)
    for agent in (*rule.listed, *chosen):
        is_listed = agent.id in listed
        fields = {"sip": agent.sip_extension, "id": str(agent.id), "name": agent.name or str(agent.id)}
        send = numbering.agent_number(agent)
        for extension in _extension(rule.number, rule.name, fields, send, findings, not is_listed):
            yield replace(extension, is_agent=True)


def _of_dids(link: Link, found: Directory, findings: list[Finding]) -> Iterator[CustomExtension]:
    rule = link.dids
    routes = found.inbound_routes if rule.from_directory else ()
    for route in _chosen(routes, [route.did for route in routes], rule, findings):
        if not charset.DIALABLE.fullmatch(route.did):
            findings.append(warning("did.pattern", did=shown(route.did), name=shown(route.name)))
        elif numbering.is_taken_for_agent(route.did) and not link.dialplan.agents:
            findings.append(warning("did.taken_for_agent", did=route.did, id=route.did[4:]))
        else:
            digits = route.did.lstrip("+").replace("*", "")
            fields = {"did": digits, "name": route.name}
            yield from _extension(rule.number, rule.name, fields, route.did, findings, True)


_Entry = TypeVar("_Entry", Agent, InboundRoute)


def _chosen(
    entries: Sequence[_Entry], names: Sequence[object], rule: AgentRule | DidRule, findings: list[Finding]
) -> list[_Entry]:
    """The entries that the link file's lists let through; which ones they did not is told."""
    wanted = [_is_wanted(name, rule) for name in names]
    out = [shown(name) for name, is_wanted in zip(names, wanted) if not is_wanted]
    if out:
        section = "agents" if isinstance(rule, AgentRule) else "extensions"
        entries_told = tuple(out[:_MOST_NAMED]) + (("...",) if len(out) > _MOST_NAMED else ())
        findings.append(info("directory.excluded", section=section, count=len(out), entries=entries_told))
    return [entry for entry, is_wanted in zip(entries, wanted) if is_wanted]


def _extension(
    number: str, name: str, fields: Mapping[str, str], send: str, findings: list[Finding], from_directory: bool
) -> Iterator[CustomExtension]:
    dialled = number.format(**fields)
    if charset.EXTENSION.fullmatch(dialled):
        label = charset.plain_name(name.format(**fields)) or dialled
        yield CustomExtension(dialled, send, label, from_directory=from_directory)
    else:
        found_wrong = warning if from_directory else error
        findings.append(found_wrong("directory.number", number=shown(dialled), send=send))
