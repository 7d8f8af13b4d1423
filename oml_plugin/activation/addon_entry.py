"""Enters the plugin into OML's lists of add-ons, unless something is wrong that shows before Django starts."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from oml_plugin.activation.preflight import read_translations
from oml_plugin.activation.startup_log import tell

APP = "oml_plugin.activation.safe_app.SafeConfig"
URLS = ("^", "oml_plugin.activation.urls")
"""`^`: the only prefix that every OML release includes without a namespace."""
_OURS = ("configobj", "pbxlink", "oml_plugin.apps", "oml_plugin.models", "oml_plugin.urls")
_OML = (
    "ominicontacto_app.models", "ominicontacto_app.permisos", "configuracion_telefonia_app.models",
    "configuracion_telefonia_app.regeneracion_configuracion_telefonia",
)  # fmt: skip
_COMPILED = tuple(f"oml_plugin.activation.{name}" for name in ("urls", "page_loading", "guard", "database_state"))
"""Imported only when OML builds its URLs, where a syntax error would stop OML."""


def extend(addons: Any) -> None:
    """Adds the app and its URLs to the module of add-on settings, or logs why not."""
    problem = next(_problems(addons), None)
    if problem:
        tell(f"{problem}; OML starts without the plugin")
    elif APP not in addons.ADDONS_APPS:
        __import__("oml_plugin.activation.safe_app")
        addons.ADDONS_APPS.append(APP)
        addons.ADDON_URLPATTERNS.append(URLS)


def _problems(addons: Any) -> Iterator[str]:
    for name in ("ADDONS_APPS", "ADDON_URLPATTERNS"):
        if not isinstance(getattr(addons, name, None), list):
            yield f"this OML is not known: its add-on settings have no list {name}"
    for name in _OML:
        if not _is_there(name):
            yield f"this OML is not known: it has no module {name}"
    for name in _OURS:
        if not _is_there(name):
            yield f"the module {name} is missing"
    for name in _COMPILED:
        _compile(name)
    read_translations(Path(__file__).parents[1])


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a package above it is missing
        return False


def _compile(name: str) -> None:
    """Compiles the module without running it. Raises what Python would raise."""
    spec = find_spec(name)
    spec.loader.get_code(name)  # type: ignore[union-attr]
