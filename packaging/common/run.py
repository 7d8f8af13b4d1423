"""Starts the command with the libraries that lie beside this file."""

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE / "vendor")]

from issabel_module.cli import main  # noqa: E402

sys.exit(main())
