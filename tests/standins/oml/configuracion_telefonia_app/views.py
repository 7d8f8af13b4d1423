"""Lists of trunks and routes, to look at. Nothing is changed from here."""

from __future__ import annotations

from typing import Any

from configuracion_telefonia_app.models import RutaEntrante, RutaSaliente, TroncalSIP
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TRUNKS_PER_PAGE = 40


@login_required
def lista_troncal_sip(request: HttpRequest, page: int) -> HttpResponse:
    """One page of trunks."""
    trunks = Paginator(TroncalSIP.objects.order_by("pk"), TRUNKS_PER_PAGE).get_page(page)
    rows = [(t.id, t.nombre, t.get_tecnologia_display(), t.canales_maximos, t.caller_id or "") for t in trunks]
    return _table(request, "Troncales SIP", ("Id", "Nombre", "Tecnología", "Canales", "Caller id"), rows)


@login_required
def lista_rutas_salientes(request: HttpRequest) -> HttpResponse:
    """Outbound routes in the order in which they are tried."""
    rows = [
        (
            r.orden,
            r.nombre,
            r.ring_time,
            r.dial_options,
            ", ".join(_written(p) for p in r.patrones_de_discado.all()),
            ", ".join(o.troncal.nombre for o in r.secuencia_troncales.all()),
        )
        for r in RutaSaliente.objects.order_by("orden")
    ]
    heads = ("Orden", "Nombre", "Ring time", "Dial options", "Patrones", "Troncales")
    return _table(request, "Rutas salientes", heads, rows)


@login_required
def lista_rutas_entrantes(request: HttpRequest) -> HttpResponse:
    """Inbound routes by DID."""
    rows = [(r.id, r.nombre, r.telefono, str(r.destino)) for r in RutaEntrante.objects.order_by("telefono")]
    return _table(request, "Rutas entrantes", ("Id", "Nombre", "DID", "Destino"), rows)


def _written(pattern: Any) -> str:
    prepend = f"{pattern.prepend}+" if pattern.prepend else ""
    prefix = f"{pattern.prefix}|" if pattern.prefix else ""
    return f"{prepend}{prefix}{pattern.match_pattern}"


def _table(request: HttpRequest, title: str, heads: tuple[str, ...], rows: list[Any]) -> HttpResponse:
    return render(request, "table.html", {"title": title, "heads": heads, "rows": rows})
