"""URLs of the app."""

from __future__ import annotations

from django.urls import path
from ominicontacto_app import views

urlpatterns = [
    path("", views.index, name="index"),
    path("agent/list/", views.agent_list, name="agent_list"),
]
