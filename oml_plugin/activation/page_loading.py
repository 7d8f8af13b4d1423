"""Loads the plugin's pages and permissions, each page with its permission or not at all.

OML lets every logged-in user, agents included, open a URL without a permission, and does not start when a permission is
described wrongly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.urls import URLPattern, URLResolver

from oml_plugin.activation import database_state, guard
from oml_plugin.activation.startup_log import WITHOUT, tell

_PAGES = "oml_plugin.urls"
OML_NEEDS: Mapping[str, Sequence[str]] = {
    "configuracion_telefonia_app.models": (
        "TroncalSIP", "RutaSaliente", "PatronDeDiscado", "OrdenTroncal", "RutaEntrante",
    ),
    "configuracion_telefonia_app.regeneracion_configuracion_telefonia": (
        "SincronizadorDeConfiguracionTroncalSipEnAsterisk", "SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk",
    ),
    "ominicontacto_app.models": ("User", "AgenteProfile"),
    "ominicontacto_app.permisos": ("PermisoOML",),
    "ominicontacto_app.services.asterisk.redis_database": ("TrunkFamily", "RutaSalienteFamily"),
    "ominicontacto_app.services.redis.redis_streams": ("RedisStreams",),
}  # fmt: skip
"""The parts of OML that the plugin uses. With an OML that lacks one, the plugin is left out."""
_ROLES = ("ADMINISTRADOR", "GERENTE", "SUPERVISOR", "REFERENTE", "AGENTE", "CLIENTE_WEBPHONE")
Pattern = Any
_ready: list[bool] = []


@dataclass(frozen=True)
class Contents:
    """The pages and permissions that were loaded in this process."""

    urlpatterns: Sequence[Pattern] = ()
    permissions: Sequence[Mapping[str, Any]] = ()

    @property
    def names(self) -> list[str]:
        """The names of the URLs."""
        return list(_names(self.urlpatterns))


@cache
def contents() -> Contents:
    """The pages and permissions, loaded once. Empty, with a line in the log, where that fails."""
    try:
        return _load()
    except Exception:
        tell(f"its pages cannot be loaded; {WITHOUT}", failed=True)
        return Contents()


def is_ready() -> bool:
    """Whether every migration was applied and the database has every permission. Once True it is not asked again.

    A permission without its row in the database restricts nobody.
    """
    if not _ready:
        missing = [*database_state.unapplied(), *missing_permissions()]
        if missing:
            tell(f"not shown before `oml-pbx-link activate` was run; not in OML's database: {', '.join(missing)}")
            return False
        _ready.append(True)
    return True


def missing_permissions() -> list[str]:
    """The names of the permissions that OML's database lacks."""
    return database_state.missing_permissions([each["nombre"] for each in contents().permissions])


def menu(config: Any, request: Any, permissions: set[str]) -> list[dict[str, Any]]:
    """The menu items; none where there are no pages, or they are not ready. Raises what `config` raises."""
    return guard.menu(config, request, permissions) if contents().urlpatterns and is_ready() else []


def _load() -> Contents:
    config: Any = apps.app_configs.get(database_state.LABEL)
    if not hasattr(config, "real"):  # OML loaded the app itself, not `SafeConfig`: it was not activated
        return Contents()
    unknown = next(_unknown(), None)
    if unknown:
        tell(f"this OML is not known: it has no {unknown}; {WITHOUT}")
        return Contents()
    described = config.informacion_de_permisos
    asked = {each["nombre"]: each for each in config.real.configuraciones_de_permisos()}
    allowed = {name for name in asked if name in described}
    permitted = (each for each in import_module(_PAGES).urlpatterns if _is_permitted(each, allowed))
    patterns = [guard.guarded(each, is_ready) for each in permitted]
    present = set(_names(patterns))
    _tell_left_out(set(asked) - present)
    return Contents(patterns, [_with_known_roles(each) for name, each in asked.items() if name in present])


def _unknown() -> Iterator[str]:
    for module, names in OML_NEEDS.items():
        found = import_module(module)
        yield from (f"{module}.{name}" for name in names if not hasattr(found, name))


def _names(patterns: Iterable[Pattern]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _names(each.url_patterns)
        else:
            yield each.name or ""


def _is_permitted(pattern: URLPattern | URLResolver, allowed: set[str]) -> bool:
    unpermitted = set(_names([pattern])) - allowed
    if unpermitted:
        tell(f"left out, as there is no permission for it: {', '.join(sorted(unpermitted)) or pattern}")
    return not unpermitted


def _tell_left_out(names: set[str]) -> None:
    if names:
        tell(f"permissions left out, as there is no page for them: {', '.join(sorted(names))}")


def _with_known_roles(permission: Mapping[str, Any]) -> dict[str, Any]:
    """The permission without roles that OML does not have: they would make `actualizar_permisos` fail."""
    user = import_module("ominicontacto_app.models").User
    known = {getattr(user, name, None) for name in _ROLES}
    return {**permission, "roles": [role for role in permission["roles"] if role in known]}
