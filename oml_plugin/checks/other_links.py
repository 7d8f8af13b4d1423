"""Where two links of one OML would get in each other's way: their trunks' far ends, their contexts, their name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from configuracion_telefonia_app.models import TroncalSIP

from oml_plugin.checks.situation import Situation
from oml_plugin.kinds import dialplan as dialplan_part
from oml_plugin.kinds import trunk as trunks
from oml_plugin.storage import free_names, saved_links
from pbxlink.asterisk.addresses import addresses
from pbxlink.engine.plan import Key
from pbxlink.engine.resource_term import with_link
from pbxlink.link.model import Link, Registers, Signalling
from pbxlink.messages.findings import Finding, error, info
from pbxlink.messages.masking import shown

_USUAL_PORT = "5060"


def same_name(it: Situation) -> Iterator[Finding]:
    """The link of this name that is in force leads to another PBX: an apply would take that one's trunk away."""
    if it.owned:
        yield from another_pbx(it.link)


def another_pbx(link: Link) -> Iterator[Finding]:
    """An error where the saved link of this name is another PBX's: neither where it is nor a secret is the same. A PBX
    that moves keeps its secrets, and one that gets new secrets stays where it is."""
    before = saved_links.known(link.name)
    if before is None or _far_end(before) == _far_end(link):
        return
    if not set(before.credentials.all) & set(link.credentials.all):
        here, there = (f"{each.pbx.address}:{each.pbx.sip_port}" for each in (before, link))
        yield error("saved.other_pbx", name=link.name, here=here, there=there, free=free_names.link_name(link.name))


def _far_end(link: Link) -> tuple[str, int]:
    return link.pbx.address.lower(), link.pbx.sip_port


def same_peer(it: Situation) -> Iterator[Finding]:
    """A second trunk to the same host and port: calls from there are taken for one of both, and authenticate on none
    but that (measured on Asterisk 16: of three such trunks one was ever matched). By TCP and TLS ours is known by the
    address alone, whatever the other's port is. A PBX that registers is told by its user."""
    if it.link.registers is Registers.PBX:
        return
    wanted, port = addresses(it.link.pbx.address), str(it.link.pbx.sip_port)
    ours, by_address = it.ids(trunks.NAME, trunks.TABLE), it.link.signalling is not Signalling.UDP
    for trunk in TroncalSIP.objects.exclude(pk__in=ours):
        if getattr(trunk, "tecnologia", TroncalSIP.PJSIP) != TroncalSIP.PJSIP:
            continue
        for host, others_port in _remote_hosts(str(trunk.text_config)):
            if (others_port == port or by_address) and addresses(host) & wanted:
                named = with_link(Key(trunks.NAME, str(trunk.nombre)), it.others)
                yield error("oml.same_peer", name=named, host=it.link.pbx.address, port=others_port)


def _remote_hosts(wizard_text: str) -> Iterator[tuple[str, str]]:
    for line in wizard_text.splitlines():
        word, _, value = line.partition("=")
        if word.strip() == "remote_hosts":
            for each in value.split(","):
                host, _, port = each.strip().partition(":")
                yield host, port or _USUAL_PORT


def shared_context(it: Situation) -> Iterator[Finding]:
    """The dialplan part takes every call of its context, those of other links' PBXs too."""
    if not it.link.dialplan.agents:
        return
    without = [name for name in _in_context(it.link.omnileads.context, it.others) if name not in _with_part(it.others)]
    if without:
        yield info("oml.dialplan_shared", context=it.link.omnileads.context, links=tuple(map(shown, without)))


def _in_context(context: str, others: Mapping[Key, str]) -> list[str]:
    """The other links whose trunk leads into the context."""
    named = {key.name: link for key, link in others.items() if key.kind == trunks.NAME}
    line = f"endpoint/context={context}"
    found = TroncalSIP.objects.filter(nombre__in=named, text_config__contains=line).values_list("nombre", "text_config")
    return sorted(named[name] for name, text in found if line in (each.strip() for each in text.splitlines()))


def _with_part(others: Mapping[Key, str]) -> set[str]:
    return {link for key, link in others.items() if key.kind == dialplan_part.NAME}
