"""Permissions: one per restricted URL name, described by the apps' `informacion_de_permisos`."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission, PermissionManager
from django.contrib.contenttypes.models import ContentType
from django.db import models

_TYPE = "permiso_oml"


class PermisoOMLManager(PermissionManager):
    """Only the permissions that are OML's."""

    def get_queryset(self) -> models.QuerySet[Permission]:
        return super().get_queryset().filter(content_type__model=_TYPE)


class PermisoOML(Permission):
    """A permission that belongs to a URL name and to no model."""

    objects = PermisoOMLManager()

    class Meta:
        proxy = True
        app_label = _TYPE

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save under OML's own content type."""
        self.content_type = ContentType.objects.get_or_create(model=_TYPE, app_label=_TYPE)[0]
        super().save(*args, **kwargs)


def _collected() -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = {}
    for config in apps.get_app_configs():
        told.update(getattr(config, "informacion_de_permisos", {}))
    return told


_INFORMACION = _collected()
"""Collected once, when this module is imported with the models, as the real one does."""


def informacion_de_permisos() -> dict[str, dict[str, str]]:
    """Name -> description and version, from every installed app."""
    return _INFORMACION


def configuraciones_de_permisos() -> list[tuple[str, dict[str, Any]]]:
    """(app, {'nombre', 'roles'}) of every permission that an installed app asks for."""
    return [
        (config.name, asked)
        for config in apps.get_app_configs()
        if hasattr(config, "configuraciones_de_permisos")
        for asked in config.configuraciones_de_permisos()
    ]
