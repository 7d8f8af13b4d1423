"""The app as OML sees it when it was activated: the plugin's own app configuration, behind a wall.

Django runs an app's code in phases, and whatever one app raises keeps the whole process from starting: configuration,
then models, then `ready`; later migrations, template tags, permissions and, with every page, the menu. Here each of
them is tried before Django would, and when one fails the app is taken out of Django's registry again, so that nothing
else of it is ever looked for. Permissions and menu fail closed (see `page_loading`).
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
    """Stands for `oml_plugin.apps.OmlPluginConfig`; nothing of it raises."""

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
        """See AppConfig. Migrations as well."""
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
        """See AppConfig. Template tags as well."""
        try:
            import_template_tags(self.name)
            self.real.ready()
        except Exception:
            tell(f"it is not ready; {WITHOUT}", failed=True)
            self._withdraw()

    def _withdraw(self) -> None:
        """Out of the registry, by a new dictionary: Django is going through the old one at this moment."""
        registry: Any = self.apps
        registry.app_configs = {label: each for label, each in registry.app_configs.items() if each is not self}
        registry.all_models.pop(self.label, None)
        registry.clear_cache()

    @property
    def informacion_de_permisos(self) -> dict[str, dict[str, Any]]:
        """The permissions' descriptions. OML asks before there are URLs, so those without a URL are among them."""
        try:
            found = getattr(self.real, "informacion_de_permisos", {})
            return {str(name): dict(told) for name, told in found.items() if isinstance(told, Mapping)}
        except Exception:
            tell("its permissions cannot be described", failed=True)
            return {}

    def configuraciones_de_permisos(self) -> list[dict[str, Any]]:
        """The permissions of exactly the URLs that there are: any other would end OML's `actualizar_permisos`."""
        try:
            from oml_plugin.activation.page_loading import contents

            return [dict(each) for each in contents().permissions]
        except Exception:
            tell("its permissions cannot be told", failed=True)
            return []

    def supervision_menu_items(self, request: Any, permissions: set[str]) -> list[dict[str, Any]]:
        """The menu's items; none while there are no pages to show."""
        try:
            from oml_plugin.activation.page_loading import menu

            return menu(self.real, request, permissions)
        except Exception:
            tell("its menu cannot be shown", failed=True)
            return []
