"""WSGI entry; sets the settings module itself, as the real OML's web server does."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "ominicontacto.settings.production"
application = get_wsgi_application()
