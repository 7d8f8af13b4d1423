"""How both APIs answer: JSON, refusals as findings in the request's language, and not too often."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db import Error, connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation

from oml_plugin.api import rate_limit
from oml_plugin.storage.database_errors import DatabaseBusy, briefly, is_lock_held
from pbxlink.messages.catalogue import DEFAULT_LANGUAGE, LANGUAGES
from pbxlink.messages.errors import InvalidInput, SideUnavailable
from pbxlink.messages.findings import Finding, error

_FAILURES = "failures"
_BUSY_SECONDS = 5
Content = Mapping[str, Any]
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,200})", re.IGNORECASE)


def bearer(request: HttpRequest) -> str:
    """The token that the request bears; empty where there is none."""
    found = _BEARER.fullmatch(request.META.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else ""


def refused_form(request: HttpRequest, largest: int) -> HttpResponse | None:
    """405 where it is no POST, 413 where its body is larger than so many bytes. Else the body is read, before any other
    refusal: a web server that closes with it unread may cut its own answer."""
    if request.method != "POST":
        return refusal(405, error("pair.method"), {"Allow": "POST"})
    if int(request.META.get("CONTENT_LENGTH") or 0) > largest:
        return refusal(413, error("pair.size", limit=largest))
    len(request.body)
    return None


def content_of(request: HttpRequest) -> Content:
    """The JSON object that was sent. Raises InvalidInput where it is none."""
    try:
        found = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput(error("pair.form", what="JSON"))
    return found


def text_of(content: Content, name: str, form: re.Pattern[str]) -> str:
    """One text of it. Raises InvalidInput where it is missing or not of the form."""
    value = content.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise InvalidInput(error("pair.form", what=name))
    return value


def language() -> str:
    """The language of the request, one of the catalogue's."""
    asked = (translation.get_language() or "")[:2]
    return asked if asked in LANGUAGES else DEFAULT_LANGUAGE


def json_answer(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> HttpResponse:
    """The content as JSON."""
    return JsonResponse(content, status=status, headers=headers or {}, json_dumps_params={"ensure_ascii": False})


def refusal(status: int, finding: Finding, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """{"findings": [...]}"""
    return json_answer(status, {"findings": [finding.document(language())]}, headers)


def limited(who: str, most: int) -> HttpResponse | None:
    """429 with Retry-After (seconds) where `who` asked more than `most` times in this minute."""
    seconds = rate_limit.seconds_to_wait(who, most)
    if not seconds:
        return None
    return refusal(429, error("api.rate", most=most, seconds=seconds), {"Retry-After": str(seconds)})


def unauthorised(finding: Finding) -> HttpResponse:
    """401; after too many of them in a minute 429."""
    return limited(_FAILURES, rate_limit.FAILURES_A_MINUTE) or refusal(
        401, finding, {"WWW-Authenticate": 'Bearer realm="pbx_link"'}
    )


def guarded(answer: Callable[[], HttpResponse], model: type[Model], what: str) -> HttpResponse:
    """The answer, never to be cached; 503 where the database refuses, or somebody holds a lock that is needed."""
    try:
        with briefly():
            found = answer()
    except Error as problem:
        if is_lock_held(problem):
            return _busy()
        found = refusal(503, _database_finding(problem, model, what))
    except DatabaseBusy:
        return _busy()
    except SideUnavailable as problem:
        found = refusal(503, problem.findings[0])
    found["Cache-Control"] = "no-store"
    return found


def _busy() -> HttpResponse:
    found = refusal(503, error("oml.database_busy"), {"Retry-After": str(_BUSY_SECONDS)})
    found["Cache-Control"] = "no-store"
    return found


def _database_finding(problem: Error, model: type[Model], what: str) -> Finding:
    """The error by its type only: the message of a database may quote a row."""
    try:
        is_migrated = model._meta.db_table in connection.introspection.table_names()
    except Error:
        is_migrated = True
    named = error("oml.database", type=type(problem).__name__, text=what)
    return named if is_migrated else error("oml.not_migrated")
