"""URLs of the project, add-ons last and included as the real OML includes them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.urls import include, path, re_path

urlpatterns = [
    re_path(r"^", include("ominicontacto_app.urls")),
    re_path(r"^", include("configuracion_telefonia_app.urls")),
    path("accounts/login/", auth_views.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(next_page="/accounts/login/"), name="logout"),
]

for _route, _module in settings.ADDON_URLPATTERNS:
    if _route == "^":
        urlpatterns.append(re_path(_route, include(_module)))
    else:
        urlpatterns.append(path(f"{_route}/", include((_module, _route), namespace=_route)))

urlpatterns.append(re_path(r"^i18n/", include("django.conf.urls.i18n")))
