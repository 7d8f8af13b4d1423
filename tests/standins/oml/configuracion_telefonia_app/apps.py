"""App configuration."""

from __future__ import annotations

import json
import os
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest
from django.urls import reverse

_LISTS = {
    "lista_troncal_sip": "Troncales SIP",
    "lista_rutas_entrantes": "Rutas entrantes",
    "lista_rutas_salientes": "Rutas salientes",
}


class ConfiguracionTelefoniaAppConfig(AppConfig):
    """Hooks of an OML app: menu items and permissions (truth/oml/permissions.txt)."""

    name = "configuracion_telefonia_app"
    informacion_de_permisos = {
        name: {"descripcion": f"Ver {label}", "version": "1.7.0"} for name, label in _LISTS.items()
    }

    def ready(self) -> None:
        """Shortens the product's waits that `OML_STANDIN_WAITS` names, for tests in which nothing comes."""
        for name, seconds in json.loads(os.environ.get("OML_STANDIN_WAITS") or "{}").items():
            module, _, constant = name.rpartition(".")
            place = import_module(module)
            setattr(place, constant, type(getattr(place, constant))(seconds))

    def configuraciones_de_permisos(self) -> list[dict[str, Any]]:
        """Permissions with the roles that get them."""
        return [{"nombre": name, "roles": ["Administrador", "Gerente"]} for name in _LISTS]

    def supervision_menu_items(self, request: HttpRequest, permissions: set[str]) -> list[dict[str, Any]]:
        """The supervision menu's items for these permissions, three levels deep as in the real one."""
        lists = [
            {"label": label, "url": reverse(name, args=(1,) if name == "lista_troncal_sip" else ())}
            for name, label in _LISTS.items()
            if name in permissions
        ]
        if not lists:
            return []
        telephony = {"label": "Telefonía", "icon": "icon-call", "id": "menuTelefonia", "children": lists}
        return [
            {
                "order": 700,
                "label": "Conexiones",
                "icon": "icon-call",
                "id": "menuConexiones",
                "children": [telephony],
            }
        ]
