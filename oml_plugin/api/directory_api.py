"""The directory API: OML's inbound routes and agents as JSON, for the PBX that has the link's token.

OML's permission middleware checks logged-in users only and leaves others to the view; OML's own API relies on that
(read in 2.6.3). This view accepts nothing but a token. It neither reads nor changes a session.
"""

from __future__ import annotations

import hashlib
import json

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from oml_plugin.api import answers, rate_limit, tokens
from oml_plugin.models import DirectoryToken
from oml_plugin.storage import directory_listing, directory_reports, saved_links
from pbxlink.link import derived_extensions, directory_report
from pbxlink.link import directory as directories
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error


@csrf_exempt  # no cookie is looked at
@transaction.non_atomic_requests  # OML has ATOMIC_REQUESTS: counters must not be held for as long as a listing takes
def directory(request: HttpRequest) -> HttpResponse:
    """GET with `Authorization: Bearer TOKEN`: 200 and the document of `pbxlink.link.directory` with when it was made
    (`generated`), or 304 by its ETag. POST, with the same token, of what the PBX has (`pbxlink.link.directory_report`):
    200 and {}, 400. For both 401, 405, 429 (Retry-After, in seconds) and 503 as {"findings": [...]}."""
    return answers.guarded(lambda: _answer(request), DirectoryToken, tokens.URL_NAME)


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "POST"):
        return answers.refusal(405, error("api.method"), {"Allow": "GET, POST"})
    content = request.body  # read before any refusal: a connection closed with something unread loses the answer
    given = answers.bearer(request)
    link = tokens.link_of(given) if given else None
    if link is None:
        return answers.unauthorised(error("api.token"))
    limited = answers.limited(tokens.counter_of(link), rate_limit.REQUESTS_A_MINUTE)
    if limited is not None:
        return limited
    tokens.note_use(link)
    return _document(request, link) if request.method == "GET" else _noted(content, link)


def _noted(content: bytes, link: str) -> HttpResponse:
    try:
        directory_reports.store(link, directory_report.parse(content))
    except InvalidInput as problem:
        return answers.refusal(400, problem.findings[0])
    return answers.json_answer(200, {})


def _document(request: HttpRequest, name: str) -> HttpResponse:
    """What the link of that name lets through: a branch is not told of the agents and DIDs of another."""
    everything, link = directory_listing.directory(), saved_links.known(name)
    found = directories.document(derived_extensions.let_through(link, everything) if link else everything)
    content = json.dumps(found, ensure_ascii=False, sort_keys=True)
    etag = f'"{hashlib.sha256(content.encode("utf-8")).hexdigest()}"'
    if request.META.get("HTTP_IF_NONE_MATCH", "").removeprefix("W/") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    generated = timezone.now().isoformat(timespec="seconds")
    return answers.json_answer(200, {**found, "generated": generated}, {"ETag": etag})
