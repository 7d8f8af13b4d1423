"""Lines in OML's log where a part of the plugin is left out. In English: the catalogue may not be loadable."""

from __future__ import annotations

import logging

LOGGER = "oml_plugin"
WITHOUT = "OML runs without the plugin"
_told: set[str] = set()


def tell(message: str, failed: bool = False) -> None:
    """Logs `message` once in a process; with `failed` also the traceback of the current exception.

    OML configures only Django's loggers, so Python's handler of last resort writes this to the error output. OML's
    configuration disables loggers that existed before it.
    """
    if message not in _told:
        _told.add(message)
        logger = logging.getLogger(LOGGER)
        logger.disabled = False
        logger.error("oml_plugin: %s", message, exc_info=failed)
