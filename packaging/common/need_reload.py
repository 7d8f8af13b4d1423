"""Prints whether changes wait for the PBX's reload (`true`, `false`); with `settled` it first says that none do.

Registering the package's page sets the PBX's flag, although nothing of a page goes into Asterisk's files. Where it was
not set before, the package takes it back, so that nobody is told of changes that nobody made.
"""

import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE / "vendor")]

from issabel_module.asterisk import reload  # noqa: E402
from issabel_module.host import settings  # noqa: E402
from issabel_module.host.local_host import LocalHost  # noqa: E402
from issabel_module.storage.database import Database  # noqa: E402
from pbxlink.messages.errors import LinkError  # noqa: E402

try:
    found = settings.find(LocalHost(), Path(os.environ.get("AMPORTAL_CONF", "/etc/amportal.conf")))
    database = Database(found.database)
    if sys.argv[1:] == ["settled"]:
        reload.settle(database)
    print("true" if reload.is_pending(database) else "false")
except LinkError:
    sys.exit(1)
