"""What web pages say: the labels of the form, no command's words, and each error at its field."""

from __future__ import annotations

import re
import stat
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pbxlink.asterisk.trial_call import Reach
from pbxlink.console import form_fields, glance, last_proof, page_words
from pbxlink.engine.plan import Key
from pbxlink.link import link_file
from pbxlink.messages import catalogue
from pbxlink.messages.catalogue import LANGUAGES
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error, info, warning

SECTIONS = "link|pbx|omnileads|credentials|audio|caller_id|extensions|agents|directory|pbx_routes|dialplan"
VALUES = {"link": {"topology": "lan"}, "credentials": {"secret": "a-secret-of-some-length"}}


def refused(**sections: Any) -> list[Finding]:
    with pytest.raises(InvalidInput) as told:
        link_file.from_mapping({**VALUES, **sections})
    return list(told.value.findings)


@pytest.mark.parametrize("code", sorted(catalogue.codes()))
def test_no_page_names_a_section_or_key_of_the_link_file(code: str) -> None:
    """Values of messages are what somebody typed; only the catalogue's own words are looked at."""
    for language in LANGUAGES:
        for part in ("page", "page_hint"):
            blanks: Any = defaultdict(lambda: "x", section="pbx", key="address")
            parts = catalogue.section(code, language)
            template = parts.get(part, parts.get("hint" if part == "page_hint" else "", ""))
            said = page_words.labelled(template.format_map(blanks), language)
            assert not re.search(rf"\[({SECTIONS})\b", said), said


@pytest.mark.parametrize(
    ("code", "values", "never"),
    [
        ("verify.not_tried", {"direction": "a", "trunk": "b"}, "verify"),
        ("status.nothing", {"link": "x"}, "plan;"),
        ("plan.conflict", {"key": Key("extension", "098098"), "typed": "extension/098098", "differences": "x"}, "/0"),
        ("drift.changed", {"key": Key("extension", "098098"), "cells": "x"}, "extension/"),
        ("linkfile.required", {"section": "pbx", "key": "address"}, "section"),
        ("journal.open", {"path": "/var/lib/x"}, "/var"),
        ("plan.too_large", {"touched": 1, "owned": 1}, "--force"),
        ("sync.never", {"url": "https://x"}, "issabel-omnileads"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_its_own_words(code: str, values: dict[str, Any], never: str, language: str) -> None:
    told = page_words.document(error(code, **values), language)
    assert never not in told["message"] + told["hint"]


def test_an_error_is_at_its_field_and_names_it_elsewhere() -> None:
    (told,) = (page_words.document(each, "en") for each in refused(pbx={"address": "10.0.0.1", "sip_port": "99999"}))
    assert told["field"] == "pbx_port"
    assert told["message"] == "“SIP port of the PBX” = 99999: allowed: a whole number in the range 1-65535"
    assert told["at_field"] == "99999: allowed: a whole number in the range 1-65535"


def test_what_is_empty_is_said_to_be() -> None:
    (told,) = (page_words.document(each, "es") for each in refused(pbx={"address": ""}))
    assert (told["field"], told["at_field"], told["hint"]) == ("pbx_address", "Está vacío", "Complételo")


def test_a_line_of_a_field_is_told_by_its_number() -> None:
    extensions = {"line 2": {"number": "ab", "send": "1"}}
    (told,) = (page_words.document(each, "en") for each in refused(pbx={"address": "10.0.0.1"}, extensions=extensions))
    assert told["field"] == "extensions" and told["at_field"].startswith("Line 2, number = ab")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_has_labels_helps_and_choices(language: str) -> None:
    sections = form_fields.document(list(form_fields.FIELDS), language)
    fields = [field for section in sections for field in section["fields"]]
    assert [field["name"] for field in fields] == list(form_fields.FIELDS)
    assert all(section["title"] for section in sections) and all(field["label"] for field in fields)
    assert all((field["kind"] == "choice") == bool(field["choices"]) for field in fields)


def test_a_resource_is_said_in_words() -> None:
    assert Key("extension", "098098").said("es") == "extensión personalizada 098098"
    assert Key("no-such", "x").said("en") == "no-such/x"


def test_the_state_at_a_glance() -> None:
    seen = {"pbx->oml": (Reach.AUTHENTICATED, time.time() - 300)}
    owned = [Key("extension", "1"), Key("extension", "2"), Key("trunk", "t")]
    findings = [warning("drift.gone", key=owned[0]), info("sync.kept", age="7 min", url="https://x")]
    rows = {row.name: row for row in glance.rows("pbx", owned, findings, seen, "en")}
    assert rows["pbx->oml"].text == "call authenticated (5 min ago)" and rows["pbx->oml"].state == "well"
    assert rows["oml->pbx"].text == "only the other side can try it" and rows["oml->pbx"].state == "unknown"
    assert rows["made"].text == "2 × custom extension, 1 × trunk"
    assert (rows["drift"].text, rows["drift"].state) == ("1 since it was applied", "look")
    assert (rows["directory"].text, rows["directory"].state) == ("7 min old", "well")
    seen = {"pbx->oml": (Reach.FAILED, time.time())}
    now = glance.rows("pbx", owned, [], seen, "en")[0]
    assert now.text.endswith("(just now)") and now.state == "wrong"
    fresh = {row.name: row.text for row in glance.rows("omnileads", [], [], {}, "es")}
    assert fresh["oml->pbx"] == "todavía no se probó" and fresh["made"] == "nada todavía" and "drift" not in fresh


def test_the_last_proof_of_each_direction_is_kept(tmp_path: Path) -> None:
    tried = {"direction": "pbx->oml", "state": "authenticated"}
    last_proof.keep(tmp_path, "pbx", "a", [tried, {"direction": "oml->pbx", "state": "not_tried"}, {}])
    last_proof.keep(tmp_path, "pbx", "a", [{"direction": "oml->pbx", "state": "failed"}])
    found = last_proof.read(tmp_path, "pbx", "a")
    assert {name: reach.value for name, (reach, _) in found.items()} == {
        "pbx->oml": "authenticated",
        "oml->pbx": "failed",
    }
    assert stat.S_IMODE((tmp_path / "proof" / "pbx-a.json").stat().st_mode) == 0o600
    (tmp_path / "proof" / "pbx-a.json").write_text("[1]")
    assert last_proof.read(tmp_path, "pbx", "a") == {} == last_proof.read(tmp_path, "pbx", "b")
