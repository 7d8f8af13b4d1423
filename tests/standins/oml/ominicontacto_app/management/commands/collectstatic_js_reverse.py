"""Write the paths of all named URLs for scripts, as the command of that name does at every start of the real OML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import URLResolver, get_resolver


def named(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """(name, route) of every named URL."""
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from named(each.url_patterns, route)
        elif each.name:
            yield each.name, route


class Command(BaseCommand):
    """`manage.py collectstatic_js_reverse`."""

    help = "Escribe las rutas de todas las URLs para los scripts"

    def handle(self, *args: Any, **options: Any) -> None:
        """One file below STATIC_ROOT."""
        folder = Path(settings.STATIC_ROOT) / "django_js_reverse" / "js"
        folder.mkdir(parents=True, exist_ok=True)
        paths = json.dumps(sorted(named(get_resolver().url_patterns)), indent=1)
        (folder / "reverse.js").write_text(f"this.Urls = {paths};\n", encoding="utf-8")
