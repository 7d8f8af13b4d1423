"""Which parts of the plugin are active in OML."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from oml_plugin.activation import autoload, state_access
from oml_plugin.activation.autoload import Place
from oml_plugin.activation.oml_django import Oml
from pbxlink.messages.findings import Finding, info, warning

_WEB_SECONDS = 10
_NOT_FOUND = 404


def findings(oml: Oml, place: Place, web: str) -> list[Finding]:
    """One finding for each part: info where it is active, a warning with the next step where it is not."""
    state = oml.ask("state")
    return [
        _autoload(place), _app(state), _migrations(state), _permissions(state), *_static(state),
        state_access.finding(state, oml.project), _page(state),
        *_running(state, web or _web_of_environment()),
    ]  # fmt: skip


def _autoload(place: Place) -> Finding:
    if not place.is_right:
        return warning("activation.no_autoload", path=place.path)
    if not autoload.runs():
        return warning("activation.no_effect", path=place.path)
    return info("activation.autoload", path=place.path)


def _app(state: Mapping[str, Any]) -> Finding:
    if state["app"]:
        return info("activation.app")
    return warning("activation.no_app", text=state["log"]) if state["log"] else warning("activation.not_loaded")


def _migrations(state: Mapping[str, Any]) -> Finding:
    if state["unapplied"]:
        return warning("activation.unmigrated", names=", ".join(state["unapplied"]))
    return info("activation.migrated", count=len(state["applied"]))


def _permissions(state: Mapping[str, Any]) -> Finding:
    missing = state["missing_permissions"]
    if missing or not state["permissions"]:
        return warning("activation.unpermitted", names=", ".join(missing) or "-")
    return info("activation.permitted", count=len(state["permissions"]))


def _static(state: Mapping[str, Any]) -> Iterator[Finding]:
    static = state["static"]
    if static["files"] and (static["missing"] or not static["root"]):
        yield warning("activation.no_static", count=len(static["missing"]), root=static["root"] or "STATIC_ROOT")
    elif static["files"]:
        yield info("activation.static", count=len(static["files"]), root=static["root"])


def _page(state: Mapping[str, Any]) -> Finding:
    is_well = state["path"] and state["page"] != _NOT_FOUND and state["page"] < 500
    if not is_well:
        return warning("activation.no_page", path=state["path"] or "-", status=state["page"])
    return info("activation.page", path=state["path"], status=state["page"])


def _web_of_environment() -> str:
    """The address at which OML's own start script starts the web server."""
    host, port = os.environ.get("DJANGO_HOSTNAME"), os.environ.get("UWSGI_PORT")
    return f"http://{host}:{port}" if host and port else ""


def _running(state: Mapping[str, Any], web: str) -> Iterator[Finding]:
    """Whether the running web server has loaded the plugin: it may have been started earlier."""
    if not web or not state["path"]:
        return
    status = _status_of(web, state["path"])
    if status is None:
        yield warning("activation.web_silent", web=web)
    elif status == _NOT_FOUND or status >= 500:
        yield warning("activation.web_without", web=web, path=state["path"], status=status)
    else:
        yield info("activation.web", web=web, path=state["path"], status=status)


def _status_of(web: str, path: str) -> int | None:
    parts = urlsplit(web)
    try:
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_WEB_SECONDS)
        connection.request("GET", path, headers={"X-Forwarded-Proto": "https"})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
