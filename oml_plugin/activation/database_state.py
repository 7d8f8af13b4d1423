"""Which migrations and permissions of the plugin OML's database has, and which are missing."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

LABEL = "oml_plugin"
PERMISSION_PREFIX = "pbx_link_"
"""Begins the name of each of our permissions. OML itself never deletes one."""


def migrations() -> list[str]:
    """The names of the plugin's migrations."""
    folder = Path(__file__).parents[1] / "migrations"
    return sorted(each.stem for each in folder.glob("[0-9]*.py"))


def applied() -> list[str]:
    """The names of the plugin's migrations that were applied to OML's database, in order."""
    return sorted(MigrationRecorder(connection).migration_qs.filter(app=LABEL).values_list("name", flat=True))


def unapplied() -> list[str]:
    """The names of the plugin's migrations that were not applied."""
    return sorted(set(migrations()) - set(applied()))


def missing_permissions(wanted: Collection[str]) -> list[str]:
    """Which of the permissions `wanted` OML's database lacks."""
    return sorted({*wanted} - set(present_permissions()))


def present_permissions() -> list[str]:
    """The names of our permissions that OML's database has."""
    from ominicontacto_app.permisos import PermisoOML

    ours = PermisoOML.objects.filter(codename__startswith=PERMISSION_PREFIX)
    return sorted(ours.values_list("codename", flat=True))
