"""Overview, plan, and the jobs that change something. Who may open which is in `oml_plugin.permissions`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from oml_plugin import jobs
from oml_plugin.commands import link_commands
from oml_plugin.storage import saved_links, state_folder
from oml_plugin.web import presenters, status
from oml_plugin.web.page_view import PageView
from pbxlink.console import report
from pbxlink.engine.engine import Consent, Engine, Outcome
from pbxlink.engine.plan import Key
from pbxlink.link.model import Link
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding, errors_of

_MOST_LISTED = 200


class Overview(PageView):
    """The state of a link; where there are several and none is named, their list."""

    def get(self, request: HttpRequest, name: str = "") -> HttpResponse:
        """The page."""
        try:
            names = saved_links.names()
            if not name and len(names) != 1:
                return self.page("links.html", [*state_folder.problems(state_folder.state_dir())], names=names)
            return self._one(saved_links.read(name or names[0]), names)
        except LinkError as problem:
            return self.page("findings.html", problem.findings, name=name)

    def _one(self, found: saved_links.Saved, names: Sequence[str]) -> HttpResponse:
        state = status.of(found.link)
        listed = state.reachable[:_MOST_LISTED]
        return self.page(
            "overview.html", state.findings, saved=found, link=found.link, status=state, names=names, listed=listed,
            verdicts=presenters.verdicts(found.verified), unlisted=len(state.reachable) - len(listed),
            directory_findings=presenters.findings(state.directory_findings), base_url=self._base_url(),
        )  # fmt: skip

    def _base_url(self) -> str:
        """The address of this OML proposed for the PBX: that of the request. The directory is served by HTTPS only."""
        return f"https://{self.request.get_host()}"


class PlanView(PageView):
    """What an apply would do now. `replace` and `force` in the query are the options of `apply`."""

    removing = False

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The plan."""
        try:
            link = saved_links.read(name).link
            replaced, force = _consent(request.GET)
            outcome = self._outcome(link, Consent(replaced, force))
        except LinkError as problem:
            # Without the right to read it, the journal looks damaged: that finding comes first.
            state = state_folder.problems(state_folder.state_dir())
            return self.page("findings.html", [*state, *problem.findings], name=name)
        return self._planned(link, outcome, replaced, force)

    def _outcome(self, link: Link, consent: Consent) -> Outcome:
        engine = Engine(link_commands.connect(link), status.journal_of(link))
        return engine.plan(link, self.removing, consent)

    def _planned(self, link: Link, outcome: Outcome, replaced: frozenset[Key], force: bool) -> HttpResponse:
        findings = [*state_folder.problems(state_folder.state_dir()), *outcome.findings]
        stopped = bool(errors_of(findings))
        return self.page(
            "remove.html" if self.removing else "plan.html", findings, link=link, replaced=sorted(map(str, replaced)),
            force=force, mark=report.mark_of(outcome.plan), can_apply=bool(outcome.plan) and not stopped,
            is_empty=not outcome.plan and not stopped, is_large=force or _is_large(findings),
            conflicts=list(_conflicts(outcome, replaced)), **presenters.changes(outcome.plan.changes, link.secrets),
        )  # fmt: skip


def _consent(query: Any) -> tuple[frozenset[Key], bool]:
    pairs = (each.partition("/") for each in query.getlist("replace"))
    return frozenset(Key(kind, name) for kind, _, name in pairs if kind and name), bool(query.get("force"))


def _is_large(findings: Sequence[Finding]) -> bool:
    return any(finding.code == "plan.too_large" for finding in findings)


def _conflicts(outcome: Outcome, replaced: frozenset[Key]) -> Iterator[dict[str, Any]]:
    """Resources of others under the link's names, including those whose replacement was allowed."""
    keys = {change.key for change in outcome.plan.conflicts}
    allowed = {each.key for each in outcome.plan.changes if each.key in replaced and each.before is not None}
    for key in sorted(keys | allowed):
        yield {"key": str(key), "is_replaced": key in allowed}


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
        if found is None:
            raise Http404
        listed = [*found.document.get("findings", []), *presenters.findings(found.findings)]
        return self.page(
            "job.html", job=found, steps=presenters.steps(found.steps), told=listed, **presenters.ended(found.document)
        )
