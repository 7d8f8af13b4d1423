"""Inviting a PBX: one line to paste there. It holds a token: shown in answer to a POST alone, and never stored."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from oml_plugin.api import pairings
from oml_plugin.storage.database_errors import database_told
from oml_plugin.web.editing import own_address
from oml_plugin.web.page_view import PageView
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding


class Invite(PageView):
    """What is not given follows from the address under which this page was asked for."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, and the invitations that are open."""
        return self._shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Makes an invitation and shows it."""
        try:
            with database_told("invitation"):
                line = pairings.invite(*self._given())
        except LinkError as problem:
            return self._shown(problem.findings)
        return self._shown(line=line)

    def _given(self) -> tuple[str, str, str]:
        url, address, certificate = (str(self.request.POST.get(key, "")).strip() for key in _FIELDS)
        return url or self._url(), address or own_address(self.request), certificate

    def _url(self) -> str:
        return f"https://{self.request.get_host()}"

    def _shown(self, findings: Any = (), line: str = "") -> HttpResponse:
        found: list[Finding] = list(findings)
        try:
            with database_told("invitation"):
                under_way = pairings.under_way()
        except LinkError as problem:
            under_way, found = [], [*found, *problem.findings]
        url, address, certificate = self._given()
        return self.page(
            "invite.html", found, line=line, minutes=pairings.MINUTES, url=url, address=address,
            certificate=certificate, under_way=under_way,
        )  # fmt: skip


_FIELDS = ("url", "address", "certificate")
