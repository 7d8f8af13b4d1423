"""What may stand in a name, number, secret or address, and by property tests what never may."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pbxlink.link import charset
from pbxlink.messages import masking
from tests.unit import strategies as draw

EXPRESSIONS = {
    name: getattr(charset, name)
    for name in (
        "SECRET", "LINK_NAME", "PBX_TRUNK", "OML_TRUNK", "CONTEXT", "TRANSPORT", "EXTENSION", "DIALABLE",
        "DISPLAY_NAME", "PBX_ROUTE_NAME", "OML_ROUTE_NAME", "DIAL_OPTIONS", "CODEC",
    )
}  # fmt: skip
HARMFUL = "\n\r\t\0;&|,'\"[]{}()<>\\/=$`%@!?\u202e\u200f\x7f\x85\u2028١１"
ACCENTED = "ñé"
"""Allowed in a display name and nowhere else."""


@pytest.mark.parametrize("name", EXPRESSIONS)
@given(st.text(min_size=0, max_size=12), st.sampled_from(HARMFUL + ACCENTED), st.text(max_size=12))
@example("12345678", "\n", "")
@example("", "\n", "12345678")
def test_nothing_harmful_passes(name: str, before: str, char: str, after: str) -> None:
    if name != "DISPLAY_NAME" or char not in ACCENTED:
        assert not EXPRESSIONS[name].fullmatch(before + char + after)


@pytest.mark.parametrize("name", EXPRESSIONS)
@given(st.text(st.sampled_from(draw.ALPHANUMERIC + "+*#_-. :" + HARMFUL + ACCENTED), max_size=70))
def test_what_passes_is_of_one_line_and_ascii_but_for_accents(name: str, value: str) -> None:
    if EXPRESSIONS[name].fullmatch(value):
        assert value
        assert set(value) <= set(draw.ALPHANUMERIC + "+*_-. :" + (ACCENTED if name == "DISPLAY_NAME" else ""))


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("SECRET", "1234567", False),
        ("SECRET", "12345678", True),
        ("SECRET", "a" * 64, True),
        ("SECRET", "a" * 65, False),
        ("SECRET", "abc.def-ghi_1", True),
        ("PBX_TRUNK", "omnileads-2", True),
        ("PBX_TRUNK", "2omnileads", False),
        ("PBX_TRUNK", "a" * 41, False),
        ("OML_TRUNK", "issabel-1", False),
        ("OML_TRUNK", "issabel.1", False),
        ("OML_TRUNK", "issabel_1", True),
        ("OML_TRUNK", "1006", False),
        ("LINK_NAME", "../etc", False),
        ("LINK_NAME", "a" * 33, False),
        ("EXTENSION", "0" * 20, True),
        ("EXTENSION", "0" * 21, False),
        ("EXTENSION", "٢", False),
        ("DIALABLE", "+5411", True),
        ("DIALABLE", "54+11", False),
        ("DIALABLE", "+", False),
        ("DIALABLE", "0" * 31, False),
        ("DISPLAY_NAME", "Ventas - Norte: 1", True),
        ("DISPLAY_NAME", "Soporte Técnico Ñ", True),
        ("DISPLAY_NAME", "Ventas × 2", False),
        ("DISPLAY_NAME", "Żak", False),
        ("DISPLAY_NAME", " x", False),
        ("DISPLAY_NAME", "x-", False),
        ("DISPLAY_NAME", "oml_camp1", False),
        ("DISPLAY_NAME", "a" * 50, True),
        ("DISPLAY_NAME", "a" * 51, False),
        ("PBX_ROUTE_NAME", "a" * 40, True),
        ("PBX_ROUTE_NAME", "a" * 41, False),
        ("OML_ROUTE_NAME", "a-b", False),
        ("DIAL_OPTIONS", "Tt", True),
        ("DIAL_OPTIONS", "M(x)", False),
        ("DIAL_OPTIONS", "", False),
    ],
)
def test_limits(name: str, value: str, allowed: bool) -> None:
    assert bool(EXPRESSIONS[name].fullmatch(value)) is allowed


@pytest.mark.parametrize("host", ["10.0.0.1", "127.0.0.1", "pbx", "pbx-1.example.com", "1a.example", "a" * 63])
def test_hosts(host: str) -> None:
    assert charset.is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "", ".", "1", "1.2.3", "1.2.3.256", "1.2.3.4.5", "01.2.3.4", "0.0.0.0", "255.255.255.255", "224.0.0.1", "::1",
        "a..b", "a.", ".a", "-a", "a-", "a_b", "a b", "a\n", "10.0.0.1\n", "ñandú", "10.0.0.1:5060", "a" * 64,
        ".".join(["a" * 60] * 4),
    ],
)  # fmt: skip
def test_no_hosts(host: str) -> None:
    assert not charset.is_host(host)


@given(draw.hosts)
def test_every_drawn_host_is_one(host: str) -> None:
    assert charset.is_host(host)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("José Ñandú", "José Ñandú"),
        ("Jose\u0301", "José"),
        ("Šárka Żak", "Sárka Zak"),
        ("O'Brien", "O Brien"),
        ('Ana "la jefa"', "Ana la jefa"),
        ("Straße", "Straße"),
        ("Łukasz Øster Đoko", "Lukasz Øster Doko"),
        ("Ventas—Norte", "Ventas Norte"),
        ("a;b&c|d,e", "a b c d e"),
        ("x\ny\0z", "x y z"),
        ("\u202egnirts", "gnirts"),
        ("  - : Ana : -  ", "Ana"),
        ("מוקד שירות", ""),
        ("", ""),
        ("a" * 60, "a" * 50),
        ("a" * 49 + " b", "a" * 49),
    ],
)
def test_plain_name(name: str, plain: str) -> None:
    assert charset.plain_name(name) == plain


@given(st.text(), st.integers(1, 50))
def test_a_plain_name_is_a_display_name_or_nothing(value: str, limit: int) -> None:
    plain = charset.plain_name(value, limit)
    assert len(plain) <= limit
    assert plain == "" or charset.DISPLAY_NAME.fullmatch(plain)


@given(draw.names.filter(lambda name: "  " not in name))
def test_a_display_name_stays_as_it_is(name: str) -> None:
    assert charset.plain_name(name) == name


@given(st.text(min_size=1))
def test_a_mask_says_nothing_of_the_secret(secret: str) -> None:
    assert masking.mask(secret) == masking.mask("x")
    assert masking.mask("") == ""


@given(st.one_of(st.text(), st.integers(), st.lists(st.text())))
def test_what_is_shown_is_one_harmless_line(value: object) -> None:
    shown = masking.shown(value)
    assert len(shown) <= 60
    assert all(char.isprintable() for char in shown)
    assert not {unicodedata.bidirectional(char) for char in shown} & {"R", "AL", "RLO", "LRO", "RLE", "LRE", "PDF"}


def test_shown_escapes_and_cuts() -> None:
    assert masking.shown("a\nb\u202ec") == "a\\u000ab\\u202ec"
    assert masking.shown("x" * 61) == "x" * 57 + "..."
    assert masking.shown("x" * 60) == "x" * 60
