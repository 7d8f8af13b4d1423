"""The dialplan part of the links, in the file of the outbound routes that OML gives its Asterisk.

OML writes that file whole, whenever a route is saved and at each start (`regenerar_asterisk`), by its own class
`ConfigFile`; its Asterisk loads it in every release from 1.28 to 2.6 (in 1.x from `/etc/asterisk`, in 2.x from
`retrieve_conf/`, the only folder there that OML can write to: read). So what is added to it comes back by itself when
a container starts, goes with OML's own next writing once the plugin is gone, and no file that an administrator wrote
is touched. AMI's `UpdateConfig`, the other way to a file there, rewrites the whole of it in Asterisk's own spacing
under a header of its own (measured on 16): what was written by hand would not be kept to the byte.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import wraps
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

BEGIN = "\n; ==== BEGIN issabel-omnileads: the dialplan part of a link. Changed by `manage.py pbx_link` only.\n"
END = "; ==== END issabel-omnileads\n"
_MARK = "_issabel_omnileads"
_logger = logging.getLogger(__name__)


def extend(config_file: Any) -> None:
    """Lets OML's class `ConfigFile` write the links' part too. A second time does nothing."""
    if not hasattr(config_file.write, _MARK):
        config_file.write = _with_ours(config_file.write)


def _with_ours(write: Callable[[Any, Iterable[str]], Any]) -> Callable[[Any, Iterable[str]], Any]:
    @wraps(write)
    def extended(self: Any, contenidos: Iterable[str]) -> Any:
        if not _is_routes_file(self):
            return write(self, contenidos)
        return write(self, [*contenidos, *_parts()])

    setattr(extended, _MARK, True)
    return extended


def _is_routes_file(file: Any) -> bool:
    name = str(getattr(settings, "OML_RUTAS_SALIENTES_FILENAME", "")).strip()
    return bool(name) and Path(str(getattr(file, "_filename", ""))).name == Path(name).name


def _parts() -> list[str]:
    """What is to be added. Whatever goes wrong with it, OML's own part is written: nothing is raised."""
    try:
        # A failing query must not spoil the transaction in which OML saves a route; without one there is none to begin.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            text = published()
    except Exception as problem:
        _logger.error(
            "issabel-omnileads: the links' dialplan part is left out of the outbound routes' file: %s", problem
        )
        return []
    return [BEGIN, text, END] if text else []


def published() -> str:
    """The text of all links in one: the rules once, as last written, and each context's hook once."""
    model = apps.get_model("oml_plugin", "DialplanPart")
    if model._meta.db_table not in connection.introspection.table_names():
        return ""
    rows = list(model._default_manager.order_by("-pk").values_list("hook", "rules"))
    return "".join([*dict.fromkeys(hook for hook, _ in rows), rows[0][1]]) if rows else ""
