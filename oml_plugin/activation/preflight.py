"""Whether what Django reads of an app by itself can be read: its migrations, template tags and translations."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import GNUTranslations
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

_MIGRATIONS = "migrations"


def import_migrations(package: str) -> None:
    """Raises what would end OML's `migrate`: one that cannot be imported, or not exactly one that comes last."""
    found = {module.__name__.rpartition(".")[2]: module.Migration for module in _imported(package, _MIGRATIONS)}
    above = {name for each in found.values() for app, name in each.dependencies if app == package}
    last = set(found) - above
    if above - set(found) or len(last) > 1:
        raise ImportError(f"{package}: migrations missing: {sorted(above - set(found))}; last ones: {sorted(last)}")


def import_template_tags(package: str) -> None:
    """Raises what would end every page of OML's: Django imports the template tags of all apps for the first one."""
    list(_imported(package, "templatetags"))


def read_translations(folder: Path) -> None:
    """Raises what would end OML's start: the first text translated, in some model, reads the catalogues of all apps."""
    for path in folder.glob("locale/*/LC_MESSAGES/*.mo"):
        with path.open("rb") as file:
            GNUTranslations(file)


def _imported(package: str, name: str) -> Iterator[ModuleType]:
    """The modules that Django would import of the package `name` within `package`, where there is one."""
    spec = find_spec(f"{package}.{name}")
    if spec is not None and spec.submodule_search_locations is not None:
        import_module(spec.name)
        for each in iter_modules(spec.submodule_search_locations):
            if each.name[0] not in "_~":
                yield import_module(f"{spec.name}.{each.name}")
