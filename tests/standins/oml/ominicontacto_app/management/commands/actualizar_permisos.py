"""Write the permissions that the apps ask for and give them to the roles.

The real OML runs this at every start, so an add-on that fails here keeps OML from coming up (facts.md).
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from ominicontacto_app.models import User
from ominicontacto_app.permisos import PermisoOML, configuraciones_de_permisos, informacion_de_permisos


def problem_of(asked: dict[str, Any], described: set[str], seen: set[str]) -> str:
    """What is wrong with one asked-for permission; empty if nothing is."""
    name, roles = asked.get("nombre"), asked.get("roles")
    if not name:
        return "un permiso sin nombre"
    if name not in described:
        return f"{name} no figura en informacion_de_permisos"
    if name in seen:
        return f"{name} está dos veces"
    if not isinstance(roles, (list, tuple)):
        return f"los roles de {name} no son una lista"
    unknown = [role for role in roles if role not in User.ROLES]
    return f"{name} nombra un rol que no existe: {unknown[0]}" if unknown else ""


class Command(BaseCommand):
    """`manage.py actualizar_permisos`: exits with 1 when an app's permissions are wrong."""

    help = "Escribe los permisos de las apps y los da a los roles"

    def handle(self, *args: Any, **options: Any) -> None:
        """Check all first, then write all."""
        described = set(informacion_de_permisos())
        seen: set[str] = set()
        for app, asked in configuraciones_de_permisos():
            problem = problem_of(asked, described, seen)
            if problem:
                raise CommandError(f"Permisos de {app}: {problem}")
            seen.add(asked["nombre"])
        with transaction.atomic():
            self.write()

    def write(self) -> None:
        """One row per permission; each role has exactly the permissions that name it."""
        given: dict[str, list[PermisoOML]] = {role: [] for role in User.ROLES}
        for _app, asked in configuraciones_de_permisos():
            permission = PermisoOML.objects.get_or_create(codename=asked["nombre"], name=asked["nombre"])[0]
            for role in asked["roles"]:
                given[role].append(permission)
        for role, permissions in given.items():
            Group.objects.get_or_create(name=role)[0].permissions.set(permissions)
