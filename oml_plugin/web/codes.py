"""The pages that show a secret: only in answer to a POST, and never stored in the session."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from oml_plugin import jobs
from oml_plugin.api import addresses, tokens
from oml_plugin.storage import saved_links
from oml_plugin.storage.database_errors import database_told
from oml_plugin.web import presenters
from oml_plugin.web.page_view import PageView
from pbxlink.link import link_code
from pbxlink.messages.errors import LinkError


class ShowCode(PageView):
    """Shows the link code and the secret."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """See `ShowCode`."""
        try:
            link = saved_links.read(name).link
        except LinkError as problem:
            return self.page("findings.html", problem.findings, name=name)
        code = link_code.in_lines(link_code.encode(link))
        return self.page("code.html", link=link, code=code, secrets=link.credentials.all)


class PbxCode(PageView):
    """Shows the link code for the PBX, with a new token for the directory. Where the certificate is neither given nor
    looked at yet (`looked`), a job looks at it first, and its page leads back here."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Issues the token and shows the code, or starts the job."""
        try:
            link, url, given = saved_links.read(name).link, self._posted("url"), self._posted("certificate")
            if not given and not self._posted("looked"):
                return self._looking(name, url)
            pinned = addresses.fingerprint(given) if given else ""
            with database_told("token"):
                code = tokens.code_for_pbx(link, url, pinned)
        except LinkError as problem:
            return self.page("findings.html", problem.findings, name=name)
        return self.page("code.html", link=link, code=code, is_for_pbx=True)

    def _looking(self, name: str, url: str) -> HttpResponse:
        tokens.directory_url(url)
        user = self.request.user.get_username()
        job = jobs.start("certificate", name, user, presenters.language(), [f"--url={url}"])
        return HttpResponseRedirect(reverse("pbx_link_job", args=[job]))

    def _posted(self, name: str) -> str:
        return str(self.request.POST.get(name, "")).strip()


class Revoke(PageView):
    """Revokes the token."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Revokes it."""
        try:
            with database_told("token"):
                was_there = tokens.revoke(name)
        except LinkError as problem:
            return self.page("findings.html", problem.findings, name=name)
        told = _("La PBX ya no puede pedir el directorio.") if was_there else _("No había ningún token.")
        messages.success(request, escape(told))  # OML's template takes messages for HTML
        return HttpResponseRedirect(reverse("pbx_link_overview", args=[name]))
