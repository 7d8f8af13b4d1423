"""The secret of a new link."""

from __future__ import annotations

import secrets
import string

_LENGTH = 32
_ALPHABET = string.ascii_letters + string.digits


def new_secret() -> str:
    """A secret of letters and digits only: the PBX's GUI escapes quotes, and `;` cuts a password on OML."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
