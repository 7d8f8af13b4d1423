"""`adopt --discover` and `init --from-existing`: a link that describes what hands made towards an OML.

The link takes over what is there, the secret included; an apply after it changes only how the extensions dial.
"""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pbxlink.console import report
from pbxlink.console.commands import DONE, Commands
from pbxlink.console.output import Output
from pbxlink.link import charset, link_file, numbering
from pbxlink.link.link_sections import mapping_of
from pbxlink.link.model import (
    Audio,
    CallerId,
    Credentials,
    CustomExtension,
    DialPattern,
    Link,
    Media,
    PbxRoute,
    Registers,
    Signalling,
    Technology,
)
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import Finding, error, info, warning
from pbxlink.messages.masking import shown

if TYPE_CHECKING:
    from issabel_module.checks.discovery import FoundExtension, FoundTrunk


def proposed(link: Link, found: Sequence[FoundTrunk], output: Output) -> Link:
    """The link with what was found in the place of its own, shown with what differs most first.

    Raises Refused where nothing or more than one trunk was found, or one whose name no link can have; InvalidInput
    where the link would contradict itself.
    """
    trunk = _the_one(link, found)
    told: list[Finding] = []
    described = link_file.from_mapping(mapping_of(_described(link, trunk, told)))
    output.lines(report.finding_lines([*_differences(link, described, trunk), *told], output.language))
    return described


def adopt(options: Namespace, run: Commands, find: Callable[[Link], Sequence[FoundTrunk]]) -> int:
    """Proposes the link file that describes what is there, writes it where the user agrees, and adopts all of it."""
    link = run.link()
    described = proposed(link, find(link), run.output)
    if described != link:
        if not (options.yes or run.output.agreed("discover.question")):
            return DONE
        link_file.write(options.link, described)
    return run.run("adopt")


def _the_one(link: Link, found: Sequence[FoundTrunk]) -> FoundTrunk:
    where = {"host": link.omnileads.address, "port": link.omnileads.sip_port}
    named = [each for each in found if each.name == link.pbx.trunk] or [each for each in found if not each.disabled]
    if not named:
        raise Refused(error("discover.nothing", **where))
    if len(named) > 1:
        raise Refused(error("discover.several", **where, names=tuple(shown(each.name) for each in named)))
    if not charset.PBX_TRUNK.fullmatch(named[0].name):
        raise Refused(error("discover.name", name=shown(named[0].name)))
    return named[0]


def _described(link: Link, trunk: FoundTrunk, told: list[Finding]) -> Link:
    lines = trunk.settings
    user = lines.get("defaultuser") or lines.get("username") or lines.get("fromuser") or ""
    is_user = trunk.technology is Technology.SIP and charset.OML_TRUNK.fullmatch(user)
    keeps = not (lines.get("fromuser") or lines.get("from_user"))
    if link.registers is Registers.PBX:
        # Its calls name OML's trunk, and the caller's number is in a header of its own.
        keeps = keeps or lines.get("sendrpid", "no") != "no"
    port = int(trunk.port) if trunk.port.isdigit() and 1 <= int(trunk.port) <= 65535 else link.omnileads.sip_port
    context = lines.get("context", "")
    return replace(
        link,
        pbx=replace(
            link.pbx,
            trunk=trunk.name,
            technology=trunk.technology,
            context=context if charset.CONTEXT.fullmatch(context) else link.pbx.context,
        ),
        omnileads=replace(link.omnileads, sip_port=port, trunk=user if is_user else link.omnileads.trunk),
        credentials=_credentials(link, lines.get("secret", ""), lines.get("remotesecret", ""), told),
        caller_id=CallerId.KEEP if keeps else CallerId.TRUNK,
        audio=_audio(link.audio, lines.get("allow") or lines.get("codecs") or ""),
        extensions=(*link.extensions, *_extensions(link, trunk.extensions, told)),
        pbx_routes=(*link.pbx_routes, *_routes(link, trunk, told)),
        signalling=_signalling(lines.get("transport", "")),
        media=Media.SRTP if lines.get("encryption") == "yes" or lines.get("media_encryption") == "sdes" else Media.RTP,
    )


