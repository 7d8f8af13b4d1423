"""Pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ominicontacto_app.models import AgenteProfile


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """The first page after the login."""
    return render(request, "index.html")


@login_required
def agent_list(request: HttpRequest) -> HttpResponse:
    """Active agents with what the PBX has to dial for each."""
    agents = AgenteProfile.objects.obtener_activos().select_related("user").order_by("pk")
    rows = [(a.id, a.user.username, a.user.get_full_name(), a.sip_extension) for a in agents]
    heads = ("Id", "Usuario", "Nombre", "Extensión SIP")
    return render(request, "table.html", {"title": "Agentes", "heads": heads, "rows": rows})
