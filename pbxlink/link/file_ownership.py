"""Files that root makes for the user whose folder they lie in.

On a PBX the command is run by root in a terminal and by the web server's user from the GUI's page. What holds secrets
is for its owner only, so what root makes there must be that user's, or the page could not read it.
"""

from __future__ import annotations

import os
from pathlib import Path


def hand_over(made: int | Path, folder: Path) -> None:
    """Gives what root made (an open file or a folder) to the owner of `folder`; does nothing for anybody else."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(made, owner.st_uid, owner.st_gid)
