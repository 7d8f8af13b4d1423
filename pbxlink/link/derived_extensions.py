"""The custom extensions that follow from a link's rules: those of the agents listed and of OML's directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pbxlink.link import charset, numbering
from pbxlink.link.directory import Directory
from pbxlink.link.model import CustomExtension, Link
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error, warning
from pbxlink.messages.masking import shown


def extended(link: Link, directory: Directory | None) -> tuple[Link, list[Finding]]:
    """The link with the custom extensions that its rules derive (listed agents, and the directory's entries).

    Also what stands in the way: agents out of OML's reach, DIDs taken for agents, DIDs that are patterns, numbers
    wanted twice. Raises InvalidInput where the rules ask for a directory and none is given.
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
    for number in numbering.duplicates(extension.number for extension in extensions):
        findings.append(error("link.extension_twice", number=number))
    return link.with_extensions(tuple(extensions)), findings


def _of_agents(link: Link, found: Directory, findings: list[Finding]) -> Iterator[CustomExtension]:
    rule = link.agents
    listed = {agent.id for agent in rule.listed}
    others = [agent for agent in found.agents if agent.id not in listed] if rule.from_directory else []
    for agent in (*rule.listed, *others):
        if not numbering.is_agent_in_reach(agent):
            # Who lists an agent wants it; one of many in a directory must not keep the others from being linked.
            found_wrong = error if agent in rule.listed else warning
            findings.append(found_wrong("agent.out_of_reach", id=agent.id, sip=shown(agent.sip_extension)))
            continue
        fields = {"sip": agent.sip_extension, "id": str(agent.id), "name": agent.name or str(agent.id)}
        for extension in _extension(rule.number, rule.name, fields, numbering.agent_number(agent), findings):
            yield replace(extension, is_agent=True)


def _of_dids(link: Link, found: Directory, findings: list[Finding]) -> Iterator[CustomExtension]:
    rule = link.dids
    for route in found.inbound_routes if rule.from_directory else ():
        if not charset.DIALABLE.fullmatch(route.did):
            findings.append(warning("did.pattern", did=shown(route.did), name=shown(route.name)))
        elif numbering.is_taken_for_agent(route.did):
            findings.append(warning("did.taken_for_agent", did=route.did, id=route.did[4:]))
        else:
            digits = route.did.lstrip("+").replace("*", "")
            fields = {"did": digits, "name": route.name}
            yield from _extension(rule.number, rule.name, fields, route.did, findings)


def _extension(
    number: str, name: str, fields: Mapping[str, str], send: str, findings: list[Finding]
) -> Iterator[CustomExtension]:
    dialled = number.format(**fields)
    if charset.EXTENSION.fullmatch(dialled):
        yield CustomExtension(dialled, send, charset.plain_name(name.format(**fields)) or dialled)
    else:
        findings.append(error("directory.number", number=shown(dialled), send=send))
