"""What the environment says about this host: database, Redis, Asterisk.

Names without STANDIN are the real OML's, except REDIS_PORT and AMI_PORT: it takes 6379 and 5038 for granted.
"""

from __future__ import annotations

import os

_SQLITE = os.environ.get("OML_STANDIN_SQLITE", "")

TIME_ZONE = os.environ.get("TZ") or "America/Argentina/Cordoba"

_POSTGRESQL = {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": os.environ.get("PGHOST", "127.0.0.1"),
    "PORT": os.environ.get("PGPORT", "5432"),
    "NAME": os.environ.get("PGDATABASE", "omnileads"),
    "USER": os.environ.get("PGUSER", "omnileads"),
    "PASSWORD": os.environ.get("PGPASSWORD", ""),
}
_SQLITE_FILE = {"ENGINE": "django.db.backends.sqlite3", "NAME": _SQLITE, "OPTIONS": {"timeout": 20}}

_DATABASE = {**(_SQLITE_FILE if _SQLITE else _POSTGRESQL), "ATOMIC_REQUESTS": True, "CONN_MAX_AGE": 300}

#: `replica` is the same database where no replica was set up, as on most hosts.
DATABASES = {"default": _DATABASE, "replica": {**_DATABASE, "TEST": {"MIRROR": "default"}}}

REDIS_HOSTNAME = os.environ.get("REDIS_HOSTNAME", "127.0.0.1")
CONSTANCE_REDIS_CONNECTION = {
    "host": REDIS_HOSTNAME,
    "port": int(os.environ.get("REDIS_PORT", "6379")),
    "db": 0,
}

#: "3": as OML 3's development branch is. Its Django has no AMI, and outbound routes are in Redis alone.
OML_STANDIN_SHAPE = os.environ.get("OML_STANDIN_SHAPE", "")

ASTERISK_HOSTNAME = os.environ.get("ASTERISK_HOSTNAME", "127.0.0.1") if OML_STANDIN_SHAPE != "3" else None
ASTERISK = {
    "AMI_USERNAME": os.environ.get("AMI_USER", "omnileadsami"),
    "AMI_PASSWORD": os.environ.get("AMI_PASSWORD", ""),
}

INSTALL_PREFIX = os.environ.get("INSTALL_PREFIX", "")
STATIC_ROOT = f"{INSTALL_PREFIX}/static" if INSTALL_PREFIX else None

OML_SIP_FILENAME = "oml_pjsip_agents.conf"
OML_RUTAS_SALIENTES_FILENAME = "oml_extensions_outr.conf"

# The stand-in's own; the real OML has none of these.
ASTERISK_AMI_PORT = int(os.environ.get("AMI_PORT", "5038"))
OML_STANDIN_AMI_PORT = int(os.environ.get("AMI_PORT", "5038"))
OML_STANDIN_AMI_TIMEOUT = float(os.environ.get("OML_STANDIN_AMI_TIMEOUT", "10"))
OML_STANDIN_WITHOUT_ASTERISK = bool(os.environ.get("OML_STANDIN_WITHOUT_ASTERISK"))
OML_STANDIN_REDIS_FILE = os.environ.get("OML_STANDIN_REDIS_FILE", "")
