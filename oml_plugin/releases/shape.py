"""The parts in which OML releases differ, recognised by what this OML has.

OML 3 (its development branch, read): outbound routes are in Redis alone, `OML:OUTR:<id>` and the sorted set
`OML:OUTR:INDEX`, and Django has no way to ask Asterisk. 1.28 to 2.6 write a dialplan file for them and have AMI.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import django
from django.conf import settings

OLDEST_DJANGO = (3, 2)
"""OML 1.28's; 1.20 to 1.27 have 2.2 (and Python 3.7 in their images)."""
ROUTES_INDEX = "OML:OUTR:INDEX"


def routes_file_creator() -> Any:
    """OML's class that writes the outbound routes' dialplan; None where routes are in Redis alone."""
    return getattr(import_module("ominicontacto_app.asterisk_config"), "RutasSalientesConfigCreator", None)


def is_without_ami() -> bool:
    """Whether OML's Django has no AMI: no host of it is set, and nothing of OML's would use it."""
    return not getattr(settings, "ASTERISK_HOSTNAME", None) and routes_file_creator() is None


def is_too_old() -> bool:
    """Whether it is older than 1.28."""
    return django.VERSION[:2] < OLDEST_DJANGO
