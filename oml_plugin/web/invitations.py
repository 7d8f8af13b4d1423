"""Inviting a PBX: one line to paste there. It holds a token: shown in answer to a POST alone, and never stored."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from oml_plugin import jobs
from oml_plugin.api import addresses, pairings, tokens
from oml_plugin.jobs import Job
from oml_plugin.storage.database_errors import database_told
from oml_plugin.web import presenters
from oml_plugin.web.editing import own_address
from oml_plugin.web.page_view import PageView
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding

_FIELDS = ("url", "address", "certificate")


class Invite(PageView):
    """What is not given follows from the address under which this page was asked for. The certificate is looked at by a
    job, because this page waits for nothing; then the page comes back with it filled in."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, and the invitations that are open."""
        job = self._looked()
        if job is None:
            return self._shown(request.GET)
        given = {**request.GET.dict(), "url": job.url, "certificate": str(job.document.get("certificate", ""))}
        more: dict[str, Any] = {
            "refresh": 1 if job.is_waited_for else None,
            "job": job,
            "is_seen": bool(given["certificate"]),
        }
        return self._shown(given, job.findings, listed=job.document.get("findings", []), **more)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Makes an invitation and shows it, or has the certificate looked at first."""
        url, address, certificate = self._values(request.POST)
        try:
            if not certificate:
                return self._look(url, address)
            with database_told("invitation"):
                line = pairings.invite(url, address, addresses.fingerprint(certificate))
        except LinkError as problem:
            return self._shown(request.POST, problem.findings)
        return self._shown(request.POST, line=line)

    def _look(self, url: str, address: str) -> HttpResponse:
        pairings.require_address(address)
        tokens.directory_url(url)
        options = [f"--url={url}", "--pinned"]
        job = jobs.start("certificate", "", self.request.user.get_username(), presenters.language(), options)
        return HttpResponseRedirect(f"{reverse('pbx_link_invite')}?{urlencode({'job': job, 'address': address})}")

    def _looked(self) -> Job | None:
        job = jobs.find(self.request.GET.get("job", ""))
        is_ours = job is not None and (job.action, job.user) == ("certificate", self.request.user.get_username())
        return job if is_ours else None

    def _values(self, given: Any) -> tuple[str, str, str]:
        url, address, certificate = (str(given.get(key, "")).strip() for key in _FIELDS)
        return url or f"https://{self.request.get_host()}", address or own_address(self.request), certificate

    def _shown(self, given: Any, findings: Any = (), line: str = "", **more: Any) -> HttpResponse:
        found: list[Finding] = list(findings)
        try:
            with database_told("invitation"):
                under_way = pairings.under_way()
        except LinkError as problem:
            under_way, found = [], [*found, *problem.findings]
        values = dict(zip(_FIELDS, self._values(given)))
        listed = more.pop("listed", [])
        return self.page(
            "invite.html", found, listed, line=line, minutes=pairings.MINUTES, under_way=under_way, **values, **more
        )
