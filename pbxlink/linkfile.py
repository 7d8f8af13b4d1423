"""Reading, validating and writing the link file (INI by ConfigObj and the configspec `linkfile.spec`)."""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from configobj import ConfigObj, ConfigObjError, Section, flatten_errors, get_extra_values

from pbxlink import checks, linkrules
from pbxlink.errors import InvalidInput
from pbxlink.findings import Finding, error, errors_of
from pbxlink.linkmapping import link_of, mapping_of
from pbxlink.model import Link
from pbxlink.text import mask, shown

DEFAULT_PATH = Path("/etc/issabel-omnileads/link.conf")
_SPEC = Path(__file__).with_name("linkfile.spec")
_LARGEST = 4 * 1024 * 1024
_SECRET_KEYS = frozenset({"secret", "return_secret"})


def read(path: Path) -> Link:
    """The link that the file describes.

    Raises InvalidInput with *all* that is wrong in it: missing or readable by others, not INI, values not allowed,
    keys unknown, values that contradict each other.
    """
    return parse(_text_of(path))


def _text_of(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise InvalidInput(error("linkfile.mode", path=path, mode=f"{stat.S_IMODE(mode):04o}"))
        if path.stat().st_size > _LARGEST:
            raise InvalidInput(error("linkfile.size", path=path, limit=_LARGEST))
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput(error("linkfile.missing", path=path)) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(error("linkfile.unreadable", path=path, reason=_reason(problem))) from None


def _reason(problem: Exception) -> str:
    return problem.strerror or "?" if isinstance(problem, OSError) else type(problem).__name__


def parse(content: str) -> Link:
    """The link of a link file's text; raises InvalidInput with everything that is wrong."""
    early = list(_unreadable_lines(content))
    if early:
        raise InvalidInput(*early)
    try:
        config = ConfigObj(content.splitlines(), configspec=str(_SPEC), interpolation=False, encoding=None)
    except ConfigObjError as problem:
        raise InvalidInput(*_syntax_findings(problem)) from None
    return _validated(config)


def from_mapping(sections: Mapping[str, Any]) -> Link:
    """The link of the same sections and keys as nested mappings (a link code's content); same checks, same errors."""
    try:
        config = ConfigObj(dict(sections), configspec=str(_SPEC), interpolation=False)
    except (ConfigObjError, ValueError, TypeError) as problem:
        raise InvalidInput(error("linkfile.syntax", line=0, text=shown(problem))) from None
    return _validated(config)


def _unreadable_lines(content: str) -> Iterator[Finding]:
    for number, line in enumerate(content.splitlines(), start=1):
        if any(ord(char) < 32 and char != "\t" for char in line):
            yield error("linkfile.control", line=number)
        elif re.search(r"=\s*[^\s\"'#][^\"'#]*[^\s\"'#]?#", line) and not re.search(r"=[^\"'#]*\s#", line):
            yield error("linkfile.hash", line=number)


def _syntax_findings(problem: ConfigObjError) -> Iterator[Finding]:
    for each in getattr(problem, "errors", None) or [problem]:
        yield error("linkfile.syntax", line=getattr(each, "line_number", 0) or 0, text=type(each).__name__)


def _validated(config: ConfigObj) -> Link:
    result = config.validate(checks.validator(), preserve_errors=True)
    findings = [*_unknown(config), *_not_allowed(config, result)]
    if findings:
        raise InvalidInput(*findings)
    link = link_of(config)
    contradictions = errors_of(linkrules.contradictions(link))
    if contradictions:
        raise InvalidInput(*contradictions)
    return link


def _unknown(config: ConfigObj) -> Iterator[Finding]:
    for path, name in get_extra_values(config):
        section, spec = config, config.configspec
        for step in path:
            section, spec = section[step], spec[step] if step in spec else spec["__many__"]
        nearest = difflib.get_close_matches(str(name), [key for key in spec if key != "__many__"], n=1, cutoff=0.5)
        where = "/".join(str(step) for step in path) or "-"
        code = "linkfile.unknown_near" if nearest else "linkfile.unknown"
        yield error(code, section=shown(where), key=shown(name), nearest="".join(nearest))


def _not_allowed(config: ConfigObj, result: Any) -> Iterator[Finding]:
    for path, key, _problem in flatten_errors(config, result):
        if key is None or (path and _is_scalar_where_section_belongs(config, path)):
            yield error("linkfile.section", section=shown("/".join(path)))
            continue
        value = _at(config, path).get(key)
        check, options = _check_of(config.configspec, path, key)
        if value is None:
            yield error("linkfile.required", section="/".join(path), key=key)
            continue
        display = mask(str(value)) if key in _SECRET_KEYS else shown(value)
        yield error(f"linkfile.{check}", section=shown("/".join(path)), key=key, value=display, options=options)


def _is_scalar_where_section_belongs(config: ConfigObj, path: Sequence[str]) -> bool:
    return not isinstance(_at(config, path), Section)


def _at(config: ConfigObj, path: Sequence[str]) -> Any:
    place: Any = config
    for step in path:
        place = place[step]
    return place


def _check_of(spec: Any, path: Sequence[str], key: str) -> tuple[str, str]:
    for step in path:
        spec = spec[step] if step in spec else spec["__many__"]
    found = re.match(r"(\w+)(?:\((.*?)(?:,?\s*default=.*)?\))?$", spec.get(key, "any"))
    return (found.group(1), (found.group(2) or "").replace("'", "")) if found else ("any", "")


def dumps(link: Link) -> str:
    """The link as a link file's text; reading it again gives an equal link."""
    config = ConfigObj(interpolation=False, encoding=None, list_values=True)
    config.merge(mapping_of(link))
    return "\n".join(config.write()) + "\n"


def write(path: Path, link: Link) -> None:
    """Writes the link file, readable by its owner only, replaced in one step."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(dumps(link))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
