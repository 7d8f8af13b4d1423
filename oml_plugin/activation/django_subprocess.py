"""The part of `oml-pbx-link` that needs OML's Django: a process of its own that reads one JSON request and prints one
JSON answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
from django.db import Error, connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from oml_plugin.activation import database_state, staticfiles
from oml_plugin.activation.oml_django import ANSWER
from oml_plugin.releases import shape
from oml_plugin.storage import state_folder

_OWNED = "oml_plugin_ownedresource"
_PURGE_MILLISECONDS = 5000


def state(_: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that `status` and the steps of `activate` need to know. Changes nothing."""
    from oml_plugin.activation.page_loading import contents, missing_permissions
    from oml_plugin.activation.safe_app import SafeConfig

    path = _first_path(contents().names)
    return {
        "app": isinstance(apps.app_configs.get(database_state.LABEL), SafeConfig) and bool(contents().urlpatterns),
        "path": path,
        "page": _answer(path) if path else 0,
        "login": _answer("/accounts/login/"),
        "applied": database_state.applied(),
        "unapplied": database_state.unapplied(),
        "back_to": ([name for name in database_state.applied() if name in database_state.migrations()] or ["zero"])[-1],
        "permissions": database_state.present_permissions(),
        "missing_permissions": missing_permissions(),
        "static": staticfiles.state(),
        "tables": _tables(),
        "owned": _owned(),
        "state_dir": str(state_folder.state_dir()),
        "commands": [name for name in ("collectstatic_js_reverse", "compress") if name in get_commands()],
        "reverse_file": _reverse_file().is_file(),
        "manifest": Path(str(settings.STATIC_ROOT), "CACHE", "manifest.json").is_file(),
    }


def _first_path(names: list[str]) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:  # it takes arguments
            continue
    return ""


def _answer(path: str) -> int:
    """The HTTP status of a page without a login."""
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    return client.get(path, secure=True).status_code


def _reverse_file() -> Path:
    """The file that OML's `collectstatic_js_reverse` writes: the paths of all URLs, for OML's scripts."""
    folder = getattr(settings, "JS_REVERSE_OUTPUT_PATH", None)
    return Path(folder or Path(str(settings.STATIC_ROOT), "django_js_reverse", "js")) / "reverse.js"


def _tables() -> list[str]:
    return [name for name in connection.introspection.table_names() if name.startswith(f"{database_state.LABEL}_")]


def _owned() -> list[str]:
    """The resources that links own on this OML, read without the app, which may not be loaded."""
    if _OWNED not in _tables():
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT kind, name FROM {_OWNED} ORDER BY kind, name")
        return [f"{kind}/{name}" for kind, name in cursor.fetchall()]


def servers(_: Mapping[str, Any]) -> dict[str, Any]:
    """Imports what OML's web servers import at their start. Raises what they would raise."""
    for name in ("WSGI_APPLICATION", "ASGI_APPLICATION"):
        application = getattr(settings, name, None)
        if application:
            import_module(application.rpartition(".")[0])
    return {}


def drop_permissions(request: Mapping[str, Any]) -> dict[str, Any]:
    """Deletes our permissions (all where `names` is None), also from roles and users. OML itself never does."""
    from ominicontacto_app.permisos import PermisoOML

    found = PermisoOML.objects.filter(codename__startswith=database_state.PERMISSION_PREFIX)
    if request["names"] is not None:
        found = found.filter(codename__in=request["names"])
    count = found.count()
    found.delete()
    return {"count": count}


def try_purge(_: Mapping[str, Any]) -> dict[str, Any]:
    """Why our tables cannot be dropped; empty where they can: it is done, and rolled back. Waits a moment for locks."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute(f"SET LOCAL lock_timeout = {_PURGE_MILLISECONDS}")
                for name in _tables():
                    cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}")
            transaction.set_rollback(True)
    except Error as problem:
        return {"reason": (str(problem).splitlines() or [type(problem).__name__])[0]}
    return {"reason": ""}


def forget(_: Mapping[str, Any]) -> dict[str, Any]:
    """Deletes what Django recorded of our tables: content types, and with them their permissions."""
    from django.contrib.contenttypes.models import ContentType

    found = ContentType.objects.filter(app_label=database_state.LABEL)
    count = found.count()
    found.delete()
    return {"count": count}


def version(_: Mapping[str, Any]) -> dict[str, Any]:
    """Which Django this OML has, asked before anything that an older one has not."""
    return {"django": django.get_version(), "is_too_old": shape.is_too_old()}


ACTIONS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "version": version,
    "state": state,
    "servers": servers,
    "drop_permissions": drop_permissions,
    "forget": forget,
    "try_purge": try_purge,
    "place_static": lambda _: staticfiles.put(),
    "remove_static": lambda request: staticfiles.take_away(request["names"], request.get("before", {})),
}


def main() -> None:
    """Reads the request and prints the answer."""
    request = json.load(sys.stdin)
    django.setup()
    print("\n" + ANSWER + json.dumps(ACTIONS[request["do"]](request), default=str))


if __name__ == "__main__":
    main()
