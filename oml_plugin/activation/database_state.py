"""What OML's database has of the plugin: its migrations and its permissions, and what of them is missing."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

LABEL = "oml_plugin"
PERMISSION_PREFIX = "pbx_link_"
"""Of every permission that is ours; OML itself never deletes one."""


def migrations() -> list[str]:
    """The names of the migrations that the plugin has."""
    folder = Path(__file__).parents[1] / "migrations"
    return sorted(each.stem for each in folder.glob("[0-9]*.py"))


def applied() -> list[str]:
    """The names of the plugin's migrations that OML's database has had, in their order."""
    return sorted(MigrationRecorder(connection).migration_qs.filter(app=LABEL).values_list("name", flat=True))


def unapplied() -> list[str]:
    """The names of those that it lacks."""
    return sorted(set(migrations()) - set(applied()))


def missing_permissions(wanted: Collection[str]) -> list[str]:
    """Those of the permissions `wanted` that OML's database lacks."""
    return sorted({*wanted} - set(present_permissions()))


def present_permissions() -> list[str]:
    """The names of ours that it has."""
    from ominicontacto_app.permisos import PermisoOML

    ours = PermisoOML.objects.filter(codename__startswith=PERMISSION_PREFIX)
    return sorted(ours.values_list("codename", flat=True))
