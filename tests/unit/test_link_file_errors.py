"""What a link file must not say: refused with a message, everything at once, and no secret shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pbxlink.link import link_file
from pbxlink.link.link_sections import mapping_of
from pbxlink.link.model import Link
from pbxlink.messages.catalogue import LANGUAGES
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding
from tests.unit import strategies as draw
from tests.unit.test_link_file import SMALLEST

BASE: dict[str, Any] = {
    "pbx": {"address": "10.0.0.3"},
    "omnileads": {"address": "10.0.0.2"},
    "credentials": {"secret": "abcdefgh12345678"},
}


def refused(content: str) -> list[Finding]:
    with pytest.raises(InvalidInput) as caught:
        link_file.parse(content)
    return list(caught.value.findings)


def refused_mapping(sections: dict[str, Any]) -> list[Finding]:
    with pytest.raises(InvalidInput) as caught:
        link_file.from_mapping(sections)
    return list(caught.value.findings)


def codes(content: str) -> list[str]:
    return [finding.code for finding in refused(content)]


def with_keys(section: str, **keys: Any) -> dict[str, Any]:
    return {**BASE, section: {**BASE.get(section, {}), **keys}}


NO_URLS = [
    "http://oml", "oml", "https://", "https:///x", "https://user@oml", "https://user:pw@oml/", "https://oml:0",
    "https://oml:65536", "https://oml:", "https://oml?a=b", "https://oml/#x", "https://oml/a b", "https://oml/%41",
    "https://10.0.0.300", "https://[::1]/", "https://oml\\x", "HTTPS://oml", "https://oml/\u202e", "https://ñ",
    "https://a..b", "https://oml/" + "x" * 201, ["https://a", "b"], None,
]  # fmt: skip
NO_FINGERPRINTS = [
    "sha256:", "sha1:" + "a" * 40, "a" * 63, "a" * 65, "g" * 64, "sha256:sha256:" + "a" * 64, ["a", "b"], 5, None,
]  # fmt: skip
WRONG = [
    ("link", "name", "Not This", "link_name"),
    ("link", "topology", "moon", "option"),
    ("pbx", "address", "10.0.0.300", "host"),
    ("pbx", "sip_port", "70000", "integer"),
    ("pbx", "sip_port", "0", "integer"),
    ("pbx", "sip_port", "5_060", "integer"),
    ("pbx", "sip_port", True, "integer"),
    ("link", "topology", None, "option"),
    ("pbx", "trunk", None, "pbx_trunk"),
    ("agents", "list", None, "agents"),
    ("pbx", "technology", "iax", "option"),
    ("pbx", "trunk", "1abc", "pbx_trunk"),
    ("pbx", "context", "a b", "context"),
    ("omnileads", "address", "::1", "host_or_empty"),
    ("omnileads", "sip_port", "65536", "port_or_empty"),
    ("omnileads", "transport", "a;b", "transport_or_empty"),
    ("omnileads", "trunk", "a-b", "oml_trunk"),
    ("omnileads", "context", "", "context"),
    ("credentials", "secret", "short", "secret"),
    ("credentials", "return_secret", "with space", "secret_or_empty"),
    *(("directory", "url", value, "url_or_empty") for value in NO_URLS),
    ("directory", "token", "short", "secret_or_empty"),
    ("directory", "token", "with\x01control", "secret_or_empty"),
    *(("directory", "certificate", value, "fingerprint_or_empty") for value in NO_FINGERPRINTS),
    ("audio", "pbx", ["alaw", "alaw"], "codecs"),
    ("audio", "omnileads", "", "codecs"),
    ("audio", "omnileads", ["alaw", 5], "codecs"),
    ("caller_id", "mode", "hide", "option"),
    ("extensions", "from_directory", "perhaps", "boolean"),
    ("extensions", "number_template", "{id}", "template"),
    ("extensions", "name_template", "{did!r}", "template"),
    ("extensions", "name_template", "{did:>9}", "template"),
    ("extensions", "name_template", "{did.x}", "template"),
    ("extensions", "name_template", "{{did}}", "template"),
    ("extensions", "name_template", "{did", "template"),
    ("extensions", "name_template", ["a", "b"], "template"),
    ("extensions", "name_template", "", "template"),
    ("agents", "list", "1006", "agents"),
    ("agents", "list", "1006:1:O'Brien", "agents"),
    ("agents", "list", ["1006:1", {}], "agents"),
    ("agents", "number_template", "{name}", "template"),
    ("agents", "name_template", "{sip};", "template"),
]


@pytest.mark.parametrize(("section", "key", "value", "check"), WRONG)
def test_each_wrong_value_is_named_with_what_is_allowed(section: str, key: str, value: Any, check: str) -> None:
    (finding,) = refused_mapping(with_keys(section, **{key: value}))
    assert finding.code == f"linkfile.{check}"
    for language in LANGUAGES:
        message = finding.message(language)
        assert message.startswith(f"[{section}] {key} = ")
        assert len(message) > len(f"[{section}] {key} = ") + 20


SUBSECTIONS = [
    ("extensions", {"number": "x", "send": "1"}, "extension"),
    ("extensions", {"number": "1", "send": "1,2"}, "dialable"),
    ("extensions", {"number": "1", "send": "1&SIP/other"}, "dialable"),
    ("extensions", {"number": "1", "send": "1", "name": "a;b"}, "display_name"),
    ("extensions", {"number": "1"}, "required"),
    ("pbx_routes", {"patterns": "9,"}, None),
    ("pbx_routes", {"patterns": ""}, "patterns"),
    ("pbx_routes", {"patterns": "ABC"}, "patterns"),
    ("pbx_routes", {"patterns": ["X", "Y"]}, "patterns"),
    ("pbx_routes", {"patterns": "X", "position": "top"}, "option"),
    ("pbx_routes", {"patterns": "X", "intracompany": "maybe"}, "boolean"),
    ("pbx_routes", {}, "required"),
    ("omnileads_routes", {"patterns": "X", "ring_time": "3601"}, "integer_or_empty"),
    ("omnileads_routes", {"patterns": "X", "ring_time": "-1"}, "integer_or_empty"),
    ("omnileads_routes", {"patterns": "X", "dial_options": "TtM(x)"}, "dial_options"),
]


@pytest.mark.parametrize(("section", "keys", "check"), SUBSECTIONS)
def test_subsections(section: str, keys: dict[str, Any], check: str | None) -> None:
    sections = {**BASE, section: {"ab": keys}}
    if check:
        (finding,) = [*refused_mapping(sections)]
        assert finding.code == f"linkfile.{check}" and f"[{section}/ab]" in finding.message("en")
    else:
        link_file.parse(SMALLEST + f"[{section}]\n[[ab]]\npatterns = {keys['patterns']}\n")


def test_all_errors_of_a_file_are_told_at_once() -> None:
    content = SMALLEST.replace("10.0.0.3", "no/host").replace("Abcdefgh", "ä") + (
        "technology = sip\n[link]\nnmae = x\ntopology = sun\n[audio]\npbx = a;b\n"
        "[extensions]\n[[one]]\nnumber = x\n[pbx_routes]\n[[r]]\npaterns = X\n[nonsense]\n"
    )
    found = refused(content)
    assert sorted((f.code, str(f.values.get("section")), str(f.values.get("key"))) for f in found) == [
        ("linkfile.codecs", "audio", "pbx"),
        ("linkfile.extension", "extensions/one", "number"),
        ("linkfile.host", "pbx", "address"),
        ("linkfile.option", "link", "topology"),
        ("linkfile.required", "extensions/one", "send"),
        ("linkfile.required", "pbx_routes/r", "patterns"),
        ("linkfile.secret", "credentials", "secret"),
        ("linkfile.unknown", "-", "nonsense"),
        ("linkfile.unknown", "credentials", "technology"),
        ("linkfile.unknown_near", "link", "nmae"),
        ("linkfile.unknown_near", "pbx_routes/r", "paterns"),
    ]


def test_all_contradictions_are_told_at_once() -> None:
    sections = with_keys("omnileads", address="10.0.0.3")
    sections["audio"] = {"pbx": "alaw", "omnileads": "ulaw"}
    sections["pbx_routes"] = {"ñandú": {"patterns": "X"}}
    sections["extensions"] = {"a": {"number": "1", "send": "1"}, "b": {"number": "1", "send": "2"}}
    assert sorted(finding.code for finding in refused_mapping(sections)) == [
        "link.extension_twice", "link.no_codec", "link.pbx_route_name", "link.same_address",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("section", "wrong", "near"),
    [
        ("pbx", "adress", "address"),
        ("omnileads", "sipport", "sip_port"),
        ("credentials", "return_secrt", "return_secret"),
    ],
)
def test_an_unknown_key_names_the_nearest(section: str, wrong: str, near: str) -> None:
    (finding,) = refused_mapping(with_keys(section, **{wrong: "1"}))
    assert finding.code == "linkfile.unknown_near" and finding.values["nearest"] == near
    assert near in finding.message("es") and near in finding.hint("en")


@pytest.mark.parametrize("name", ["DEFAULT", "__many__", "pbxx", "", "credentialz"])
def test_an_unknown_section_is_an_error_whatever_its_name(name: str) -> None:
    (finding,) = refused_mapping({**BASE, name: {"secret": "hunter2hunter2"}})
    assert finding.code.startswith("linkfile.unknown") and "hunter2" not in finding.message("en")


@pytest.mark.parametrize(
    "line", ["patterns = 9#", "patterns = *72#|X.", "patterns=X# c", "patterns = '8#', 9#", "a = b#c"]
)
def test_a_hash_that_would_cut_a_value_is_refused(line: str) -> None:
    found = refused(SMALLEST + f"[pbx_routes]\n[[ab]]\n{line}\n")
    assert [(f.code, f.values["line"]) for f in found] == [("linkfile.hash", SMALLEST.count("\n") + 3)]


@pytest.mark.parametrize(
    ("line", "match"),
    [("'9#'", "9#"), ('"9#", X', "9#"), ("9X # a=b#c", "9X"), ("'*#'  # it's 9#", "*#"), ('X, "8#" #9#', "X")],
)
def test_a_quoted_hash_and_a_comment_are_not(line: str, match: str) -> None:
    link = link_file.parse(SMALLEST + f"# patterns = 9#\n[pbx_routes]  # x=9#\n[[ab]]\n  # p = 9#\npatterns = {line}\n")
    assert link.pbx_routes[0].patterns[0].match == match


@pytest.mark.parametrize("char", [chr(code) for code in (*range(9), 11, 12, *range(14, 32), 127, 0x85, 0x2028, 0x2029)])
def test_a_control_character_is_refused_and_begins_no_line(char: str) -> None:
    content = SMALLEST + f"[caller_id]{char}mode = trunk\n"
    assert codes(content) == ["linkfile.control"]
    assert refused(content)[0].values["line"] == SMALLEST.count("\n") + 1


def test_a_lone_carriage_return_is_refused() -> None:
    assert codes(SMALLEST + "[caller_id]\rmode = trunk\n") == ["linkfile.control"]


@pytest.mark.parametrize("extra", ["[pbx]\nsip_port = 1\n", "return_secret = abcdefgh\nreturn_secret = ijklmnop\n"])
def test_what_stands_twice_is_refused(extra: str) -> None:
    found = refused(SMALLEST + extra)
    assert [finding.code for finding in found] == ["linkfile.syntax"]
    assert "Duplicate" in found[0].message("en") and "abcdefgh" not in found[0].message("en")


def test_every_line_that_is_no_ini_is_told() -> None:
    found = refused("[pbx\nnonsense\n[[[deep]]]\n" + SMALLEST)
    assert [(f.code, f.values["line"]) for f in found] == [("linkfile.syntax", line) for line in (1, 2, 3)]


@pytest.mark.parametrize("section", ["link", "pbx", "credentials", "extensions", "pbx_routes"])
@pytest.mark.parametrize("value", ["x", 5, [], None, [{}], 1e999])
def test_a_value_where_a_section_belongs(section: str, value: Any) -> None:
    found = refused_mapping({**BASE, section: value})
    assert ("linkfile.section", section) in [(f.code, f.values["section"]) for f in found]


@pytest.mark.parametrize(
    ("section", "key"),
    [("audio", "pbx"), ("link", "name"), ("pbx", "sip_port"), ("agents", "list"), ("pbx", "address")],
)
def test_a_section_where_a_value_belongs(section: str, key: str) -> None:
    found = refused_mapping(with_keys(section, **{key: {"a": "b"}}))
    assert found[0].message("en").startswith(f"[{section}] {key} = [{key}]: allowed")


def test_a_section_where_a_value_of_a_subsection_belongs() -> None:
    (found, *_) = refused_mapping({**BASE, "extensions": {"a": {"number": {}, "send": "1"}}})
    assert (found.code, found.values["section"]) == ("linkfile.extension", "extensions/a")


def test_no_secret_shows_in_an_error() -> None:
    content = SMALLEST.replace("Abcdefgh.12345_6-8", "hunter2 hunter2") + "return_secret = hunter2;x\n"
    found = refused(content)
    assert len(found) == 2
    assert "hunter2" not in json.dumps([f.document(language) for f in found for language in LANGUAGES])
    assert "hunter2" not in str(InvalidInput(*found)) + repr(found)


def test_names_of_sections_are_shown_harmless() -> None:
    for finding in refused_mapping({**BASE, "extensions": {"a\u202e\nb": {"name": "x"}}}):
        assert "\u202e" not in finding.message("en") and "\n" not in finding.message("en")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KNOWN = {section: sorted(keys) for section, keys in mapping_of(draw.example()).items()}


@st.composite
def disturbed(data: Any) -> dict[str, Any]:
    """A valid mapping with some of its values, keys or sections replaced by anything that JSON can say."""
    sections: dict[str, Any] = json.loads(json.dumps(mapping_of(data(draw.links()))))
    for _ in range(data(st.integers(1, 3))):
        section = data(st.sampled_from([*KNOWN, "extra"]))
        if data(st.booleans()) and isinstance(sections.get(section), dict):
            sections[section][data(st.sampled_from(KNOWN.get(section) or ["x"]) | st.text(max_size=8))] = data(
                json_values
            )
        else:
            sections[section] = data(json_values)
    return sections


@given(disturbed())
@example({"pbx": {"address": {"a": {"b": 1}}}, "DEFAULT": {}})
def test_any_mapping_is_a_link_or_refused_in_words(sections: dict[str, Any]) -> None:
    try:
        link = link_file.from_mapping(sections)
    except InvalidInput as refusal:
        assert refusal.findings
        assert all(finding.message("es") and finding.message("en").isprintable() for finding in refusal.findings)
    else:
        assert isinstance(link, Link) and link_file.from_mapping(mapping_of(link)) == link


@given(st.lists(st.sampled_from(SMALLEST.splitlines()) | st.text(max_size=30) | st.from_regex(r"\[{1,3}\w+\]{1,3}")))
def test_any_text_is_a_link_or_refused_in_words(lines: list[str]) -> None:
    try:
        assert isinstance(link_file.parse("\n".join(lines)), Link)
    except InvalidInput as refusal:
        assert refusal.findings
        assert all(finding.message("es") and finding.message("en").isprintable() for finding in refusal.findings)
