"""From the sections and keys of a link file or link code to the link, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pbxlink.link.model import (
    AgentRule,
    Audio,
    CallerId,
    Credentials,
    CustomExtension,
    DidRule,
    DirectoryAccess,
    Link,
    Media,
    OmlDialplan,
    OmlEnd,
    OmlRoute,
    PbxEnd,
    PbxRoute,
    Registers,
    Signalling,
    Technology,
    Topology,
)
from pbxlink.link.topology import defaults_of


def link_of(sections: Mapping[str, Any]) -> Link:
    """The link of validated sections (`validators` has turned the values into their types)."""
    topology, signalling = Topology(sections["link"]["topology"]), Signalling(sections["link"]["signalling"])
    return Link(
        name=sections["link"]["name"],
        topology=topology,
        pbx=_pbx(sections["pbx"]),
        omnileads=_omnileads(sections["omnileads"], topology, signalling, sections["pbx"]["address"]),
        credentials=Credentials(**sections["credentials"]),
        audio=Audio(tuple(sections["audio"]["pbx"]), tuple(sections["audio"]["omnileads"])),
        caller_id=CallerId(sections["caller_id"]["mode"]),
        extensions=tuple(_extension(key, keys) for key, keys in _subsections(sections["extensions"])),
        dids=_dids(sections["extensions"]),
        dials_direct=sections["extensions"]["dial"] == "direct",
        agents=_agents(sections["agents"]),
        pbx_routes=tuple(_pbx_route(name, keys) for name, keys in _subsections(sections["pbx_routes"])),
        omnileads_routes=tuple(_oml_route(name, keys) for name, keys in _subsections(sections["omnileads_routes"])),
        directory=DirectoryAccess(**sections["directory"]),
        dialplan=OmlDialplan(sections["dialplan"]["agents"]),
        signalling=signalling,
        media=Media(sections["link"]["media"]),
        registers=Registers(sections["link"]["registers"]),
    )


def _subsections(section: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, value) for name, value in section.items() if isinstance(value, Mapping)]


def _pbx(keys: Mapping[str, Any]) -> PbxEnd:
    return PbxEnd(
        keys["address"], keys["sip_port"], Technology(keys["technology"]), keys["trunk"], keys["context"], keys["host"]
    )


def _omnileads(keys: Mapping[str, Any], topology: Topology, signalling: Signalling, pbx_address: str) -> OmlEnd:
    defaults = defaults_of(topology, signalling)
    own_address = pbx_address if topology is Topology.DOCKER else ""
    return OmlEnd(
        address=keys["address"] or own_address,
        sip_port=keys["sip_port"] or defaults.sip_port,
        transport=keys["transport"] or defaults.transport,
        trunk=keys["trunk"],
        context=keys["context"],
    )


def _extension(key: str, keys: Mapping[str, Any]) -> CustomExtension:
    return CustomExtension(keys["number"], keys["send"], keys["name"] or key, fallback=keys["fallback"])


def _dids(keys: Mapping[str, Any]) -> DidRule:
    return DidRule(
        keys["from_directory"],
        keys["number_template"],
        keys["name_template"],
        tuple(keys["include"]),
        tuple(keys["exclude"]),
        keys["fallback"],
    )


def _agents(keys: Mapping[str, Any]) -> AgentRule:
    return AgentRule(
        tuple(keys["list"]),
        keys["from_directory"],
        keys["number_template"],
        keys["name_template"],
        tuple(keys["include"]),
        tuple(keys["exclude"]),
        keys["fallback"],
    )


def _pbx_route(name: str, keys: Mapping[str, Any]) -> PbxRoute:
    return PbxRoute(name, tuple(keys["patterns"]), keys["intracompany"], keys["position"])


def _oml_route(name: str, keys: Mapping[str, Any]) -> OmlRoute:
    return OmlRoute(name, tuple(keys["patterns"]), keys["ring_time"] or None, keys["dial_options"] or None)


def mapping_of(link: Link) -> dict[str, Any]:
    """The sections and keys that give this link again, all values as text or lists of text.

    `directory`, `dialplan`, the PBX's `host`, and `signalling`, `media` and `registers` other than the usual, are there
    only where the link has one: what was released before knows none of them.
    """
    return {
        "link": {"name": link.name, "topology": link.topology.value, **_security(link), **_registers(link)},
        "pbx": {
            "address": link.pbx.address,
            "sip_port": str(link.pbx.sip_port),
            "technology": link.pbx.technology.value,
            "trunk": link.pbx.trunk,
            "context": link.pbx.context,
            **({"host": link.pbx.host} if link.pbx.host else {}),
        },
        "omnileads": {
            "address": link.omnileads.address,
            "sip_port": str(link.omnileads.sip_port),
            "transport": link.omnileads.transport,
            "trunk": link.omnileads.trunk,
            "context": link.omnileads.context,
        },
        "credentials": {"secret": link.credentials.secret, "return_secret": link.credentials.return_secret},
        "audio": {"pbx": list(link.audio.pbx), "omnileads": list(link.audio.omnileads)},
        "caller_id": {"mode": link.caller_id.value},
        "extensions": {
            **_did_keys(link.dids),
            **({"dial": "direct"} if link.dials_direct else {}),
            **_extension_sections(link),
        },
        "agents": _agent_keys(link.agents),
        "pbx_routes": {route.name: _pbx_route_keys(route) for route in link.pbx_routes},
        "omnileads_routes": {route.name: _oml_route_keys(route) for route in link.omnileads_routes},
        **({"directory": asdict(link.directory)} if link.directory.url else {}),
        **({"dialplan": {"agents": "yes"}} if link.dialplan.agents else {}),
    }


def _security(link: Link) -> dict[str, str]:
    return {
        **({"signalling": link.signalling.value} if link.signalling is not Signalling.UDP else {}),
        **({"media": link.media.value} if link.media is not Media.RTP else {}),
    }


def _registers(link: Link) -> dict[str, str]:
    return {"registers": link.registers.value} if link.registers is not Registers.NO else {}


def _extension_sections(link: Link) -> dict[str, Any]:
    return {
        extension.number: {
            "number": extension.number,
            "send": extension.send,
            "name": extension.name,
            **_fallback(extension),
        }
        for extension in link.extensions
    }


def _did_keys(rule: DidRule) -> dict[str, Any]:
    return {
        "from_directory": _yes_no(rule.from_directory),
        "number_template": rule.number,
        "name_template": rule.name,
        **_chosen(rule),
        **_fallback(rule),
    }


def _fallback(of: AgentRule | DidRule | CustomExtension) -> dict[str, str]:
    return {"fallback": of.fallback} if of.fallback else {}


def _chosen(rule: AgentRule | DidRule) -> dict[str, list[str]]:
    """Only where there are any: what was released before them knows no such keys."""
    lists = {"include": rule.include, "exclude": rule.exclude}
    return {key: [str(each) for each in listed] for key, listed in lists.items() if listed}


def _agent_keys(rule: AgentRule) -> dict[str, Any]:
    return {
        "list": [":".join(filter(None, (a.sip_extension, str(a.id), a.name))) for a in rule.listed],
        "from_directory": _yes_no(rule.from_directory),
        "number_template": rule.number,
        "name_template": rule.name,
        **_chosen(rule),
        **_fallback(rule),
    }


def _pbx_route_keys(route: PbxRoute) -> dict[str, Any]:
    return {
        "patterns": [str(pattern) for pattern in route.patterns],
        "intracompany": _yes_no(route.intracompany),
        "position": route.position,
    }


def _oml_route_keys(route: OmlRoute) -> dict[str, Any]:
    return {
        "patterns": [str(pattern) for pattern in route.patterns],
        **({"ring_time": str(route.ring_time)} if route.ring_time is not None else {}),
        **({"dial_options": route.dial_options} if route.dial_options is not None else {}),
    }


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
