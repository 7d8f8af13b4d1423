"""Files made by root get the owner of the folder they lie in.

On a PBX the command is run by root in a terminal, and by the web server's user from the GUI's page. Files with secrets
are readable by their owner only; if root kept those it makes, the page could not read them.
"""

from __future__ import annotations

import os
from pathlib import Path


def hand_over(made: int | Path, folder: Path) -> None:
    """Gives an open file or a folder to the owner of `folder`. Does nothing where this process is not root."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(made, owner.st_uid, owner.st_gid)
