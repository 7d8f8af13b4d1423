"""The pairing API, for the PBX that was invited: it asks for jobs and looks how far they are; nothing here waits.

Every request is a POST with JSON and `Authorization: Bearer SECRET`, at `<pairing API>/<what>/`:

| what | secret | content | answer |
|---|---|---|---|
| `redeem` | of the invitation | `session`: a new secret | `peer`: the PBX's address as seen here; `directory`: path |
| `start` | of the session | `job`: 32 hexadecimal digits, `action`, `language`, `code`, `mark` | {} |
| `job` | of the session | `job` | `running`, `code` (exit code or null), `steps`, `document` |
| `state` | of the session | | `stage`, `link` |
| `finish` | of the session | `token`: for the directory, chosen by the PBX | {} |
| `undone` | of the session | | {} |

Refusals are {"findings": [...]}: 400 form, 401 no such secret, 403 used or too old, 404 no such job, 405, 409 not now,
413, 429, 503. Each may be asked again where an answer was lost: a job is known by the id that the PBX gave it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from oml_plugin import jobs
from oml_plugin.api import addresses, answers, pairings, rate_limit, tokens
from oml_plugin.models import Pairing
from oml_plugin.storage import free_names
from pbxlink.link import link_code
from pbxlink.messages.catalogue import LANGUAGES
from pbxlink.messages.errors import InvalidInput, LinkError, Refused
from pbxlink.messages.findings import error

_LARGEST = 256 * 1024
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,200}")
_MARK = re.compile(r"[0-9a-f]{32}")
_ENDED = (pairings.LINKED, pairings.UNDONE)
Content = answers.Content


@csrf_exempt  # no cookie is looked at
@transaction.non_atomic_requests  # a job must find what was noted before it was started
def pair(request: HttpRequest, what: str) -> HttpResponse:
    """See the module's docstring."""
    return answers.guarded(lambda: _answer(request, what), Pairing, pairings.URL_NAME)


def _answer(request: HttpRequest, what: str) -> HttpResponse:
    refused = answers.refused_form(request, _LARGEST)
    if refused is not None:
        return refused
    secret = answers.bearer(request)
    if not secret:
        return answers.unauthorised(error("pair.unknown"))
    try:
        content = answers.content_of(request)
        return _redeem(request, secret, content) if what == pairings.FIRST else _asked(what, secret, content)
    except Refused as problem:
        return answers.refusal(403, problem.findings[0])
    except InvalidInput as problem:
        return answers.refusal(400, problem.findings[0])
    except LinkError as problem:
        return answers.refusal(503, problem.findings[0])


def _redeem(request: HttpRequest, token: str, content: Content) -> HttpResponse:
    session = answers.text_of(content, "session", _SECRET)
    peer = str(request.META.get("REMOTE_ADDR", ""))
    found = pairings.redeem(token, session, peer)
    if found is None:
        return answers.unauthorised(error("pair.unknown"))
    return answers.json_answer(200, {"peer": peer, "directory": addresses.path_of(tokens.URL_NAME)})


def _asked(what: str, secret: str, content: Content) -> HttpResponse:
    found = pairings.of_session(secret)
    if found is None:
        return answers.unauthorised(error("pair.unknown"))
    answer = _ANSWERS.get(what)
    if answer is None:
        return answers.refusal(404, error("pair.form", what="URL"))
    return answers.limited(f"pair:{found.pk}", rate_limit.POLLS_A_MINUTE) or answer(found, content)


def _start(pairing: Pairing, content: Content) -> HttpResponse:
    job = answers.text_of(content, "job", jobs.ID)
    action = str(content.get("action"))
    if action not in _ACTIONS:
        raise InvalidInput(error("pair.form", what="action"))
    language = content.get("language") if content.get("language") in LANGUAGES else answers.language()
    if action == "plan":
        _note_code(pairing, content)
    elif action != "facts" and not pairing.code:
        return answers.refusal(409, error("pair.not_now", stage=pairing.stage))
    if action in {"apply", "remove"}:
        tokens.revoke(pairing.link)
        pairings.reached(pairing, pairings.APPLYING)
    code = "" if action == "facts" else pairing.code
    more = [*_ACTIONS[action], *([f"--expect={answers.text_of(content, 'mark', _MARK)}"] if "mark" in content else [])]
    jobs.start(action, pairing.link, _user(pairing), str(language), more, code, job)
    return answers.json_answer(200, {})


_ACTIONS: Mapping[str, list[str]] = {
    "facts": [], "plan": [], "apply": ["--yes"], "verify": [], "diagnose": [], "recover": [], "remove": ["--yes"],
}  # fmt: skip


def _note_code(pairing: Pairing, content: Content) -> None:
    """Stores the link that is to be planned. Raises Refused where another one is under way already."""
    code = answers.text_of(content, "code", re.compile(r"OMLINK1-[A-Za-z0-9_-]+"))
    if pairing.stage != pairings.REDEEMED and code != pairing.code:
        raise Refused(error("pair.not_now", stage=pairing.stage))
    pairing.link = link_code.decode(code).name
    if pairing.stage == pairings.REDEEMED and pairing.link in free_names.link_names():
        raise Refused(error("pair.taken", link=pairing.link))
    pairing.code = code
    Pairing.objects.filter(pk=pairing.pk).update(code=code, link=pairing.link)


def _job(pairing: Pairing, content: Content) -> HttpResponse:
    found = jobs.find(answers.text_of(content, "job", jobs.ID))
    if found is None or found.user != _user(pairing):
        return answers.refusal(404, error("pair.no_job"))
    told = [each.document(answers.language()) for each in found.findings]
    document = {**found.document, "findings": [*found.document.get("findings", []), *told]}
    progress = {"running": found.is_running, "code": found.code, "steps": list(found.steps)}
    return answers.json_answer(200, {**progress, "document": document})


def _user(pairing: Pairing) -> str:
    """Who a job is for; no OML user has such a name."""
    return f"pairing/{pairing.pk}"


def _state(pairing: Pairing, content: Content) -> HttpResponse:
    return answers.json_answer(200, {"stage": pairing.stage, "link": pairing.link})


def _finish(pairing: Pairing, content: Content) -> HttpResponse:
    """The link stands on both sides: the PBX may ask for the directory from now on."""
    token = answers.text_of(content, "token", _SECRET)
    if pairing.stage not in {pairings.APPLYING, pairings.LINKED}:
        return answers.refusal(409, error("pair.not_now", stage=pairing.stage))
    tokens.accept(pairing.link, token)
    pairings.reached(pairing, pairings.LINKED)
    return answers.json_answer(200, {})


def _undone(pairing: Pairing, content: Content) -> HttpResponse:
    """Nothing of the link is left on either side: the session ends, and with it what is known of the link."""
    pairings.reached(pairing, pairings.UNDONE, code="")
    return answers.json_answer(200, {})


_ANSWERS: Mapping[str, Callable[[Pairing, Content], HttpResponse]] = {
    "start": _start, "job": _job, "state": _state, "finish": _finish, "undone": _undone,
}  # fmt: skip
