"""403 for a logged-in user whose role lacks the permission named like the URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import resolve


class PermisoOMLMiddleware:
    """Asks `tiene_permiso_oml` about every request of a logged-in user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse or pass on; who is not logged in is left to the view."""
        user: Any = request.user
        if user.is_authenticated:
            name = resolve(request.path_info).url_name
            if not user.tiene_permiso_oml(name):
                raise PermissionDenied
        return self.get_response(request)
