"""The app as Django and OML see it: tables of our own, permissions, one menu item. Nothing of OML's is changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import AppConfig
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

_LOOKS = ("Administrador", "Gerente")
_CHANGES = ("Administrador",)
"""Trunks are the Administrator's to change in OML (`editar_troncal_sip`), their list the Manager's to see too."""
_SINCE = "2.6.3"
"""OML's permissions say since which release there are such; ours were made on this one."""
PERMISSIONS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "pbx_link_overview": (_("Ver el enlace con la PBX"), _LOOKS),
    "pbx_link_plan": (_("Ver qué cambiaría al aplicar el enlace con la PBX"), _LOOKS),
    "pbx_link_job": (_("Ver cómo va un trabajo del enlace con la PBX"), _LOOKS),
    "pbx_link_edit": (_("Cargar o cambiar el enlace con la PBX"), _CHANGES),
    "pbx_link_apply": (_("Aplicar el enlace con la PBX"), _CHANGES),
    "pbx_link_adopt": (_("Adoptar troncales y rutas hechas a mano"), _CHANGES),
    "pbx_link_verify": (_("Probar el enlace con la PBX con una llamada"), _CHANGES),
    "pbx_link_recover": (_("Recuperar el enlace con la PBX después de una interrupción"), _CHANGES),
    "pbx_link_remove": (_("Quitar el enlace con la PBX"), _CHANGES),
    "pbx_link_show_code": (_("Ver el código y el secreto del enlace con la PBX"), _CHANGES),
    "pbx_link_pbx_code": (_("Dar a la PBX acceso al directorio"), _CHANGES),
    "pbx_link_revoke": (_("Quitar a la PBX el acceso al directorio"), _CHANGES),
    "pbx_link_directory": (_("API del directorio para la PBX, con su propio token"), _CHANGES),
}
"""By the name of the URL, which OML takes for the permission's: what it allows, and the roles that have it at first."""


class OmlPluginConfig(AppConfig):
    """The hooks by which OML asks its apps; none of them asks the database."""

    name = "oml_plugin"
    label = "oml_plugin"
    verbose_name = "Issabel - OMniLeads"
    default_auto_field = "django.db.models.AutoField"

    informacion_de_permisos = {
        name: {"descripcion": told, "version": _SINCE} for name, (told, _roles) in PERMISSIONS.items()
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
