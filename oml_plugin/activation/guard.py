"""Keeps the plugin's pages and menu hidden until the database is ready for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import wraps
from typing import Any

from django.db import connections
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver

from oml_plugin.activation.startup_log import tell

_NOT_READY = (
    "The Issabel - OMniLeads plugin is not set up in OML's database. On OML's host run: oml-pbx-link activate\n"
)
IsReady = Callable[[], bool]


def guarded(pattern: Any, is_ready: IsReady) -> Any:
    """The URL pattern with each of its views answering 503 until `is_ready`; included patterns likewise."""
    if isinstance(pattern, URLResolver):
        inside = [guarded(each, is_ready) for each in pattern.url_patterns]
        return URLResolver(pattern.pattern, inside, pattern.default_kwargs, pattern.app_name, pattern.namespace)
    return URLPattern(pattern.pattern, _behind(pattern.callback, is_ready), pattern.default_args, pattern.name)


def _behind(view: Callable[..., HttpResponse], is_ready: IsReady) -> Callable[..., HttpResponse]:
    @wraps(view)
    def answer(request: Any, *arguments: Any, **named: Any) -> HttpResponse:
        if not is_ready():
            return HttpResponse(_NOT_READY, status=503, content_type="text/plain; charset=utf-8")
        return view(request, *arguments, **named)

    return answer


def menu(config: Any, request: Any, permissions: set[str]) -> list[dict[str, Any]]:
    """The menu items. Raises what `config` raises, and RuntimeError where an item asks the database."""
    with ExitStack() as stack:
        for each in connections.all():
            stack.enter_context(each.execute_wrapper(_refuse))
        return list(_shown(config.supervision_menu_items(request, permissions) or ()))


def _refuse(*_: Any) -> Any:
    """OML builds the menu on every page, in that page's transaction; a failed query would break the page."""
    raise RuntimeError("the menu must not ask the database")


def _shown(items: Any) -> Iterator[dict[str, Any]]:
    """The items that OML can sort. One without an order would make every page fail."""
    for each in items:
        if isinstance(each, Mapping) and isinstance(each.get("order"), int):
            yield dict(each)
        else:
            tell(f"a menu item without an order is left out: {each!r}")
