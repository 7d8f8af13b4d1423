"""AMI as OML's Django uses it."""

from __future__ import annotations

import logging

from django.conf import settings
from ominicontacto_app.errors import OmlError
from standin_support.ami import AmiError, AmiSession

logger = logging.getLogger(__name__)


class AMIManagerConnector:
    """One AMI connection; with OML_STANDIN_WITHOUT_ASTERISK it only logs."""

    def __init__(self) -> None:
        self.manager: AmiSession | None = None

    def connect(self) -> bool:
        """Connect and log in; True on failure, which is logged and shows when a command is tried."""
        if settings.OML_STANDIN_WITHOUT_ASTERISK:
            return False
        try:
            self.manager = AmiSession(
                str(settings.ASTERISK_HOSTNAME),
                settings.OML_STANDIN_AMI_PORT,
                settings.ASTERISK["AMI_USERNAME"],
                settings.ASTERISK["AMI_PASSWORD"],
                settings.OML_STANDIN_AMI_TIMEOUT,
            )
        except AmiError as error:
            logger.error("Error connecting to the manager: %s", error)
            return True
        return False

    def disconnect(self) -> None:
        """Close the connection, if there is one."""
        if self.manager is not None:
            self.manager.close()
            self.manager = None

    def command(self, line: str) -> str:
        """Run a CLI command. Raises OmlError when there is no connection or the command is refused."""
        if settings.OML_STANDIN_WITHOUT_ASTERISK:
            logger.info("no Asterisk here; not run: %s", line)
            return ""
        if self.manager is None:
            raise OmlError("No hay conexión AMI")
        try:
            return self.manager.command(line)
        except AmiError as error:
            raise OmlError("AMI no ejecutó el comando", cause=error) from error
