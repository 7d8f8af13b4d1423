"""What really leaves for SIP configuration lines, dial strings, wizard text, SQL cells, AMI and one-line codes, when
somebody hostile wrote the link file or the names in OML: looked at where it arrives, not where it is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import event, example, given
from hypothesis import strategies as st

from issabel_module.flavours.issabel import Issabel
from issabel_module.kinds import Numbers
from issabel_module.kinds import route as routes
from issabel_module.kinds.extension import Extension
from issabel_module.kinds.trunk import Trunk
from pbxlink.asterisk.ami_message import packet_of
from pbxlink.link import derived_extensions, directory, link_code, link_file, trunk_settings
from pbxlink.link.directory import Directory, InboundRoute
from pbxlink.link.link_sections import mapping_of
from pbxlink.link.model import Agent, AgentRule, DidRule, Link, Technology
from pbxlink.messages.errors import InvalidInput
from tests.unit import strategies as draw

ISSABEL = Issabel()

WRITTEN_BY_HAND = [
    "a\nb", "a\r\nsecret=x", "x;y", "a&b", "a|b", "a,b", "a'b", 'a"b', "[evil]", "a\0b", "\u202eabc", "\u0645\u0631",
    "x" * 400, "'; DROP TABLE trunks; --", "<script>x</script>", "${SHELL(id)}", "$[1+1]", "../../etc/passwd",
    "1&SIP/evil/1", "9|1XXX\nexten => x", "a\\b", "a`b", "a=b", "#include x", "098098 ", " 098098", "098\u0660",
]  # fmt: skip
DESTINATION = re.compile(r"(?:[a-z0-9-]+,[a-z0-9]+,1)?")
"""Where a call goes, as the GUI stores it."""
_AROUND = st.text("0123456789abc", max_size=4)
HOSTILE = st.one_of(
    st.sampled_from(WRITTEN_BY_HAND),
    st.text(max_size=60),
    st.builds("{}{}{}".format, _AROUND, st.sampled_from("\n\r\0;&|,'\"[]\u202e"), _AROUND),
)
CELL = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ0-9 ._:/@+*#_-]*")
"""One line without quotes, separators, brackets or escapes: harmless in every place that there is."""
PATTERN = re.compile(r"[0-9XZN*#+.\[\]-]*")
CODECS = re.compile(r"[a-z0-9]+([&,][a-z0-9]+)*")


def _places(sections: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in sections.items():
        yield from _places(value, (*path, key)) if isinstance(value, dict) else [(*path, key)]


@st.composite
def hostile_files(data: Any) -> dict[str, Any]:
    """A good link file in which one value, or the name of a route or extension, is hostile."""
    sections: dict[str, Any] = json.loads(json.dumps(mapping_of(data(draw.links()))))
    *folders, last = data(st.sampled_from(list(_places(sections))))
    inside: Any = sections
    for folder in folders:
        inside = inside[folder]
    bad = data(HOSTILE)
    if len(folders) > 1 and data(st.booleans()):
        sections[folders[0]][bad] = sections[folders[0]].pop(folders[1])
    else:
        inside[last] = [bad] if isinstance(inside[last], list) else bad
    return sections


def cells(link: Link) -> Iterator[tuple[str, str]]:
    """Every cell that goes to the PBX's tables and AstDB, and every line of OML's wizard, by the name of its place."""
    settled = link.settled(Technology.SIP) if link.pbx.technology is Technology.AUTO else link
    numbers = Numbers(
        "2", {route.name: str(3 + turn) for turn, route in enumerate(routes.routes_of(settled))}, 1, "*066"
    )
    for kind in (Trunk(ISSABEL), routes.Route(ISSABEL), Extension(ISSABEL.extension_form())):
        for image in kind.wanted(settled, numbers, {}).values():
            for table, rows in image.items():
                for row in rows:
                    named = {"data": row.get("keyword"), "value": row.get("key")}
                    yield from ((f"{table}.{named.get(column) or column}", cell or "") for column, cell in row.items())
    yield from ((f"wizard.{key}", value) for key, value in trunk_settings.wizard_settings(settled))
    for route in settled.omnileads_routes:
        yield "omlroute.name", route.name
        yield "omlroute.dial_options", route.dial_options or ""
        for pattern in route.patterns:
            yield from (("omlroute.pattern", each) for each in (pattern.match, pattern.prefix, pattern.prepend))


def require_harmless(link: Link) -> None:
    for where, cell in cells(link):
        is_pattern = "pattern" in where or "digits" in where
        expression = PATTERN if is_pattern else CODECS if where.endswith((".allow", ".codecs", "/allow")) else CELL
        if where.endswith("dest"):
            expression = DESTINATION
        assert expression.fullmatch(cell), (where, cell)
        packet = packet_of("DBPut", "1", {"Val": cell})
        assert packet.count(b"\r\n") == packet.count(b"\n") == 4 and packet.endswith(b"\r\n\r\n")
    assert trunk_settings.wizard_text(link).count("\n") == len(trunk_settings.wizard_settings(link)) - 1
    assert link_code.encode(link).isascii() and "\n" not in link_code.encode(link)


@given(hostile_files())
@example({**mapping_of(draw.example()), "extensions": {"a": {"number": "098098", "send": "1&SIP/evil", "name": "x"}}})
def test_a_hostile_link_file_is_refused_in_words_or_harmless_where_it_arrives(sections: dict[str, Any]) -> None:
    try:
        link = link_file.from_mapping(sections)
    except InvalidInput as refusal:
        event("refused")
        assert all(finding.message("en").isprintable() for finding in refusal.findings)
    else:
        event("let through")
        require_harmless(link)


@given(draw.links())
def test_every_good_link_is_harmless_where_it_arrives(link: Link) -> None:
    require_harmless(link)


NAMES = st.one_of(HOSTILE, st.text(max_size=200))


@given(
    st.lists(st.builds(InboundRoute, st.one_of(draw.sends, HOSTILE), NAMES), max_size=4),
    st.lists(st.builds(Agent, st.integers(0, 10**9), st.one_of(st.just("1006"), HOSTILE), NAMES), max_size=4),
)
def test_a_hostile_directory_is_left_out_in_words_or_harmless_where_it_arrives(
    inbound: list[InboundRoute], agents: list[Agent]
) -> None:
    link = draw.example(extensions=(), dids=DidRule(from_directory=True), agents=AgentRule(from_directory=True))
    document = json.dumps(directory.document(Directory(tuple(inbound), tuple(agents))))
    try:
        extended, findings = derived_extensions.extended(link, directory.parse(document))
    except InvalidInput:
        event("refused")
        return
    event(f"{len(extended.extensions)} extensions, {len(findings)} findings")
    require_harmless(extended)
    for finding in findings:
        assert finding.message("es").isprintable() and len(finding.message("es")) < 600
