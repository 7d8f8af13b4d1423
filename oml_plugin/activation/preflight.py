"""Tries to load what Django itself loads of an app: migrations, template tags, translations."""

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
    """Raises what would make OML's `migrate` fail: a migration that cannot be imported, or more than one last one."""
    found = {module.__name__.rpartition(".")[2]: module.Migration for module in _imported(package, _MIGRATIONS)}
    above = {name for each in found.values() for app, name in each.dependencies if app == package}
    last = set(found) - above
    if above - set(found) or len(last) > 1:
        raise ImportError(f"{package}: migrations missing: {sorted(above - set(found))}; last ones: {sorted(last)}")


def import_template_tags(package: str) -> None:
    """Raises what would make every page of OML fail: Django imports the template tags of all apps for the first
    page."""
    list(_imported(package, "templatetags"))


def read_translations(folder: Path) -> None:
    """Raises what would stop OML's start: the first translated text, in some model, loads the catalogues of all
    apps."""
    for path in folder.glob("locale/*/LC_MESSAGES/*.mo"):
        with path.open("rb") as file:
            GNUTranslations(file)


def _imported(package: str, name: str) -> Iterator[ModuleType]:
    """The modules that Django would import from the package `name` in `package`; none where there is no such
    package."""
    spec = find_spec(f"{package}.{name}")
    if spec is not None and spec.submodule_search_locations is not None:
        import_module(spec.name)
        for each in iter_modules(spec.submodule_search_locations):
            if each.name[0] not in "_~":
                yield import_module(f"{spec.name}.{each.name}")
