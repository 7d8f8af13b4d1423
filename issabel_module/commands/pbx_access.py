"""The PBX that a run is about: on this machine, or reached by ssh; its settings and where its journals are."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from issabel_module.host.local_host import LocalHost
from pbxlink.console.options import DEFAULT_STATE
from pbxlink.engine.journal import Journals
from pbxlink.link import charset
from pbxlink.link.model import DirectoryAccess, Link
from pbxlink.messages.errors import InvalidInput, SideUnavailable
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

if TYPE_CHECKING:
    from issabel_module.host.settings import Settings
    from issabel_module.host.ssh_host import SshHost
    from issabel_module.side import PbxSide


class PbxAccess:
    """What is opened is closed with `opened`. The host is --host, else the link's; else this machine."""

    def __init__(self, options: argparse.Namespace, opened: ExitStack) -> None:
        self._options = options
        self._opened = opened
        self._ssh: SshHost | None = None

    def begin(self) -> int:
        """Takes the host of the command line. Raises InvalidInput; otherwise 0, as a command that went well."""
        if self._options.host:
            self._note(self._options.host)
        return 0

    def note(self, link: Link) -> None:
        """Takes the host that the link names, unless the command line named one. Raises InvalidInput."""
        if link.pbx.host and not self._options.host:
            self._note(link.pbx.host)

    def _note(self, host: str) -> None:
        """Two PBXs may have links of one name: what is kept of them here is kept apart."""
        if not charset.is_ssh_host(host):
            raise InvalidInput(error("ssh.host", host=shown(host)))
        self._options.host = host
        name = re.sub(r"[^A-Za-z0-9._-]", "_", host.rpartition("@")[2])
        self._options.state_dir = own_state(self._options.state_dir) / "hosts" / name

    @property
    def state_dir(self) -> Path:
        """Where journals and the like of this PBX's links are; known once the host is (`begin`, `note`)."""
        return Path(self._options.state_dir)

    def journals(self, folder: Path) -> Journals:
        """The journals of the links of this PBX."""
        if not self._options.host:
            return Journals(folder)
        from issabel_module.storage.journal_copy import CopiedJournals

        return CopiedJournals(folder, self._over_ssh())

    def settings(self) -> Settings:
        """Where the PBX keeps things. Raises InvalidInput or SideUnavailable."""
        _require_libraries()
        from issabel_module.flavours.detect import FLAVOURS
        from issabel_module.host import settings
        from issabel_module.storage import settings_table

        with self.explained():
            found = settings.find(self._host(), self._options.amportal_conf, self._options.database_url)
            return settings_table.complete(found, FLAVOURS)

    def connect(self, link: Link | None) -> PbxSide:
        """The PBX as a side of the link."""
        from issabel_module import side

        settings = self.settings()
        with self.explained():
            return self._opened.enter_context(closing(side.connect(self._host(), settings, link)))

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Adds what ssh has to say to the error of a server that did not answer."""
        try:
            yield
        except SideUnavailable as problem:
            complaints = self._ssh.complaints() if self._ssh else []
            if not complaints:
                raise
            raise SideUnavailable(*problem.findings, *complaints) from problem

    def _host(self) -> LocalHost | SshHost:
        return self._over_ssh() if self._options.host else LocalHost()

    def _over_ssh(self) -> SshHost:
        if self._ssh is None:
            from issabel_module.host.ssh_host import SshHost

            self._ssh = self._opened.enter_context(closing(SshHost(self._options.host)))
        return self._ssh


def _require_libraries() -> None:
    """A wheel that is installed without its extra `pbx` lacks them. Raises InvalidInput."""
    missing = [name for name, module in _LIBRARIES.items() if not _is_there(module)]
    if missing:
        raise InvalidInput(error("command.libraries", names=", ".join(missing)))


_LIBRARIES = {"mysql-connector-python": "mysql.connector", "sqlalchemy": "sqlalchemy"}


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def for_omnileads(link: Link) -> Link:
    """The link as its code goes to OML: without the token with which this PBX asks OML, and how ssh reaches the PBX."""
    return replace(link, directory=DirectoryAccess(), pbx=replace(link.pbx, host=""))


def own_state(folder: Path) -> Path:
    """The state folder; an ordinary user's own where the usual one is root's."""
    if folder != DEFAULT_STATE or os.access(folder if folder.is_dir() else folder.parent, os.W_OK):
        return folder
    try:
        return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / DEFAULT_STATE.name
    except RuntimeError:  # no HOME and no such user, as in a container: the usual one, which then names --state-dir
        return folder
