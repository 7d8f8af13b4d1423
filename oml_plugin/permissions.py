"""Which role may open which page: a permission for every URL of the plugin, by the URL's name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

_LOOKS = ("Administrador", "Gerente")
_CHANGES = ("Administrador",)
"""As in OML itself: only the Administrator changes trunks (`editar_troncal_sip`); the Manager may see their list."""
SINCE = "2.6.3"
"""OML's permissions name the release that brought them; ours name the one they were made on."""
PERMISSIONS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "pbx_link_overview": (_("Ver el enlace con la PBX"), _LOOKS),
    "pbx_link_plan": (_("Ver qué cambiaría al aplicar el enlace con la PBX"), _LOOKS),
    "pbx_link_job": (_("Ver cómo va un trabajo del enlace con la PBX"), _LOOKS),
    "pbx_link_edit": (_("Cargar o cambiar el enlace con la PBX"), _CHANGES),
    "pbx_link_apply": (_("Aplicar el enlace con la PBX"), _CHANGES),
    "pbx_link_adopt": (_("Adoptar troncales y rutas hechas a mano"), _CHANGES),
    "pbx_link_verify": (_("Probar el enlace con la PBX con una llamada"), _CHANGES),
    "pbx_link_diagnose": (_("Decir por qué fallan las llamadas con la PBX"), _CHANGES),
    "pbx_link_recover": (_("Recuperar el enlace con la PBX después de una interrupción"), _CHANGES),
    "pbx_link_remove": (_("Quitar el enlace con la PBX"), _CHANGES),
    "pbx_link_show_code": (_("Ver el código y el secreto del enlace con la PBX"), _CHANGES),
    "pbx_link_pbx_code": (_("Dar a la PBX acceso al directorio"), _CHANGES),
    "pbx_link_revoke": (_("Quitar a la PBX el acceso al directorio"), _CHANGES),
    "pbx_link_directory": (_("API del directorio para la PBX, con su propio token"), _CHANGES),
    "pbx_link_diagnosis": (_("API para que la PBX pida un diagnóstico, con su propio token"), _CHANGES),
    "pbx_link_invite": (_("Invitar a una PBX a enlazarse"), _CHANGES),
    "pbx_link_pair": (_("API para enlazar una PBX invitada, con su invitación"), _CHANGES),
}
"""By the name of the URL, which OML uses as the permission's name: what it allows, and the roles that get it."""
