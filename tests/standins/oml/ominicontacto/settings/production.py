"""The whole settings: defaults, add-ons, then the host's, under the real OML's environment names."""

from __future__ import annotations

from ominicontacto.settings.addons import (  # noqa: F401  (Django reads them from here)
    ADDON_URLPATTERNS,
    ADDONS_APPS,
    ADDONS_LOCALE_PATHS,
)
from ominicontacto.settings.defaults import *  # noqa: F403
from ominicontacto.settings.defaults import INSTALLED_APPS, LOCALE_PATHS
from ominicontacto.settings.oml_settings_local import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, *ADDONS_APPS]
LOCALE_PATHS = LOCALE_PATHS + ADDONS_LOCALE_PATHS
