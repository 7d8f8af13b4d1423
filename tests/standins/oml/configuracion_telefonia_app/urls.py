"""URLs of the app; names are the permissions' names."""

from __future__ import annotations

from configuracion_telefonia_app import views
from django.urls import path

urlpatterns = [
    path("lista_troncal_sip/<int:page>/", views.lista_troncal_sip, name="lista_troncal_sip"),
    path("lista_rutas_salientes/", views.lista_rutas_salientes, name="lista_rutas_salientes"),
    path("lista_rutas_entrantes/", views.lista_rutas_entrantes, name="lista_rutas_entrantes"),
]
