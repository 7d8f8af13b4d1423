"""Entering a link by its code, its file or its fields. Saving applies nothing; the next page is the plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from oml_plugin.checks import other_links
from oml_plugin.storage import free_names, saved_links
from oml_plugin.web import looking
from oml_plugin.web.forms import CodeForm, FileForm, LinkForm
from oml_plugin.web.looking import Looking
from oml_plugin.web.page_view import PageView
from pbxlink.link.charset import is_host
from pbxlink.link.model import Link
from pbxlink.messages.errors import LinkError, Refused
from pbxlink.messages.findings import Finding, error, warning

Entering = Any
"""One of the three forms. Where it is valid, its `link` is the link that was entered."""


class Edit(PageView):
    """The three forms on one page; the name of the button (`enter`) says which one was sent."""

    def get(self, request: HttpRequest, name: str = "") -> HttpResponse:
        """The forms."""
        try:
            before, known = self._before(name), looking.now()
            if known.is_waited_for and not known.is_known:  # loading the form again would lose what was typed into it
                return self.page("wait.html", refresh=1, name=name)
            return self._forms(before, known)
        except LinkError as problem:
            return self.page("findings.html", problem.findings)

    def post(self, request: HttpRequest, name: str = "") -> HttpResponse:
        """Saves the link and redirects to its plan. Where something is wrong, shows it and saves nothing."""
        try:
            before, known = self._before(name), looking.now()
            forms = self._bound(before, known)
            sent = forms.get(request.POST.get("enter", ""))
            if sent is None or not sent.is_valid():
                return self._forms(before, known, **forms)
            wrong = list(_name_of_another(sent.link, before, is_new=before is None and "fields" in forms))
            if wrong:
                raise Refused(*wrong)
            saved_links.store(sent.link)
            return HttpResponseRedirect(reverse("pbx_link_plan", args=[sent.link.name]))
        except LinkError as problem:
            return self.page("findings.html", problem.findings)

    def _before(self, name: str) -> Link | None:
        return saved_links.read(name).link if name else None

    def _bound(self, before: Link | None, known: Looking) -> dict[str, Entering]:
        """The form that was sent, with its data."""
        data, enter = self.request.POST, self.request.POST.get("enter", "")
        if enter == "code":
            return {"code": CodeForm(data)}
        if enter == "file":
            return {"file": FileForm(data, self.request.FILES)}
        return {"fields": LinkForm(data, known.seen.transports, before)} if enter == "fields" else {}

    def _forms(self, before: Link | None, known: Looking, **bound: Entering) -> HttpResponse:
        """The page with all three forms; those in `bound` with the data sent."""
        forms = {
            "fields": bound.get("fields")
            or LinkForm(None, known.seen.transports, before, self._proposed() if before is None else {}),
            "code": bound.get("code") or CodeForm(),
            "file": bound.get("file") or FileForm(),
        }
        return self.page(
            "edit.html", _about(known, before), told=known.findings(known.seen.findings), before=before, known=known,
            is_wrong=bool(bound), **forms,
        )  # fmt: skip

    def _proposed(self) -> dict[str, str]:
        """What a new link's form begins with, free beside the links that there are."""
        return {
            "oml_address": own_address(self.request), "name": free_names.link_name(),
            "oml_trunk": free_names.trunk_name(),
        }  # fmt: skip


def _name_of_another(link: Link, before: Link | None, is_new: bool) -> Iterator[Finding]:
    """Why the link must not be saved in the place of the one of its name; nothing where it may."""
    if is_new and link.name in saved_links.names():
        yield error("saved.name_taken", name=link.name, free=free_names.link_name(link.name))
    elif before is None or before.name != link.name:
        yield from other_links.another_pbx(link)


def _about(known: Looking, before: Link | None) -> list[Finding]:
    """Findings to show above the form of the fields."""
    if not known.seen.answers:
        return [*known.problems, error("page.no_transports")]
    is_gone = before is not None and before.omnileads.transport not in known.seen.transports
    return [warning("page.transport_gone", transport=before.omnileads.transport)] if before and is_gone else []


def own_address(request: HttpRequest) -> str:
    """The address proposed for this OML: its own setting, else the host name of the request."""
    asked = request.get_host().rpartition(":")[0] or request.get_host()
    places = (str(getattr(settings, "OML_OMNILEADS_HOSTNAME", None) or ""), asked)
    return next((each for each in places if is_host(each) and each != "localhost"), "")
