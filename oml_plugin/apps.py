"""The app as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class OmlPluginConfig(AppConfig):
    """The only table is ours (see `models`); nothing of OML's is changed by being installed."""

    name = "oml_plugin"
    label = "oml_plugin"
    verbose_name = "Issabel - OMniLeads"
    default_auto_field = "django.db.models.AutoField"
