"""The options of the commands that both sides have, and which of these take them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pbxlink.console.command_line import Option
from pbxlink.link.choices import DEFAULT_PATH
from pbxlink.messages.catalogue import LANGUAGES

if TYPE_CHECKING:
    from pbxlink.engine.plan import Key

COMMON = ("check", "plan", "apply", "adopt", "verify", "diagnose", "status", "recover", "remove", "code")
"""The commands of both sides."""

DEFAULT_STATE = Path("/var/lib/issabel-omnileads")


def _key(text: str) -> Key:
    from pbxlink.engine.plan import Key

    kind, separator, name = text.partition("/")
    if not separator or not kind or not name:
        raise argparse.ArgumentTypeError(text)
    return Key(kind, name)


OPTIONS = (
    Option("--link", settings={"type": Path, "default": DEFAULT_PATH, "metavar": "FILE"}),
    Option("--json", settings={"action": "store_true"}),
    Option("--lang", settings={"choices": LANGUAGES}),
    Option("--state-dir", settings={"type": Path, "default": DEFAULT_STATE, "metavar": "DIR"}),
    Option("number", ("diagnose",), {"nargs": "?", "default": "", "metavar": "NUMBER"}),
    Option("--join", ("diagnose",), {"nargs": "+", "default": [], "type": Path, "metavar": "FILE"}),
    Option("--listen", ("diagnose",), {"type": float, "default": 0.0, "metavar": "SECONDS"}),
    Option("--directory", ("check", "plan", "apply", "adopt", "diagnose", "status"), {"metavar": "FILE"}),
    Option("--yes", ("apply", "remove", "purge", "init", "adopt", "join"), {"action": "store_true"}),
    Option("--call", ("verify", "diagnose"), {"default": "", "metavar": "NUMBER"}),
    Option(
        "--replace",
        ("check", "plan", "apply", "adopt", "sync"),
        {"action": "append", "default": [], "metavar": "KIND/NAME", "type": _key},
    ),
    Option("--force", ("check", "plan", "apply", "sync"), {"action": "store_true"}),
    Option("--rows", ("plan", "apply", "adopt", "remove", "sync"), {"action": "store_true"}),
    Option("--list", ("status",), {"action": "store_true"}),
    Option("--of", ("status", "remove", "recover"), {"default": "", "metavar": "LINK"}),
    Option("--from", ("adopt",), {"default": "", "metavar": "LINK"}),
    Option("--wizard", ("code",), {"action": "store_true"}),
    Option("--adopted", ("plan", "apply", "remove", "sync"), {"action": "store_true"}),
)
"""The options of the commands, on both sides."""
