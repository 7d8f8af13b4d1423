"""OML's directory: its inbound routes and agents, as one JSON document.

Document (JSON): {"format": 1, "inbound_routes": [{"did", "name"}], "agents": [{"id", "sip_extension", "name"}]}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pbxlink.link.model import Agent
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

FORMAT = 1
_MOST = 100_000


@dataclass(frozen=True)
class InboundRoute:
    """An inbound route of OML: its DID and its name."""

    did: str
    name: str


@dataclass(frozen=True)
class Directory:
    """The inbound routes and agents of an OML."""

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
    """The directory of a document's text. Raises InvalidInput where the text has not the form above."""
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
