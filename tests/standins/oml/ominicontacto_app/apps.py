"""App configuration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest
from django.urls import reverse

_SEES_AGENTS = ("Administrador", "Gerente", "Supervisor")


class OminicontactoAppConfig(AppConfig):
    """Hooks of an OML app: menu items and permissions."""

    name = "ominicontacto_app"
    informacion_de_permisos = {"agent_list": {"descripcion": "Ver lista de agentes", "version": "1.7.0"}}

    def configuraciones_de_permisos(self) -> list[dict[str, Any]]:
        """Permissions with the roles that get them."""
        return [{"nombre": "agent_list", "roles": list(_SEES_AGENTS)}]

    def supervision_menu_items(self, request: HttpRequest, permissions: set[str]) -> list[dict[str, Any]]:
        """The supervision menu's items for these permissions."""
        if "agent_list" not in permissions:
            return []
        agents = {"label": "Lista de agentes", "url": reverse("agent_list")}
        users = {"label": "Usuarios y grupos", "icon": "icon-user", "id": "menuUsers", "children": [agents]}
        return [{"order": 100, **users}]
