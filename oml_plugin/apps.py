"""The app as Django and OML see it: tables of our own, permissions, one menu item. Nothing of OML's is changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import AppConfig
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from oml_plugin.permissions import PERMISSIONS, SINCE


class OmlPluginConfig(AppConfig):
    """The hooks by which OML asks its apps; none of them asks the database."""

    name = "oml_plugin"
    label = "oml_plugin"
    verbose_name = "Issabel - OMniLeads"
    default_auto_field = "django.db.models.AutoField"

    informacion_de_permisos = {
        name: {"descripcion": told, "version": SINCE} for name, (told, _roles) in PERMISSIONS.items()
    }

    def configuraciones_de_permisos(self) -> list[dict[str, Any]]:
        """Every permission with the roles that OML gives it to."""
        return [{"nombre": name, "roles": list(roles)} for name, (_told, roles) in PERMISSIONS.items()]

    def supervision_menu_items(self, request: Any, permissions: Collection[str]) -> list[dict[str, Any]]:
        """One item of the first level, behind OML's connections."""
        if "pbx_link_overview" not in permissions:
            return []
        try:
            url = reverse("pbx_link_overview")
        except NoReverseMatch:  # the app is there and its URLs are not: a settings module that names only the app
            return []
        label = _("Enlace con la PBX")
        return [{"order": 720, "label": label, "icon": "icon-phone", "id": "menuPbxLink", "url": url}]
