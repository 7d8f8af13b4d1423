"""The base of all views: asks for the permission, and runs outside of OML's transaction per request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from oml_plugin.storage.database_errors import briefly
from oml_plugin.web import presenters
from pbxlink.messages.findings import Finding

_BUSY_SECONDS = 3


@method_decorator([transaction.non_atomic_requests, never_cache], name="dispatch")
class PageView(LoginRequiredMixin, View):
    """A view for users whose role has the permission with the name of the URL.

    OML's middleware asks for the permission too, but lets everybody in where it is not in its table (before
    `actualizar_permisos` ran). The link's secret must not be readable then.
    No transaction: after a failed query nothing could be read in OML's transaction, and the page shows the failure.
    No caching, in the browser neither (`no-store`): some answers hold the secret.
    """

    def dispatch(self, request: HttpRequest, *arguments: Any, **named: Any) -> Any:
        """Raises PermissionDenied for users without the permission."""
        name = request.resolver_match.url_name if request.resolver_match else None
        if request.user.is_authenticated and not _may(request, str(name)):
            raise PermissionDenied
        with briefly():
            return super().dispatch(request, *arguments, **named)

    def page(
        self, template: str, findings: Sequence[Finding] = (), told: Sequence[dict[str, str]] = (), **more: Any
    ) -> HttpResponse:
        """A page with these findings, in the request's language. `told`: findings that are in it already. `refresh`:
        the page loads itself again after so many seconds."""
        if self.request.method == "GET" and any(each.code == "oml.database_busy" for each in findings):
            more.setdefault("refresh", _BUSY_SECONDS)
        context = {
            "findings": [*presenters.findings(findings), *told],
            "may_change": _may(self.request, "pbx_link_apply"),
            **more,
        }
        return render(self.request, f"pbx_link/{template}", context)


def _may(request: HttpRequest, name: str) -> bool:
    user: Any = request.user  # AbstractBaseUser promises no has_perm; OML's users have it
    return bool(user.has_perm(f"permiso_oml.{name}"))
