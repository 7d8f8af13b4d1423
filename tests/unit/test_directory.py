"""OML's directory: what is no directory is refused, and what follows from one for the PBX."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxlink.link import charset, derived_extensions, directory
from pbxlink.link.directory import Directory, InboundRoute
from pbxlink.link.model import Agent, AgentRule, CustomExtension, DidRule
from pbxlink.messages.errors import InvalidInput
from tests.unit import strategies as draw

ALL = draw.example(extensions=(), dids=DidRule(from_directory=True), agents=AgentRule(from_directory=True))
EMPTY: dict[str, Any] = {"format": 1, "inbound_routes": [], "agents": []}


def derived(*agents: Agent, routes: tuple[InboundRoute, ...] = (), **changes: Any) -> tuple[list[Any], list[str]]:
    """The custom extensions and the codes of the findings that follow from a directory."""
    link = draw.example(**{"extensions": (), "dids": ALL.dids, "agents": ALL.agents, **changes})
    extended, findings = derived_extensions.extended(link, Directory(routes, agents))
    return list(extended.extensions), [finding.code for finding in findings]


directories = st.builds(
    Directory,
    st.lists(st.builds(InboundRoute, st.text(max_size=30), st.text(max_size=40)), max_size=4).map(tuple),
    st.lists(st.builds(Agent, st.integers(0), st.text(max_size=10), st.text(max_size=40)), max_size=4).map(tuple),
)


@given(directories)
def test_a_document_reads_as_it_was_written(found: Directory) -> None:
    assert directory.parse(json.dumps(directory.document(found))) == found


def test_the_document_is_of_the_documented_form() -> None:
    found = Directory((InboundRoute("098098", "Ventas"),), (Agent(1, "1006", "Ana"),))
    assert directory.document(found) == {
        "format": 1,
        "inbound_routes": [{"did": "098098", "name": "Ventas"}],
        "agents": [{"id": 1, "sip_extension": "1006", "name": "Ana"}],
    }


@pytest.mark.parametrize(
    "document",
    [
        "", "{", "null", "5", "[]", '"x"', "{}", "\x00", "[" * 100_000,
        json.dumps({**EMPTY, "format": 2}),
        json.dumps({**EMPTY, "agents": None}),
        json.dumps({**EMPTY, "agents": {"a": 1}}),
        json.dumps({**EMPTY, "agents": "abc"}),
        json.dumps({**EMPTY, "agents": [5]}),
        json.dumps({**EMPTY, "agents": [{"id": "1", "sip_extension": "1006", "name": ""}]}),
        json.dumps({**EMPTY, "agents": [{"id": True, "sip_extension": "1006", "name": ""}]}),
        json.dumps({**EMPTY, "agents": [{"id": -1, "sip_extension": "1006", "name": ""}]}),
        json.dumps({**EMPTY, "agents": [{"id": 1.0, "sip_extension": "1006", "name": ""}]}),
        json.dumps({**EMPTY, "agents": [{"id": 1, "sip_extension": "1006", "name": None}]}),
        json.dumps({**EMPTY, "agents": [{"id": 1, "name": ""}]}),
        json.dumps({**EMPTY, "agents": [{"id": 1, "sip_extension": "1" * 256, "name": ""}]}),
        json.dumps({**EMPTY, "inbound_routes": [{"did": 98098, "name": ""}]}),
        json.dumps({**EMPTY, "inbound_routes": [{"did": "1", "name": "x" * 256}]}),
        json.dumps({**EMPTY, "inbound_routes": [{"name": "x"}]}),
        json.dumps({**EMPTY, "inbound_routes": [[]]}),
        json.dumps({**EMPTY, "inbound_routes": [0] * 100_001}),
    ],
)  # fmt: skip
def test_what_is_no_directory_is_refused_in_words(document: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        directory.parse(document)
    (finding,) = caught.value.findings
    assert finding.code == "directory.form"
    assert finding.message("en").isprintable() and len(finding.message("en")) < 150


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x)).map(json.dumps))
def test_any_text_is_a_directory_or_refused(content: str) -> None:
    with pytest.raises(InvalidInput):
        directory.parse(content)


def test_agents_by_the_guides_rule() -> None:
    extensions, findings = derived(Agent(1, "1006", "Ana"), Agent(2, "1007"))
    assert extensions == [
        CustomExtension("10061", "10061", "OML Ana", True),
        CustomExtension("10072", "10072", "OML 2", True),
    ]
    assert findings == []


def test_an_agent_of_any_sip_extension_is_sent_to_by_a_number_that_reaches_it() -> None:
    extensions, findings = derived(Agent(1, "1006"), Agent(1001, "2001"))
    assert [(each.number, each.send) for each in extensions] == [("10061", "10061"), ("20011001", "10001001")]
    assert findings == []


def test_templates() -> None:
    rule = AgentRule((Agent(1, "1006", "Ana"),), False, "7{id}", "{sip}: {name}")
    extensions, _ = derived(
        agents=rule, dids=DidRule(True, "9{did}", "DID {did} {name}"), routes=(InboundRoute("555", "V"),)
    )
    assert extensions == [
        CustomExtension("71", "10061", "1006: Ana", True),
        CustomExtension("9555", "555", "DID 555 V"),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("José Ñandú", "OML José Ñandú"),
        ("O'Brien; DROP TABLE", "OML O Brien DROP TABLE"),
        ('"quoted" [x]', "OML quoted x"),
        ("a\nb\0c", "OML a b c"),
        ("\u202egnirts", "OML gnirts"),
        ("מוקד", "OML"),
        ("{id} {0} %s", "OML id 0 s"),
        ("x" * 255, "OML " + "x" * 46),
    ],
)
def test_names_are_made_plain(name: str, expected: str) -> None:
    extensions, findings = derived(Agent(1, "1006", name), routes=(InboundRoute("555", name),))
    assert [each.name for each in extensions] == [expected, expected] and findings == []


def test_a_name_of_which_nothing_is_left_gives_way_to_the_number() -> None:
    extensions, _ = derived(routes=(InboundRoute("555", "מוקד"),), dids=DidRule(True, name="{name}"))
    assert extensions == [CustomExtension("555", "555", "555")]


@pytest.mark.parametrize(
    ("did", "number", "code"),
    [
        ("098098", "098098", None),
        ("+5411", "5411", None),
        ("*55", "55", None),
        ("1234", "1234", None),
        ("12345", None, "did.taken_for_agent"),
        ("1000600", None, "did.taken_for_agent"),
        ("_X.", None, "did.pattern"),
        ("0[1-9]", None, "did.pattern"),
        ("a|b", None, "did.pattern"),
        ("abc", None, "did.pattern"),
        ("", None, "did.pattern"),
        ("555&SIP/x", None, "did.pattern"),
        ("0" * 30, None, "directory.number"),
        ("+*", None, "directory.number"),
    ],
)
def test_dids(did: str, number: str | None, code: str | None) -> None:
    extensions, findings = derived(routes=(InboundRoute(did, "Ventas"),))
    assert extensions == ([CustomExtension(number, did, "OML Ventas")] if number else [])
    assert findings == ([code] if code else [])


def test_an_explicit_extension_goes_before_a_derived_one() -> None:
    own = CustomExtension("10061", "10072", "Mine")
    extensions, findings = derived(Agent(1, "1006"), Agent(2, "1007"), extensions=(own,))
    assert extensions == [own, CustomExtension("10072", "10072", "OML 2", True)] and findings == []


def test_of_a_number_derived_twice_the_first_stays_and_the_other_is_left_out() -> None:
    extensions, findings = derived(
        Agent(1, "1006"), Agent(2, "1007"), agents=AgentRule(from_directory=True, number="7")
    )
    assert findings == ["directory.left_out"] and [each.send for each in extensions] == ["10061"]
    extensions, findings = derived(
        Agent(1, "1006"), routes=(InboundRoute("71", ""),), agents=AgentRule((), True, "7{id}")
    )
    assert findings == ["directory.left_out"] and [each.send for each in extensions] == ["10061"]
    extensions, findings = derived(routes=(InboundRoute("+5411", ""), InboundRoute("5411", ""), InboundRoute("55", "")))
    assert findings == ["directory.left_out"] and [each.send for each in extensions] == ["+5411", "55"]


def test_what_is_listed_goes_before_the_directory_and_twice_is_an_error() -> None:
    rule = AgentRule((Agent(1, "1006"), Agent(2, "1007")), number="7")
    _, findings = derived(agents=rule)
    assert findings == ["link.extension_twice"]
    rule = AgentRule((Agent(2, "1007"),), True, number="7")
    extensions, findings = derived(Agent(1, "1006"), agents=rule)
    assert findings == ["directory.left_out"] and [each.send for each in extensions] == ["10072"]


@pytest.mark.parametrize(
    ("include", "exclude", "sends"),
    [((), (), ["555", "+56"]), (("+56",), (), ["+56"]), ((), ("555",), ["+56"]), (("555", "+56"), ("+56",), ["555"])],
)
def test_dids_of_the_directory_are_chosen(include: tuple[str, ...], exclude: tuple[str, ...], sends: list[str]) -> None:
    rule = DidRule(True, include=include, exclude=exclude)
    extensions, findings = derived(routes=(InboundRoute("555", ""), InboundRoute("+56", "")), dids=rule)
    assert [each.send for each in extensions] == sends
    assert findings == ([] if len(sends) == 2 else ["directory.excluded"])


def test_agents_of_the_directory_are_chosen_and_those_listed_stay() -> None:
    rule = AgentRule((Agent(1, "1006"),), True, exclude=(1, 2))
    extensions, findings = derived(Agent(2, "1007"), Agent(3, "1008"), agents=rule)
    assert [each.send for each in extensions] == ["10061", "10083"] and findings == ["directory.excluded"]


def test_without_a_directory() -> None:
    rule = AgentRule(listed=(Agent(1, "1006"),))
    link, findings = derived_extensions.extended(draw.example(agents=rule), None)
    assert [each.number for each in link.extensions] == ["098098", "10061"] and findings == []
    for needs in (draw.example(agents=AgentRule(from_directory=True)), draw.example(dids=DidRule(from_directory=True))):
        with pytest.raises(InvalidInput) as caught:
            derived_extensions.extended(needs, None)
        assert [finding.code for finding in caught.value.findings] == ["directory.needed"]


def test_a_directory_from_which_nothing_follows_is_told() -> None:
    link, findings = derived_extensions.extended(
        draw.example(), Directory((InboundRoute("555", ""),), (Agent(1, "1006"),))
    )
    assert link == draw.example() and [finding.code for finding in findings] == ["directory.unused"]


@given(directories)
def test_whatever_oml_says_only_safe_values_come_out(found: Directory) -> None:
    link, findings = derived_extensions.extended(ALL, found)
    for extension in link.extensions:
        assert charset.EXTENSION.fullmatch(extension.number)
        assert charset.DIALABLE.fullmatch(extension.send)
        assert charset.DISPLAY_NAME.fullmatch(extension.name)
    for finding in findings:
        assert finding.message("es").isprintable() and finding.hint("en").isprintable()
        assert len(finding.message("en")) < 300
