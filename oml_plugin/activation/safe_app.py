"""The app that an activated OML loads: it wraps the plugin's own app configuration, so that no error of it stops OML.

Django runs an app's code in phases: configuration, models, `ready`; later migrations, template tags, permissions and,
with every page, the menu. An error in any of them stops the whole process. Here each is tried before Django does it,
and where one fails the app is taken out of Django's registry, so that Django looks for nothing else of it. Where
permissions or the menu fail, the pages stay closed (see `page_loading`).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from django.apps import AppConfig

from oml_plugin.activation.preflight import import_migrations, import_template_tags
from oml_plugin.activation.startup_log import WITHOUT, tell

_REAL = "oml_plugin.apps"
_REAL_CLASS = "OmlPluginConfig"


class SafeConfig(AppConfig):
    """Loaded in place of `oml_plugin.apps.OmlPluginConfig`; no method raises."""

    name = "oml_plugin"
    label = "oml_plugin"
    verbose_name = "Issabel - OMniLeads"
    default_auto_field = "django.db.models.AutoField"

    def __init__(self, app_name: str, app_module: ModuleType) -> None:
        super().__init__(app_name, app_module)
        self.real: Any = None
        try:
            self.real = getattr(import_module(_REAL), _REAL_CLASS)(app_name, app_module)
        except Exception:
            tell(f"its app configuration cannot be loaded; {WITHOUT}", failed=True)

    def import_models(self) -> None:
        """See AppConfig. Tries the migrations too."""
        try:
            super().import_models()
            import_migrations(self.name)
            self._share_with_real()
        except Exception:
            tell(f"its models or migrations cannot be loaded; {WITHOUT}", failed=True)
            self._withdraw()
        if self.real is None:
            self._withdraw()

    def _share_with_real(self) -> None:
        if self.real is not None:
            self.real.apps, self.real.models, self.real.models_module = self.apps, self.models, self.models_module

    def ready(self) -> None:
        """See AppConfig. Tries the template tags too."""
        try:
            import_template_tags(self.name)
            self.real.ready()
        except Exception:
            tell(f"it is not ready; {WITHOUT}", failed=True)
            self._withdraw()

    def _withdraw(self) -> None:
        """Takes the app out of the registry. In a new dictionary: Django is iterating over the old one."""
        registry: Any = self.apps
        registry.app_configs = {label: each for label, each in registry.app_configs.items() if each is not self}
        registry.all_models.pop(self.label, None)
        registry.clear_cache()

    @property
    def informacion_de_permisos(self) -> dict[str, dict[str, Any]]:
        """The permissions' descriptions, also of those without a URL: OML asks for them before there are URLs."""
        try:
            found = getattr(self.real, "informacion_de_permisos", {})
            return {str(name): dict(told) for name, told in found.items() if isinstance(told, Mapping)}
        except Exception:
            tell("its permissions cannot be described", failed=True)
            return {}

    def configuraciones_de_permisos(self) -> list[dict[str, Any]]:
        """The permissions of the URLs that were loaded: any other would make OML's `actualizar_permisos` fail."""
        try:
            from oml_plugin.activation.page_loading import contents

            return [dict(each) for each in contents().permissions]
        except Exception:
            tell("its permissions cannot be listed", failed=True)
            return []

    def supervision_menu_items(self, request: Any, permissions: set[str]) -> list[dict[str, Any]]:
        """The menu items; none where there are no pages."""
        try:
            from oml_plugin.activation.page_loading import menu

            return menu(self.real, request, permissions)
        except Exception:
            tell("its menu cannot be shown", failed=True)
            return []
