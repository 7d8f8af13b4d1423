"""`init`: writes the link file from options or answers, with a new secret and the PBX's own driver and port."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from issabel_module.commands import discover, init_from_code, link_files, link_proposal, link_values, omnileads_port
from issabel_module.commands.init_questions import Questions
from pbxlink.asterisk import sip_options
from pbxlink.console import report
from pbxlink.console.commands import DONE
from pbxlink.console.output import Output
from pbxlink.link import link_file, rules
from pbxlink.link.charset import plain_name
from pbxlink.link.model import Link, Registers, Signalling, Technology, Topology
from pbxlink.link.new_secret import new_secret
from pbxlink.messages.errors import InvalidInput, LinkError
from pbxlink.messages.findings import error

if TYPE_CHECKING:
    from issabel_module.checks.discovery import FoundTrunk
    from issabel_module.checks.existing import Existing


@dataclass(frozen=True)
class Probe:
    """The driver of the PBX's Asterisk to use, and its port; None where they are not known."""

    technology: Technology | None
    sip_port: int | None


_Probing = Callable[[Technology, Signalling], Probe]


def run(
    options: argparse.Namespace,
    output: Output,
    probe: _Probing,
    existing: Callable[[Link], Sequence[FoundTrunk]],
    there: Callable[[str], Existing],
) -> int:
    """Writes the link file and prints the next step. Raises InvalidInput where a value is missing or not allowed.

    `probe` asks the PBX for its driver and port, `existing` for what hands made towards the link's OML, `there` for
    what it has that a link of that name may not take.
    """
    if options.code is not None:
        return init_from_code.run(options, output)
    if options.link.exists() and not options.force:
        free, _ = link_files.free_names(options.link.with_name("-"))
        raise InvalidInput(error("init.exists", path=options.link, free=free))
    asked = Questions(output)
    if options.values is None:
        wanted = Technology(options.technology), Signalling(options.signalling)
        sections = _sections(options, _probed(*wanted, output, probe), asked)
    else:
        sections = _given(options, output, probe)
    _name(sections, options)
    if options.values is None and asked.asks and not options.from_existing:
        _propose(sections, options, asked, output, there)
    link = link_file.from_mapping(sections)
    if options.from_existing:
        link = discover.proposed(link, existing(link), output)
    link_file.write(options.link, link)
    output.say("init.done", path=options.link)
    if options.from_existing:
        output.say("discover.next")
    tell_not_yet(link, output)
    output.document(
        findings=rules.not_yet(link), secrets=link.secrets, path=str(options.link),
        technology=link.pbx.technology.value,
    )  # fmt: skip
    return DONE


def _name(sections: dict[str, Any], options: argparse.Namespace) -> None:
    """Names the link and its trunk where nothing said how, so that they are free beside the PBX's other links."""
    name, trunk = link_files.free_names(options.link, sections["link"].get("name") or options.name)
    sections["link"]["name"] = name
    sections["pbx"].setdefault("trunk", trunk)
    _fitting_names(sections)


def _fitting_names(sections: dict[str, Any]) -> None:
    """A pjsip trunk of the PBX registers under its own name, which OML's trunk must have, too."""
    registers = sections["link"].get("registers") == Registers.PBX.value
    if registers and sections["pbx"].get("technology") == Technology.PJSIP.value:
        sections.setdefault("omnileads", {}).setdefault("trunk", sections["pbx"]["trunk"])


def _propose(
    sections: dict[str, Any],
    options: argparse.Namespace,
    asked: Questions,
    output: Output,
    there: Callable[[str], Existing],
) -> None:
    """What makes calls possible both ways, as `join` proposes it, for the person to agree to: extensions under free
    numbers, a route to OML's agents, and one of OML to the PBX's numbers."""
    name = sections["link"]["name"]
    found = _there(name, output, there)
    if found and not options.did:
        _free_numbers(sections["extensions"], found, output)
    if not options.pbx_route:
        ((route, usual),) = link_proposal.agents_route(name, found.routes if found else ()).items()
        patterns = asked.patterns("init.agents_route", usual["patterns"])
        sections["pbx_routes"] = {route: {"patterns": patterns}} if patterns else {}
    if not options.omnileads_route:
        patterns = asked.patterns("init.oml_route", link_proposal.internal_patterns(found.internal if found else ()))
        sections["omnileads_routes"] = {link_proposal.INTERNAL_ROUTE: {"patterns": patterns}} if patterns else {}


