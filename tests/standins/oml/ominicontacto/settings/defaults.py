"""What does not depend on the host."""

from __future__ import annotations

from pathlib import Path

BASE_DIR = str(Path(__file__).resolve().parents[2])

DEBUG = False
ALLOWED_HOSTS = ["*"]
SECRET_KEY = "only-for-tests"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ominicontacto_app.apps.OminicontactoAppConfig",
    "configuracion_telefonia_app.apps.ConfiguracionTelefoniaAppConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "ominicontacto_app.middleware.permiso_oml.PermisoOMLMiddleware",
]

ROOT_URLCONF = "ominicontacto.urls"
WSGI_APPLICATION = "ominicontacto.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ominicontacto_app.context_processors.addon_menu_items",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
AUTH_USER_MODEL = "ominicontacto_app.User"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "index"

LANGUAGES = (("pt-br", "Portuguese-Br"), ("en", "English"), ("es", "Spanish"), ("fa", "Persian"))
LANGUAGE_CODE = "es"
LOCALE_PATHS: tuple[str, ...] = ()
USE_I18N = True
USE_TZ = True
STATIC_URL = "/static/"

# What makes a page answer 500 is told in the server's log.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}
