"""Data for the templates: findings and changes in the request's language, in the form of the commands' `--json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.utils.translation import get_language

from oml_plugin.side import OmlSide
from pbxlink.asterisk.trial_call import Reach, Verdict
from pbxlink.console import glance as glances
from pbxlink.console import report
from pbxlink.engine.plan import Key
from pbxlink.messages.catalogue import LANGUAGES, text
from pbxlink.messages.findings import Finding

MOST_CHANGES = 200
_SOURCE_LANGUAGE = "es"
"""Of the templates: what Django shows where it has no translation."""


def language() -> str:
    """The catalogue's language for this request. OML's `pt-br` is `pt`; a language without a catalogue is Spanish."""
    short = (get_language() or _SOURCE_LANGUAGE).split("-")[0].lower()
    return short if short in LANGUAGES else _SOURCE_LANGUAGE


def findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """The findings as documents in a page's words, each once."""
    documents = (report.finding_document(finding, language()) for finding in found)
    return list({json.dumps(each): each for each in documents}.values())


def ended(document: Mapping[str, Any]) -> dict[str, Any]:
    """The changes of a job that ended."""
    found = document.get("changes", [])
    groups = document.get("plan") or [{**each, "first": at, "count": 1} for at, each in enumerate(found)]
    told = [{**each, "changes": _behind(found, each)} for each in groups[:MOST_CHANGES]]
    return {"groups": told, "changes": found, "more": max(0, len(groups) - MOST_CHANGES)}


def conflicts(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What others made under the link's names: as it is typed and in words, and whether it is to be replaced."""
    told = []
    for typed, is_replaced in document.get("conflicts", {}).items():
        kind, _, name = typed.partition("/")
        told.append({"key": typed, "words": Key(kind, name).said(language()), "is_replaced": is_replaced})
    return told


def _behind(found: Sequence[Mapping[str, Any]], group: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The changes of one line, as many as a page shows."""
    first = int(group["first"])
    return found[first : first + min(int(group["count"]), MOST_CHANGES)]


def glance(
    owned: Sequence[Key], findings: Sequence[Finding], verified: Iterable[Mapping[str, str]], at: datetime | None
) -> list[dict[str, str]]:
    """The link's state in a few lines; `verified` is the last `verify`, `at` its time."""
    seen = {}
    for each in verified if at else ():
        with suppress(KeyError, ValueError):
            reach = Reach(each["state"])
            if at and reach is not Reach.NOT_TRIED:
                seen[each["direction"]] = (reach, at.timestamp())
    rows = glances.rows(OmlSide.name, owned, findings, seen, language())
    return [row.document() for row in rows]


def described(side: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What OML says of itself, with labels."""
    return report.described(side, language())


def steps(codes: Iterable[str]) -> list[str]:
    """The steps of a job as messages."""
    return [text(code, language()) for code in codes]


def verdicts(found: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The verdicts of a `verify`, each with its message; those with a state of an older release are left out."""
    told = []
    for each in found:
        with suppress(KeyError, ValueError, TypeError):
            verdict = Verdict(each["direction"], Reach(each["state"]), each["trunk"], each["evidence"])
            told.append({**each, **report.finding_document(verdict.finding(), language())})
    return told
