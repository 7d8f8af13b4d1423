"""What stands before the plugin's pages and menu: nothing of them is shown before the database is ready for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import Any

from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver

from oml_plugin.activation.note import tell

LABEL = "oml_plugin"
PERMISSION_PREFIX = "pbx_link_"
"""Of every permission that is ours; OML itself never deletes one."""
_NOT_READY = (
    "The Issabel - OMniLeads plugin is not set up in OML's database. On OML's host run: oml-pbx-link activate\n"
)
_ready: list[bool] = []


def guarded(pattern: Any) -> Any:
    """The URL pattern, or what it includes, with each of its views behind `is_ready`."""
    if isinstance(pattern, URLResolver):
        inside = [guarded(each) for each in pattern.url_patterns]
        return URLResolver(pattern.pattern, inside, pattern.default_kwargs, pattern.app_name, pattern.namespace)
    return URLPattern(pattern.pattern, _behind(pattern.callback), pattern.default_args, pattern.name)


def _behind(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def answer(request: Any, *arguments: Any, **named: Any) -> HttpResponse:
        if not is_ready():
            return HttpResponse(_NOT_READY, status=503, content_type="text/plain; charset=utf-8")
        return view(request, *arguments, **named)

    return answer


def is_ready() -> bool:
    """Whether every migration was applied and every permission is in force; asked until it is, then remembered.

    Without its row in the database a permission restricts nobody.
    """
    if not _ready:
        missing = [*unapplied(), *missing_permissions()]
        if missing:
            tell(f"not shown before `oml-pbx-link activate` was run; not in OML's database: {', '.join(missing)}")
            return False
        _ready.append(True)
    return True


def migrations() -> list[str]:
    """The names of the migrations that the plugin has."""
    folder = Path(__file__).parents[1] / "migrations"
    return sorted(each.stem for each in folder.glob("[0-9]*.py"))


def applied() -> list[str]:
    """The names of the plugin's migrations that OML's database has had, in their order."""
    return sorted(MigrationRecorder(connection).migration_qs.filter(app=LABEL).values_list("name", flat=True))


def unapplied() -> list[str]:
    """The names of those that it lacks."""
    return sorted(set(migrations()) - set(applied()))


def missing_permissions() -> list[str]:
    """The names of the permissions that OML's database lacks."""
    from oml_plugin.activation.contents import contents

    wanted = {each["nombre"] for each in contents().permissions}
    return sorted(wanted - set(present_permissions()))


def present_permissions() -> list[str]:
    """The names of ours that it has."""
    from ominicontacto_app.permisos import PermisoOML

    ours = PermisoOML.objects.filter(codename__startswith=PERMISSION_PREFIX)
    return sorted(ours.values_list("codename", flat=True))


def menu(config: Any, request: Any, permissions: set[str]) -> list[dict[str, Any]]:
    """The items, none while there are no pages or they are not ready. Raises what `config` raises."""
    from oml_plugin.activation.contents import contents

    if not contents().urlpatterns or not is_ready():
        return []
    with ExitStack() as stack:
        for each in connections.all():
            stack.enter_context(each.execute_wrapper(_refuse))
        return list(_shown(config.supervision_menu_items(request, permissions) or ()))


def _refuse(*_: Any) -> Any:
    """OML shows the menu on every page, within that page's transaction, which a failed query would spoil."""
    raise RuntimeError("the menu must not ask the database")


def _shown(items: Any) -> Iterator[dict[str, Any]]:
    """Items that OML can sort: one without an order would be an error of every page."""
    for each in items:
        if isinstance(each, Mapping) and isinstance(each.get("order"), int):
            yield dict(each)
        else:
            tell(f"a menu item without an order is left out: {each!r}")
