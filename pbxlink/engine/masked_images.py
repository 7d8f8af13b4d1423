"""Images with their secrets masked, as they are shown, recorded in our own table and put into `--json`.

Long texts are shown and kept by a mark: two of one mark are the same.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from pbxlink.engine.differences import WHOLE_TEXTS
from pbxlink.engine.image_template import Template, Templated
from pbxlink.engine.plan import Image, Row
from pbxlink.messages.masking import mask

_LINES_WITH_SECRETS = ("text_config", "register_string")
_BOX_PASSWORD = re.compile(r"(=>?\s*)[^,\s]*")
"""Of a line of voicemail.conf, `2001 => 4321,Ana,...`: the group stands before its password."""


def hide(image: Image | None) -> Image | None:
    """The image with every cell that holds a secret masked, also in rows that others made."""
    if image is None or (isinstance(image, Templated) and not _may_hold_secrets(image.template)):
        return image
    return {table: tuple(_hide_row(row) for row in rows) for table, rows in image.items()}


@lru_cache(maxsize=64)
def _may_hold_secrets(template: Template) -> bool:
    columns = {column for rows in template.tables.values() for row in rows for column in row}
    return not columns.isdisjoint({"keyword", *_LINES_WITH_SECRETS, *WHOLE_TEXTS})


def _hide_row(row: Row) -> Row:
    shown = dict(row)
    if shown.get("mailbox_line"):
        shown["mailbox_line"] = _BOX_PASSWORD.sub(rf"\1{mask('x')}", shown["mailbox_line"] or "", count=1)
    if (shown.get("keyword") or "").lower() in {"secret", "remotesecret", "md5secret", "register"}:
        shown["data"] = mask(shown.get("data") or "")
    for column in _LINES_WITH_SECRETS:
        if shown.get(column):
            shown[column] = _hide_lines(shown[column] or "")
    for column in WHOLE_TEXTS:
        text = shown.get(column)
        if text and "\n" in text:
            shown[column] = f"{text.count(chr(10))} lines {hashlib.sha256(text.encode('utf-8')).hexdigest()[:12]}"
    return shown


def _hide_lines(wizard: str) -> str:
    return "\r\n".join(
        line.split("=", 1)[0] + "=" + mask("x") if "password" in line.split("=", 1)[0].lower() else line
        for line in wizard.splitlines()
    )
