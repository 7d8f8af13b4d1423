"""The link code: the same link again, or a refusal; nothing of it is ever evaluated."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pbxlink.link import link_code, pasted_code
from pbxlink.link.link_sections import mapping_of
from pbxlink.link.model import Link, Media, Signalling
from pbxlink.messages.errors import InvalidInput
from tests.unit import strategies as draw

CODE = link_code.encode(draw.example())


OF_THE_FIRST_RELEASE = (
    "OMLINK1-d2b486a50fc08d1e-eNqNUk1v2zAM_SuDzokRZ0sR97rrhl12CFoMBmOxmVCJFCQZS-Hmv49UvCZtMWyGL3r8eI-PnIx39GhuJ0MQ0NwaDu"
    "Q8gs1mYQpH9nx4EtgDmdPCxP1Rc8HahDkL3nbrpr3ZNt2mWX9aSU12sY-cisQ2qxtFCg4_6U8fCSuURiV9RTYwFTxq3UPisHTySgReWS9pf-X-2L3hbs_cC"
    "SjPUCVdXpCLDJcz7NG_F6HjCv-Q0CIVB74qyCiA5twdt-1yLv729UvTSgeJjIn6lxyth9E61spq370BD7_Mj1dzzeDCjDWmpOA9pt5ZLQxsdTmPiFEbikSk"
    "7JiqHpXaW5dwKJzUZGJpRGPYS33BED0UrZ6ssyeNyKavcZH-YVJQg6tuK389iNpA4jMk_iLZ6_d8Mp8hRHAHORCd9SBOVVneZTHgXub8b4GywNP0T5HnO-w"
    "TjwUrEwe_vPBGKHo61dR2t9s1arWcU4KBRSipgCfUk4ucXREXBdhzKRzqBC9buWKQXbxtvTt_0qZ7VhplSY4OfXHVlfVGQlZupudYzqsy34swnH4DiikkjQ"
)
"""The example's code as it was made before links had [directory]."""


def test_a_code_from_before_the_directory_is_read_as_ever_and_made_as_ever() -> None:
    routes = tuple(replace(route, ring_time=25, dial_options="Tt") for route in draw.example().omnileads_routes)
    assert link_code.decode(OF_THE_FIRST_RELEASE) == draw.example(omnileads_routes=routes)
    assert "directory" not in mapping_of(draw.example()), "an earlier release would refuse the section"


def test_a_code_says_signalling_and_media_only_where_they_are_not_the_usual_ones() -> None:
    plain = draw.example()
    assert set(mapping_of(plain)["link"]) == {"name", "topology"}, "an earlier release would refuse more"
    link = replace(plain, signalling=Signalling.TLS, media=Media.SRTP)
    assert link_code.decode(link_code.encode(link)) == link


def sealed(content: bytes) -> str:
    """A code with a right checksum around any content, as somebody who knows the format would make it."""
    body = base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")
    return f"OMLINK1-{hashlib.sha256(body.encode()).hexdigest()[:16]}-{body}"


def refusals(code: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        link_code.decode(code)
    return [finding.code for finding in caught.value.findings]


@given(draw.links())
def test_a_code_gives_the_same_link(link: Link) -> None:
    code = link_code.encode(link)
    assert link_code.decode(code) == link
    assert re.fullmatch(r"[A-Za-z0-9_-]+", code)


@given(draw.links(), st.data())
def test_a_code_survives_being_broken_into_lines(link: Link, data: st.DataObject) -> None:
    code = link_code.encode(link)
    at = data.draw(st.integers(0, len(code)))
    assert link_code.decode(f"  {code[:at]}\r\n\t {code[at:]}\n") == link


@given(st.integers(0, len(CODE) - 1))
def test_a_cut_code_is_refused(length: int) -> None:
    assert refusals(CODE[:length])[0] in {"linkcode.form", "linkcode.checksum"}


@given(st.integers(0, len(CODE) - 1), st.text(max_size=2))
def test_an_altered_code_is_refused(place: int, instead: str) -> None:
    altered = CODE[:place] + instead + CODE[place + 1 :]
    assume(pasted_code.joined(altered) != CODE)
    assert refusals(altered)[0] in {"linkcode.form", "linkcode.checksum"}


@given(st.integers(0, len(CODE)), st.text(min_size=1, max_size=3))
def test_a_code_with_something_added_is_refused(place: int, more: str) -> None:
    altered = CODE[:place] + more + CODE[place:]
    assume(pasted_code.joined(altered) != CODE)
    assert refusals(altered)[0] in {"linkcode.form", "linkcode.checksum"}


@given(st.data())
def test_two_characters_changed_places_are_noticed(data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(CODE) - 2))
    altered = CODE[:first] + CODE[first + 1] + CODE[first] + CODE[first + 2 :]
    assume(altered != CODE)
    assert refusals(altered)


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    assert refusals(text) == ["linkcode.form"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1",
        b"null",
        b'"x"',
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"pbx":' * 50_000,
        b'{"pbx":{"sip_port":' + b"1" * 5000 + b"}}",
        json.dumps(mapping_of(draw.example())).encode() + b" " * (4 * 1024 * 1024),
        json.dumps(mapping_of(draw.example())).encode()[:-1],
    ],
)
def test_a_right_checksum_around_nonsense_is_refused(content: bytes) -> None:
    assert refusals(sealed(content)) == ["linkcode.form"]


def test_a_body_that_is_not_compressed_is_refused() -> None:
    body = "AAAA"
    assert refusals(f"OMLINK1-{hashlib.sha256(body.encode()).hexdigest()[:16]}-{body}") == ["linkcode.form"]
    assert refusals(f"OMLINK1-{hashlib.sha256(b'A').hexdigest()[:16]}-A") == ["linkcode.form"]


def test_deep_nesting_is_refused() -> None:
    assert refusals(sealed(b'{"a":' * 600 + b"1" + b"}" * 600))


@pytest.mark.parametrize(
    "name",
    ["__import__('os').system('touch {path}')", "$(touch {path})", "`touch {path}`", "{{0.__class__}}", "%(secret)s"],
)
def test_nothing_is_evaluated(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evaluated"
    sections: dict[str, Any] = mapping_of(draw.example())
    sections["link"]["name"] = name.format(path=path)
    sections["agents"]["name_template"] = name.format(path=path)
    assert sorted(refusals(sealed(json.dumps(sections).encode()))) == ["linkfile.link_name", "linkfile.template"]
    assert not path.exists()


def test_the_content_is_validated_like_a_file() -> None:
    sections: dict[str, Any] = mapping_of(draw.example())
    sections["pbx"]["trunk"] = "a]\ntype=friend"
    sections["omnileads"]["surprise"] = "x"
    sections["credentials"]["secret"] = "hunter2;hunter2"
    with pytest.raises(InvalidInput) as caught:
        link_code.decode(sealed(json.dumps(sections).encode()))
    assert sorted(f.code for f in caught.value.findings) == [
        "linkfile.pbx_trunk",
        "linkfile.secret",
        "linkfile.unknown",
    ]
    assert "hunter2" not in "".join(f.message("en") for f in caught.value.findings) + str(caught.value)


@given(draw.links())
def test_equal_links_have_equal_codes_and_the_secret_is_not_in_clear(link: Link) -> None:
    code = link_code.encode(link)
    assert code == link_code.encode(link_code.decode(code))
    assert link.credentials.secret not in code
