"""Reading, validating and writing the link file (INI by ConfigObj and the configspec `link_file.spec`)."""

from __future__ import annotations

import difflib
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from configobj import ConfigObj, ConfigObjError, Section, flatten_errors, get_extra_values

from pbxlink.link import private_file, rules, validators
from pbxlink.link.link_sections import link_of, mapping_of
from pbxlink.link.model import Link
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error, errors_of
from pbxlink.messages.masking import mask, shown

_SPEC = Path(__file__).with_name("link_file.spec")
_LARGEST = 4 * 1024 * 1024
_SECRET_KEYS = frozenset({"secret", "return_secret", "token"})
_CONTROLS = frozenset({"Cc", "Zl", "Zp"})
"""The Unicode categories of characters that end a line or are invisible."""


def read(path: Path) -> Link:
    """The link that the file describes.

    Raises InvalidInput with *everything* that is wrong: file missing or readable by others, no INI file, values not
    allowed, unknown keys, values that contradict each other.
    """
    return parse(_text_of(path))


def _text_of(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise InvalidInput(error("linkfile.mode", path=path, mode=f"{stat.S_IMODE(mode):04o}"))
        if path.stat().st_size > _LARGEST:
            raise InvalidInput(error("linkfile.size", path=path, limit=_LARGEST))
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InvalidInput(error("linkfile.missing", path=path)) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(error("linkfile.unreadable", path=path, reason=_reason(problem))) from None


def _reason(problem: Exception) -> str:
    return problem.strerror or "?" if isinstance(problem, OSError) else type(problem).__name__


@lru_cache(maxsize=64)
def parse(content: str) -> Link:
    """The link of a link file's text, which a run asks for several times. Raises InvalidInput with everything that is
    wrong."""
    # Not splitlines(): it also splits at characters that editors do not show as a line end.
    lines = [line.removesuffix("\r") for line in content.split("\n")]
    early = list(_unreadable_lines(lines))
    if early:
        raise InvalidInput(*early)
    try:
        config = ConfigObj(lines, configspec=_spec(), interpolation=False, encoding=None)
    except ConfigObjError as problem:
        raise InvalidInput(*_syntax_findings(problem)) from None
    return _validated(config)


def from_mapping(sections: Mapping[str, Any]) -> Link:
    """The link of nested mappings (the content of a link code): same sections and keys, same checks and errors."""
    try:
        config = ConfigObj(dict(sections), configspec=_spec(), interpolation=False)
    except (ConfigObjError, ValueError, TypeError, RecursionError) as problem:
        raise InvalidInput(error("linkfile.syntax", line=0, text=type(problem).__name__)) from None
    return _validated(config)


def _unreadable_lines(lines: Sequence[str]) -> Iterator[Finding]:
    for number, line in enumerate(lines, start=1):
        if any(unicodedata.category(char) in _CONTROLS and char != "\t" for char in line):
            yield error("linkfile.control", line=number)
        elif _is_cut_by_hash(line):
            yield error("linkfile.hash", line=number)


def _is_cut_by_hash(line: str) -> bool:
    """Whether a `#` outside of quotes follows the value directly: ConfigObj would take the rest for a comment."""
    key, _, value = line.partition("=")
    if key.lstrip().startswith(("#", "[")):
        return False
    bare = re.sub(r"(^|,)\s*(\"[^\"]*\"|'[^']*')", r"\1q", value)
    return re.match(r"[^#]*[^\s#]#", bare) is not None


def _syntax_findings(problem: ConfigObjError) -> Iterator[Finding]:
    for each in getattr(problem, "errors", None) or [problem]:
        yield error("linkfile.syntax", line=getattr(each, "line_number", 0) or 0, text=type(each).__name__)


def _validated(config: ConfigObj) -> Link:
    findings = list(_misplaced(config, config.configspec, ()))
    result = config.validate(validators.validator(), preserve_errors=True)
    findings += [*_unknown(config), *_not_allowed(config, result)]
    if findings:
        raise InvalidInput(*findings)
    link = link_of(config)
    contradictions = errors_of(rules.contradictions(link))
    if contradictions:
        raise InvalidInput(*contradictions)
    return link


@cache
def _spec() -> list[str]:
    return _SPEC.read_text(encoding="utf-8").splitlines()


def _misplaced(section: Section, spec: Section, path: tuple[str, ...]) -> Iterator[Finding]:
    """Values in the place of a section, sections in the place of a value, and null (in a link code). Removes them:
    ConfigObj's validation fails on the first two and accepts the last."""
    for name in [name for name in section if name in spec and name != "__many__"]:
        if isinstance(section[name], Section) and isinstance(spec[name], Section):
            yield from _misplaced(section[name], spec[name], (*path, name))
        elif isinstance(spec[name], Section):
            yield error("linkfile.section", section="/".join((*path, name)))
            del section[name]
        elif section[name] is None or isinstance(section[name], Section):
            yield _refusal(spec, path, name, "null" if section[name] is None else f"[{name}]")
            del section[name]
    for name in [name for name in section if "__many__" in spec and name not in spec]:
        if isinstance(section[name], Section):
            yield from _misplaced(section[name], spec["__many__"], (*path, name))


def _unknown(config: ConfigObj) -> Iterator[Finding]:
    # ConfigObj's validation skips a section of this name, whatever the configspec says.
    ignored = [((), "DEFAULT")] if isinstance(config.get("DEFAULT"), Section) else []
    for path, name in [*ignored, *get_extra_values(config)]:
        section, spec = config, config.configspec
        for step in path:
            section, spec = section[step], _spec_of(spec, step)
        nearest = difflib.get_close_matches(str(name), [key for key in spec if key != "__many__"], n=1, cutoff=0.5)
        where = "/".join(str(step) for step in path) or "-"
        code = "linkfile.unknown_near" if nearest else "linkfile.unknown"
        yield error(code, section=shown(where), key=shown(name), nearest="".join(nearest))


def _spec_of(spec: Section, step: str) -> Section:
    return spec[step] if step in spec else spec["__many__"]


def _not_allowed(config: ConfigObj, result: Any) -> Iterator[Finding]:
    for path, key, _problem in flatten_errors(config, result):
        section, spec = config, config.configspec
        for step in path:
            section, spec = section[step], _spec_of(spec, step)
        if section.get(key) is None:
            yield error("linkfile.required", section=shown("/".join(path)), key=key)
        else:
            yield _refusal(spec, path, key, section[key])


def _refusal(spec: Section, path: Sequence[str], key: str, value: Any) -> Finding:
    check, options = _check_of(spec[key])
    plain = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
    display = mask(str(value)) if key in _SECRET_KEYS else shown(plain)
    return error(f"linkfile.{check}", section=shown("/".join(path)), key=key, value=display, options=options)


def _check_of(spec: str) -> tuple[str, str]:
    """The check's name, and its arguments as text: they say what it allows."""
    found = re.match(r"(\w+)(?:\((.*?)(?:,?\s*default=.*)?\))?$", spec)
    allowed = (found.group(2) or "").replace("'", "") if found else ""
    is_range = found is not None and found.group(1).startswith("integer")
    return (found.group(1), allowed.replace(", ", "-") if is_range else allowed) if found else ("any", "")


def dumps(link: Link) -> str:
    """The link as a link file's text; reading it again gives an equal link."""
    return "\n".join(written(mapping_of(link))) + "\n"


def written(sections: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The lines of a link file with these sections."""
    config = ConfigObj(interpolation=False, encoding=None, list_values=True)
    config.merge(sections)
    return list(config.write())


def write(path: Path, link: Link) -> None:
    """Replaces the link file in one step, readable by its owner only. Raises InvalidInput where that fails."""
    try:
        _replace(path, dumps(link))
    except OSError as problem:
        raise InvalidInput(error("linkfile.unwritable", path=path, reason=_reason(problem))) from problem


def _replace(path: Path, content: str) -> None:
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    private_file.replace(path, content)
