"""The plugin's line in OML's log when something of it is left out. English, as there may be no catalogue to ask."""

from __future__ import annotations

import logging

LOGGER = "oml_plugin"
WITHOUT = "OML runs without the plugin"
_told: set[str] = set()


def tell(message: str, failed: bool = False) -> None:
    """Logs `message` once a process; `failed`: with the traceback of the exception that is being handled.

    OML configures no logger but Django's, so this reaches the process's error output by Python's last resort. A logger
    that was there before OML configured its logging may have been disabled by that.
    """
    if message not in _told:
        _told.add(message)
        logger = logging.getLogger(LOGGER)
        logger.disabled = False
        logger.error("oml_plugin: %s", message, exc_info=failed)
