#!/usr/bin/env python3
"""`manage.py` of the stand-in OML. With OML_STANDIN_PLUGIN set, `oml_plugin` is found in this checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run one management command of the stand-in."""
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    if os.environ.get("OML_STANDIN_PLUGIN"):
        sys.path.append(str(HERE.parents[2]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ominicontacto.settings.production")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
