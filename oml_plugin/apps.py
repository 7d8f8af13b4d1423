"""The app configuration for Django and OML: permissions, one menu item, and one addition to a file that OML writes
(`releases.outbound_file`)."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from oml_plugin.permissions import PERMISSIONS, SINCE
from oml_plugin.releases import outbound_file


class OmlPluginConfig(AppConfig):
    """The methods that OML calls on its apps; none of them asks the database."""

    name = "oml_plugin"
    label = "oml_plugin"
    verbose_name = "Issabel - OMniLeads"
    default_auto_field = "django.db.models.AutoField"

    informacion_de_permisos = {
        name: {"descripcion": told, "version": SINCE} for name, (told, _roles) in PERMISSIONS.items()
    }

    def ready(self) -> None:
        """Once all models are there."""
        config_file = getattr(import_module("ominicontacto_app.asterisk_config"), "ConfigFile", None)
        if config_file is not None:
            outbound_file.extend(config_file)

    def configuraciones_de_permisos(self) -> list[dict[str, Any]]:
        """Every permission with the roles that get it."""
        return [{"nombre": name, "roles": list(roles)} for name, (_told, roles) in PERMISSIONS.items()]

    def supervision_menu_items(self, request: Any, permissions: Collection[str]) -> list[dict[str, Any]]:
        """One item on the first level, after OML's own connections."""
        if "pbx_link_overview" not in permissions:
            return []
        try:
            url = reverse("pbx_link_overview")
        except NoReverseMatch:  # the settings name the app but not its URLs
            return []
        label = _("Enlace con la PBX")
        return [{"order": 720, "label": label, "icon": "icon-phone", "id": "menuPbxLink", "url": url}]
