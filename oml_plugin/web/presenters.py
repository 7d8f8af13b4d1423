"""Data for the templates: findings and changes in the request's language, in the form of the commands' `--json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from django.utils.translation import get_language

from pbxlink.asterisk.trial_call import Reach, Verdict
from pbxlink.console import report
from pbxlink.messages.catalogue import LANGUAGES, text
from pbxlink.messages.findings import Finding

MOST_CHANGES = 200
_SOURCE_LANGUAGE = "es"
"""Of the templates: what Django shows where it has no translation."""


def language() -> str:
    """The catalogue's language for this request. OML's `pt-br` is `pt`; a language without a catalogue is Spanish."""
    short = (get_language() or _SOURCE_LANGUAGE).split("-")[0].lower()
    return short if short in LANGUAGES else _SOURCE_LANGUAGE


def findings(found: Iterable[Finding]) -> list[dict[str, str]]:
    """The findings as documents in a page's words, each once."""
    documents = (report.finding_document(finding, language()) for finding in found)
    return list({json.dumps(each): each for each in documents}.values())


def ended(document: Mapping[str, Any]) -> dict[str, Any]:
    """The changes of a job that ended."""
    found = document.get("changes", [])
    return {"changes": found[:MOST_CHANGES], "more": max(0, len(found) - MOST_CHANGES)}


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