def _free_numbers(extensions: dict[str, Any], found: Existing, output: Output) -> None:
    for did, extension in extensions.items():
        number = extension["number"] if isinstance(extension, dict) else ""
        given = link_proposal.free_number(number, found.numbers)
        if given != number:
            extension["number"] = given
            output.say("init.number_taken", number=number, did=did, given=given)


def _there(name: str, output: Output, there: Callable[[str], Existing]) -> Existing | None:
    try:
        return there(name)
    except LinkError:
        output.progress("init.not_read")
        return None


def tell_not_yet(link: Link, output: Output) -> None:
    """Says what nobody can do over the link yet."""
    output.lines(report.finding_lines(list(rules.not_yet(link)), output.language))


def _given(options: argparse.Namespace, output: Output, probe: _Probing) -> dict[str, Any]:
    """The sections of `--values` over those of the existing link file. Its secret stays unless --new-secret is
    given."""
    before = link_values.existing(options.link)
    sections = link_values.merged(link_values.read(options.values), before)
    link_values.follow_topology(sections, before)
    sections.setdefault("link", {})
    pbx = sections.setdefault("pbx", {})
    if options.host:
        pbx["host"] = options.host
    wanted = str(pbx.get("technology", Technology.AUTO.value))
    if "sip_port" not in pbx or wanted == Technology.AUTO.value:
        found = _probed(_technology(wanted), _signalling(sections), output, probe)
        pbx.setdefault("sip_port", str(found.sip_port or 5060))
        if wanted == Technology.AUTO.value and found.technology:
            pbx["technology"] = found.technology.value
    if options.new_secret or "secret" not in sections.get("credentials", {}):
        sections["credentials"] = {"secret": new_secret()}
    return sections


def _technology(wanted: str) -> Technology:
    """An invalid technology counts as AUTO here; the link file's own checks refuse it later."""
    return Technology(wanted) if wanted in {each.value for each in Technology} else Technology.AUTO


def _signalling(sections: dict[str, Any]) -> Signalling:
    """The same of what SIP travels by."""
    wanted = sections["link"].get("signalling")
    return next((each for each in Signalling if each.value == wanted), Signalling.UDP)


def _probed(technology: Technology, signalling: Signalling, output: Output, probe: _Probing) -> Probe:
    try:
        return probe(technology, signalling)
    except LinkError:
        # The link file may be written on any host; `check` on the PBX finds what is missing.
        output.progress("init.not_probed")
        return Probe(None, None)


def _sections(options: argparse.Namespace, found: Probe, asked: Questions) -> dict[str, Any]:
    topology = options.topology or asked.choose("init.topology", "--topology", [each.value for each in Topology])
    is_docker = topology == Topology.DOCKER.value
    oml = options.omnileads_address or ("" if is_docker else asked.host("init.omnileads", "--omnileads-address", ""))
    guess = "" if options.host or not oml else sip_options.own_address(oml)
    pbx = options.pbx_address or asked.host("init.pbx", "--pbx-address", guess)
    technology = options.technology
    if technology == Technology.AUTO.value and found.technology:
        technology = found.technology.value
    port = options.pbx_port or str(found.sip_port or 5060)
    dids = options.did or asked.optional("init.dids")
    oml_port, transport = options.omnileads_port, options.transport
    if not oml_port and options.signalling == Signalling.UDP.value:
        found_port, usual = omnileads_port.find(oml or pbx, Topology(topology), may_ask=not options.host)
        oml_port, transport = str(found_port), transport or usual
    return {
        "link": {
            "topology": topology,
            "registers": options.registers,
            "signalling": options.signalling,
            "media": options.media,
        },
        "pbx": {"address": pbx, "sip_port": port, "technology": technology, "host": options.host},
        "omnileads": {"address": oml, "sip_port": oml_port, "transport": transport},
        "credentials": {"secret": new_secret()},
        "caller_id": {"mode": options.caller_id},
        "extensions": {"from_directory": _yes_no(options.from_directory), **_extensions(dids)},
        "agents": {"list": list(options.agent), "from_directory": _yes_no(options.from_directory)},
        "pbx_routes": _routes(options.pbx_route),
        "omnileads_routes": _routes(options.omnileads_route),
    }


def _extensions(dids: list[str]) -> dict[str, Any]:
    named = ((did, name or plain_name(f"OML {did}")) for did, _, name in (each.partition("=") for each in dids))
    return {did: {"number": did.lstrip("+"), "send": did, "name": name} for did, name in named}


def _routes(routes: list[str]) -> dict[str, Any]:
    pairs = (route.partition("=") for route in routes)
    return {name: {"patterns": patterns.split(",")} for name, _, patterns in pairs}


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
