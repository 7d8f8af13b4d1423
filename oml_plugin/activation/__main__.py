"""`python -m oml_plugin.activation`: the command, where its script is not in the PATH."""

from __future__ import annotations

import sys

from oml_plugin.activation.cli import main

sys.exit(main())
