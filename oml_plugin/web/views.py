"""Overview, plan, and the jobs that change something. Who may open which is in `oml_plugin.permissions`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from oml_plugin import jobs
from oml_plugin.storage import saved_links, state_folder
from oml_plugin.web import listing, presenters, status
from oml_plugin.web.page_view import PageView
from pbxlink.console.commands import DONE, FINDINGS
from pbxlink.engine.plan import Key
from pbxlink.link.model import Link
from pbxlink.messages.errors import LinkError

_MOST_LISTED = 200
_NUMBER = re.compile(r"[0-9*#+]{1,40}")
_PLAN_SECONDS = 1
_ASKING_SECONDS = 2
"""After which a page that waits loads itself again."""


class Overview(PageView):
    """The state of a link; where there are several and none is named, their list."""

    def get(self, request: HttpRequest, name: str = "") -> HttpResponse:
        """The page."""
        try:
            names = saved_links.names()
            if not name and len(names) != 1:
                wrong = [*state_folder.problems(state_folder.state_dir())]
                return self.page("links.html", wrong, links=listing.listed(names))
            return self._one(saved_links.read(name or names[0]), names)
        except LinkError as problem:
            return self.page("findings.html", problem.findings, name=name)

    def _one(self, found: saved_links.Saved, names: Sequence[str]) -> HttpResponse:
        state = status.of(found.link)
        listed = state.reachable[:_MOST_LISTED]
        return self.page(
            "overview.html", state.findings, state.seen, saved=found, link=found.link, status=state, names=names,
            listed=listed,
            verdicts=presenters.verdicts(found.verified), unlisted=len(state.reachable) - len(listed),
            directory_findings=presenters.findings(state.directory_findings), base_url=self._base_url(),
            glance=presenters.glance(state.owned, state.findings, found.verified, found.verified_at),
            described=presenters.described(state.described),
            refresh=_ASKING_SECONDS if state.looking and state.looking.is_waited_for else None,
        )  # fmt: skip

    def _base_url(self) -> str:
        """The address of this OML proposed for the PBX: that of the request. The directory is served by HTTPS only."""
        return f"https://{self.request.get_host()}"


class PlanView(PageView):
    """What an apply would do now, worked out by a job: it asks Asterisk, Redis, the PBX and the DNS. `replace` and
    `force` in the query are the options of `apply`; `job` is the job with the plan."""

    removing = False

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The plan; while it is worked out, its steps."""
        try:
            link = saved_links.read(name).link
            job = jobs.find(request.GET.get("job", ""))
            if job is None or not self._is_mine(job, name):
                return self._begun(link)
        except LinkError as problem:
            return self.page("findings.html", problem.findings, name=name)
        return self._waiting(job, name) if job.code is None else self._planned(link, job)

    def _is_mine(self, job: jobs.Job, name: str) -> bool:
        return (job.action, job.link, "--removing" in job.options) == ("plan", name, self.removing)

    def _begun(self, link: Link) -> HttpResponse:
        """Has it worked out, and goes to where it will be shown."""
        replaced, force = _consent(self.request.GET)
        options = [*(f"--replace={key}" for key in sorted(replaced)), *(["--force"] if force else [])]
        options += ["--removing"] if self.removing else []
        user = self.request.user.get_username()
        job = jobs.under_way("plan", link.name, user, options) or jobs.start(
            "plan", link.name, user, presenters.language(), options
        )
        query = [*(("replace", str(key)) for key in sorted(replaced)), *([("force", "yes")] if force else [])]
        return HttpResponseRedirect(f"{self.request.path}?{urlencode([('job', job), *query])}")

    def _waiting(self, job: jobs.Job, name: str) -> HttpResponse:
        refresh = _PLAN_SECONDS if job.is_waited_for else None
        return self.page("wait.html", job.findings, name=name, steps=presenters.steps(job.steps), refresh=refresh)

    def _planned(self, link: Link, job: jobs.Job) -> HttpResponse:
        document, told = job.document, job.document.get("findings", [])
        replaced = [key for key, is_replaced in document.get("conflicts", {}).items() if is_replaced]
        force, has_work = "--force" in job.options, bool(document.get("has_work"))
        stopped = job.code not in (DONE, FINDINGS)
        return self.page(
            "remove.html" if self.removing else "plan.html", told=told, link=link, replaced=replaced, force=force,
            mark=document.get("mark", ""), can_apply=has_work and not stopped,
            is_empty=not (has_work or stopped), conflicts=presenters.conflicts(document),
            is_large=force or any(each["code"] == "plan.too_large" for each in told),
            **presenters.ended(document),
        )  # fmt: skip


def _consent(query: Any) -> tuple[frozenset[Key], bool]:
    pairs = (each.partition("/") for each in query.getlist("replace"))
    return frozenset(Key(kind, name) for kind, _, name in pairs if kind and name), bool(query.get("force"))


class _Start(PageView):
    """Starts a job by POST and goes to its page."""

    http_method_names = ["post", "options"]
    action = ""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Starts the job, or shows why it cannot be started."""
        try:
            link = saved_links.read(name).link
            job = jobs.start(self.action, link.name, request.user.get_username(), presenters.language(), self.more())
        except LinkError as problem:
            return self.page("findings.html", problem.findings, name=name)
        return HttpResponseRedirect(reverse("pbx_link_job", args=[job]))

    def more(self) -> list[str]:
        """The options of this job."""
        return []

    def keys(self) -> list[str]:
        """`--replace` for every key that was ticked."""
        replaced, _force = _consent(self.request.POST)
        return [f"--replace={key}" for key in sorted(replaced)]

    def mark(self) -> list[str]:
        """Without asking, but only the plan that was shown."""
        return ["--yes", f"--expect={self.request.POST.get('mark') or '-'}"]


class Apply(_Start):
    """Applies the plan that was shown."""

    action = "apply"

    def more(self) -> list[str]:
        """See `_Start`."""
        return [*self.keys(), *self.mark(), *(["--force"] if self.request.POST.get("force") else [])]


class Adopt(_Start):
    """Adopts the resources that were ticked, as they are."""

    action = "adopt"

    def more(self) -> list[str]:
        """See `_Start`."""
        return self.keys()


class Verify(_Start):
    """Tests the link with a call."""

    action = "verify"


class Diagnose(_Start):
    """Says why calls fail, with a number where one is given."""

    action = "diagnose"

    def more(self) -> list[str]:
        """See `_Start`. Anything else than a number would be taken for an option."""
        number = self.request.POST.get("number", "").strip()
        return [f"--call={number}"] if _NUMBER.fullmatch(number) else []


class Recover(_Start):
    """Undoes or completes an interrupted run."""

    action = "recover"


class Remove(PlanView, _Start):
    """Shows what removing the link would delete; POST deletes it."""

    http_method_names = ["get", "post", "options"]
    action = "remove"
    removing = True

    def more(self) -> list[str]:
        """See `_Start`."""
        return self.mark()


class JobView(PageView):
    """The progress and result of a job. The page refreshes by itself while the job runs."""

    def get(self, request: HttpRequest, job: str) -> HttpResponse:
        """The page."""
        found = jobs.find(job)
        if found is None or not found.link:  # one without a link is shown where it was started
            raise Http404
        if found.action == "plan":
            return HttpResponseRedirect(f"{reverse('pbx_link_plan', args=[found.link])}?job={job}")
        return self.page(
            "job.html", found.findings, found.document.get("findings", []), job=found,
            steps=presenters.steps(found.steps), refresh=1 if found.is_waited_for else None,
            **presenters.ended(found.document),
        )  # fmt: skip
