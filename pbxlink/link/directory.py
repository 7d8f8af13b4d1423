"""OML's directory: its inbound routes and agents, and the custom extensions that follow from them on the PBX.

Document (JSON): {"format": 1, "inbound_routes": [{"did", "name"}], "agents": [{"id", "sip_extension", "name"}]}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pbxlink.link import charset, numbering
from pbxlink.link.model import Agent, CustomExtension, Link
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error, warning
from pbxlink.messages.masking import shown

FORMAT = 1
_MOST = 100_000


@dataclass(frozen=True)
class InboundRoute:
    """An inbound route of OML: the DID it waits for, and its name."""

    did: str
    name: str


@dataclass(frozen=True)
class Directory:
    """What OML can be reached by."""

    inbound_routes: tuple[InboundRoute, ...] = ()
    agents: tuple[Agent, ...] = ()


def document(directory: Directory) -> dict[str, Any]:
    """The directory as JSON data."""
    return {
        "format": FORMAT,
        "inbound_routes": [{"did": route.did, "name": route.name} for route in directory.inbound_routes],
        "agents": [{"id": a.id, "sip_extension": a.sip_extension, "name": a.name} for a in directory.agents],
    }


def parse(content: str) -> Directory:
    """The directory of a document's text. Raises InvalidInput where it is not of the form above."""
    try:
        data = json.loads(content)
        if data["format"] != FORMAT or len(data["inbound_routes"]) + len(data["agents"]) > _MOST:
            raise ValueError("format")
        return Directory(
            tuple(InboundRoute(_text(route["did"]), _text(route["name"])) for route in data["inbound_routes"]),
            tuple(_agent(agent) for agent in data["agents"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise InvalidInput(error("directory.form", reason=shown(f"{type(problem).__name__} {problem}"))) from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 255:
        raise ValueError("text")
    return value


def _agent(entry: Mapping[str, Any]) -> Agent:
    if not isinstance(entry["id"], int) or isinstance(entry["id"], bool) or entry["id"] < 0:
        raise ValueError("id")
    return Agent(entry["id"], _text(str(entry["sip_extension"])), _text(entry["name"]))


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