def _signalling(transport: str) -> Signalling:
    """chan_sip uses the first of several (`tls,udp`); a pjsip transport's name ends in its protocol."""
    protocol = transport.partition(",")[0].strip().rpartition("-")[2].lower()
    return next((each for each in Signalling if each.value == protocol), Signalling.UDP)


def _audio(audio: Audio, allowed: str) -> Audio:
    codecs = tuple(dict.fromkeys(re.split("[&,]", allowed)))
    return replace(audio, pbx=codecs) if all(charset.CODEC.fullmatch(each) for each in codecs) else audio


def _credentials(link: Link, secret: str, back: str, told: list[Finding]) -> Credentials:
    if not charset.SECRET.fullmatch(secret) or (back and not charset.SECRET.fullmatch(back)):
        told.append(warning("discover.weak_secret"))
        return link.credentials
    return Credentials(secret, back if back != secret else "")


def _extensions(link: Link, found: Sequence[FoundExtension], told: list[Finding]) -> Iterator[CustomExtension]:
    known = {each.number for each in link.extensions}
    for each in found:
        if each.number in known:
            continue
        if charset.EXTENSION.fullmatch(each.number) and charset.DIALABLE.fullmatch(each.sent):
            name = each.name if charset.DISPLAY_NAME.fullmatch(each.name) else charset.plain_name(each.name)
            yield CustomExtension(each.number, each.sent, name or each.number)
        else:
            told.append(warning("discover.extension", number=shown(each.number), send=shown(each.sent)))


def _routes(link: Link, trunk: FoundTrunk, told: list[Finding]) -> Iterator[PbxRoute]:
    known = {each.name for each in link.pbx_routes}
    for found in trunk.routes:
        if found.name in known:
            continue
        parsed = [_pattern(*each) for each in found.patterns]
        if any(match == "." for _, _, match in found.patterns):
            told.append(warning("discover.catch_all", name=shown(found.name)))
        elif charset.PBX_ROUTE_NAME.fullmatch(found.name) and parsed and None not in parsed:
            yield PbxRoute(found.name, tuple(each for each in parsed if each), found.intracompany)
        else:
            told.append(warning("discover.route", name=shown(found.name)))


def _pattern(prepend: str, prefix: str, match: str) -> DialPattern | None:
    try:
        return numbering.parse_pattern(str(DialPattern(match, prefix, prepend)))
    except ValueError:
        return None


def _differences(before: Link, after: Link, trunk: FoundTrunk) -> Iterator[Finding]:
    """What the link takes over that it had otherwise; the secret first, which is not shown."""
    yield info("discover.trunk", name=trunk.name, host=shown(trunk.host), port=trunk.port)
    if before.credentials != after.credentials:
        yield warning("discover.secret", name=trunk.name)
    for key, old, new in (
        ("[omnileads] sip_port", before.omnileads.sip_port, after.omnileads.sip_port),
        ("[omnileads] trunk", before.omnileads.trunk, after.omnileads.trunk),
        ("[pbx] trunk", before.pbx.trunk, after.pbx.trunk),
        ("[pbx] technology", before.pbx.technology.value, after.pbx.technology.value),
        ("[pbx] context", before.pbx.context, after.pbx.context),
        ("[audio] pbx", ", ".join(before.audio.pbx), ", ".join(after.audio.pbx)),
        ("[caller_id] mode", before.caller_id.value, after.caller_id.value),
        ("[link] signalling", before.signalling.value, after.signalling.value),
        ("[link] media", before.media.value, after.media.value),
    ):
        if old != new:
            yield info("discover.value", key=key, before=old, after=new)
    for extension in after.extensions[len(before.extensions) :]:
        values = {"number": extension.number, "send": extension.send, "name": extension.name}
        yield info("discover.takes_extension", **values)
    for route in after.pbx_routes[len(before.pbx_routes) :]:
        yield info("discover.takes_route", name=route.name, patterns=tuple(map(str, route.patterns)))
