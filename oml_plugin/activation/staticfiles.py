"""Copies our static files to where OML serves static files from, and deletes only them."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files import File

FOLDER = Path(__file__).parents[1] / "static"


def ours() -> list[str]:
    """The names of the files that the plugin has, relative to STATIC_ROOT."""
    return sorted(str(each.relative_to(FOLDER)) for each in FOLDER.rglob("*") if each.is_file())


def state() -> dict[str, Any]:
    """STATIC_ROOT, whether it can be written, our files, and which of them are missing there or differ."""
    root = str(settings.STATIC_ROOT or "")
    return {"root": root, "writable": _is_writable(root), "files": ours(), "missing": missing() if root else []}


def missing() -> list[str]:
    """The names of our files that are missing in STATIC_ROOT or differ."""
    return [name for name in ours() if _content(name) != (FOLDER / name).read_bytes()]


def put() -> dict[str, Any]:
    """Copies the missing files. The answer is what `take_away` needs to undo it."""
    names = missing()
    before = {name: _content(name) for name in names}
    for name in names:
        staticfiles_storage.delete(name)
        with (FOLDER / name).open("rb") as file:
            staticfiles_storage.save(name, File(file))
    return {
        "names": names,
        "before": {name: _coded(content) for name, content in before.items() if content is not None},
    }


def take_away(names: Iterable[str] | None, before: Mapping[str, str]) -> dict[str, Any]:
    """Deletes these files (None: all of ours), and writes those of `before` again."""
    taken = [name for name in (ours() if names is None else names) if staticfiles_storage.exists(name)]
    for name in taken:
        staticfiles_storage.delete(name)
        if name in before:
            path = Path(staticfiles_storage.path(name))
            path.write_bytes(base64.b64decode(before[name]))
        else:
            _delete_empty_folders(name)
    return {"names": taken}


def _delete_empty_folders(name: str) -> None:
    for folder in list(Path(name).parents)[:-1]:
        path = Path(staticfiles_storage.path(str(folder)))
        if not path.is_dir() or any(path.iterdir()):
            return
        path.rmdir()


def _content(name: str) -> bytes | None:
    if not staticfiles_storage.exists(name):
        return None
    with staticfiles_storage.open(name) as file:
        return bytes(file.read())


def _coded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _is_writable(root: str) -> bool:
    """Whether the folder can be written, or made where it does not exist."""
    if not root:
        return False
    there = next((each for each in (Path(root), *Path(root).parents) if each.exists()), Path("/"))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
