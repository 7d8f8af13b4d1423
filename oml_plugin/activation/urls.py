"""The URLs that OML includes for the plugin: those that could be loaded. Raises nothing."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []

try:
    from oml_plugin.activation.page_loading import contents

    urlpatterns += contents().urlpatterns
except Exception:
    from oml_plugin.activation.startup_log import tell

    tell("its URLs cannot be loaded; OML runs without the plugin", failed=True)
