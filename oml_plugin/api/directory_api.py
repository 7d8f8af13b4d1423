"""The directory API: OML's inbound routes and agents as JSON, for the PBX that has the link's token.

OML's permission middleware checks logged-in users only and leaves others to the view; OML's own API relies on that
(read in 2.6.3). This view accepts nothing but a token. It neither reads nor changes a session.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from django.db import Error, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from oml_plugin.api import rate_limit, tokens
from oml_plugin.models import DirectoryToken
from oml_plugin.storage import directory_listing
from pbxlink.link import directory as directories
from pbxlink.messages.catalogue import DEFAULT_LANGUAGE, LANGUAGES
from pbxlink.messages.findings import Finding, error

_FAILURES = "failures"
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,200})", re.IGNORECASE)


@csrf_exempt  # a POST changes nothing either, and its answer is JSON
@transaction.non_atomic_requests  # OML has ATOMIC_REQUESTS: counters must not be held for as long as a listing takes
def directory(request: HttpRequest) -> HttpResponse:
    """GET with `Authorization: Bearer TOKEN`: 200 and the document of `pbxlink.link.directory` with when it was made
    (`generated`), or 304 by its ETag. 401, 405, 429 (Retry-After, in seconds) and 503 as {"findings": [...]}."""
    try:
        answer = _answer(request)
    except Error as problem:
        answer = _refusal(503, _database_finding(problem))
    answer["Cache-Control"] = "no-store"
    return answer


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method != "GET":
        return _refusal(405, error("api.method"), {"Allow": "GET"})
    given = _BEARER.fullmatch(request.META.get("HTTP_AUTHORIZATION", ""))
    link = tokens.link_of(given[1]) if given else None
    if link is None:
        return _limited(_FAILURES, rate_limit.FAILURES_A_MINUTE) or _refusal(
            401, error("api.token"), {"WWW-Authenticate": 'Bearer realm="pbx_link"'}
        )
    limited = _limited(tokens.counter_of(link), rate_limit.REQUESTS_A_MINUTE)
    if limited is not None:
        return limited
    tokens.note_use(link)
    return _document(request)


def _limited(who: str, most: int) -> HttpResponse | None:
    seconds = rate_limit.seconds_to_wait(who, most)
    return (
        _refusal(429, error("api.rate", most=most, seconds=seconds), {"Retry-After": str(seconds)}) if seconds else None
    )


def _document(request: HttpRequest) -> HttpResponse:
    found = directories.document(directory_listing.directory())
    content = json.dumps(found, ensure_ascii=False, sort_keys=True)
    etag = f'"{hashlib.sha256(content.encode("utf-8")).hexdigest()}"'
    if request.META.get("HTTP_IF_NONE_MATCH", "").removeprefix("W/") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    generated = timezone.now().isoformat(timespec="seconds")
    return _json(200, {**found, "generated": generated}, {"ETag": etag})


def _database_finding(problem: Error) -> Finding:
    """The error by its type only: the message of a database may quote a row."""
    try:
        is_migrated = DirectoryToken._meta.db_table in connection.introspection.table_names()
    except Error:
        is_migrated = True
    named = error("oml.database", type=type(problem).__name__, text=tokens.URL_NAME)
    return named if is_migrated else error("oml.not_migrated")


def _refusal(status: int, finding: Finding, headers: Mapping[str, str] | None = None) -> HttpResponse:
    language = (translation.get_language() or "")[:2]
    told = finding.document(language if language in LANGUAGES else DEFAULT_LANGUAGE)
    return _json(status, {"findings": [told]}, headers or {})


def _json(status: int, content: Mapping[str, Any], headers: Mapping[str, str]) -> HttpResponse:
    return JsonResponse(content, status=status, headers=headers, json_dumps_params={"ensure_ascii": False})
