"""The diagnosis API: the PBX that has the link's token asks OML to run its own `diagnose`, so that one run covers both.

POST with JSON {"job": 32 hexadecimal digits, "number": digits or empty, "language"}. The first request with a job's id
starts it; each one answers {"running", "document"}, the document as of `diagnose --json`. It places test calls, and
nothing is written. 400, 401, 404, 405, 413, 429 and 503 as {"findings": [...]}.
"""

from __future__ import annotations

import re

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from oml_plugin import jobs
from oml_plugin.api import answers, rate_limit, tokens
from oml_plugin.models import DirectoryToken
from pbxlink.messages.catalogue import LANGUAGES
from pbxlink.messages.errors import InvalidInput, LinkError
from pbxlink.messages.findings import error

URL_NAME = "pbx_link_diagnosis"
_LARGEST = 4096
_LISTEN_SECONDS = 5
"""How long the test call of the PBX that asks is waited for; it is placed as soon as OML's own arrives there."""
_NUMBER = re.compile(r"[0-9*#+]{0,40}")


@csrf_exempt  # no cookie is looked at
@transaction.non_atomic_requests  # a job must find what was noted before it was started
def diagnosis(request: HttpRequest) -> HttpResponse:
    """See the module's docstring."""
    return answers.guarded(lambda: _answer(request), DirectoryToken, URL_NAME)


def _answer(request: HttpRequest) -> HttpResponse:
    refused = answers.refused_form(request, _LARGEST)
    if refused is not None:
        return refused
    given = answers.bearer(request)
    link = tokens.link_of(given) if given else None
    if link is None:
        return answers.unauthorised(error("api.token"))
    try:
        limited = answers.limited(f"diagnosis:{link}", rate_limit.POLLS_A_MINUTE)
        return limited or _looked_at(link, answers.content_of(request))
    except InvalidInput as problem:
        return answers.refusal(400, problem.findings[0])
    except LinkError as problem:
        return answers.refusal(503, problem.findings[0])


def _looked_at(link: str, content: answers.Content) -> HttpResponse:
    job, user = answers.text_of(content, "job", jobs.ID), f"token/{link}"
    number = answers.text_of(content, "number", _NUMBER)
    if jobs.find(job) is None:
        asked = str(content.get("language"))
        jobs.start("diagnose", link, user, asked if asked in LANGUAGES else answers.language(),
                   [f"--listen={_LISTEN_SECONDS}", *([f"--call={number}"] if number else [])], job=job)  # fmt: skip
    found = jobs.find(job)
    if found is None or found.user != user:
        return answers.refusal(404, error("pair.no_job"))
    return answers.json_answer(200, {"running": found.is_running, "document": dict(found.document)})
