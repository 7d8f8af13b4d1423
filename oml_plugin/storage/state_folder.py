"""The folder of the journals and the page's jobs, and whether this process may write there."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from pbxlink.console.options import DEFAULT_STATE
from pbxlink.messages.findings import Finding, error

NAME = "PBX_LINK_STATE_DIR"
"""A Django setting or, where OML's settings must not be changed, an environment variable."""


def state_dir() -> Path:
    """The folder of the setting, else of the environment variable, else the command's default."""
    return Path(getattr(settings, NAME, None) or os.environ.get(NAME) or DEFAULT_STATE)


def problems(folder: Path) -> Iterator[Finding]:
    """A finding where this process cannot write into `folder`; tried with a temporary file."""
    for place in (folder / "journal", folder / "jobs"):
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as problem:
            reason = problem.strerror or type(problem).__name__
            yield error("state.unwritable", path=folder, reason=reason, user=_user(), setting=NAME)
            return


def _user() -> str:
    """The user's name; the number where it has none, as may be in a container."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
