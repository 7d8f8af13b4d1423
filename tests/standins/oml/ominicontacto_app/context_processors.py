"""The supervision menu, asked from every app configuration that offers `supervision_menu_items`."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from ominicontacto_app.permisos import PermisoOML


def addon_menu_items(request: HttpRequest) -> dict[str, Any]:
    """ADMIN_MENU_ITEMS sorted by `order`, for users who may see the supervision pages."""
    user: Any = request.user
    if not (user.is_authenticated and user.get_tiene_permiso_administracion()):
        return {}
    permissions = set(PermisoOML.objects.filter(group=user.rol).values_list("codename", flat=True))
    items: list[dict[str, Any]] = []
    for config in apps.get_app_configs():
        if hasattr(config, "supervision_menu_items"):
            items.extend(config.supervision_menu_items(request, permissions) or [])
    items.sort(key=lambda item: item["order"])
    return {"ADMIN_MENU_ITEMS": items} if items else {}
