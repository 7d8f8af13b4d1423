"""Add-ons. The real OML fills the lists for its vendor's own add-ons only; everyone else hooks in after this
module has run (facts.md, "how an add-on gets in"). OML_STANDIN_PLUGIN=1 is the tests' short cut."""

from __future__ import annotations

import os
from importlib.util import find_spec

ADDONS_APPS: list[str] = []
ADDONS_LOCALE_PATHS: tuple[str, ...] = ()
ADDON_URLPATTERNS: list[tuple[str, str]] = []

if os.environ.get("OML_STANDIN_PLUGIN"):
    ADDONS_APPS.append("oml_plugin")
    if find_spec("oml_plugin.urls") is not None:
        ADDON_URLPATTERNS.append(("^", "oml_plugin.urls"))
