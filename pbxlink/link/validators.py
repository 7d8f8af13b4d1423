"""The checks named in the link file's configspec. Each takes a raw value and returns the validated one.

A check raises an empty `ValidateError`; the message is `linkfile.<check>` of the catalogue, which says in the user's
language what is allowed.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from typing import Any

from configobj.validate import ValidateError, Validator

from pbxlink.link import certificate, charset
from pbxlink.link.model import Agent, DialPattern
from pbxlink.link.numbering import parse_pattern

Check = Callable[..., Any]


def _matches(expression: re.Pattern[str]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not expression.fullmatch(value):
            raise ValidateError
        return value

    return check


def _or_empty(check: Check) -> Check:
    def optional(value: Any) -> Any:
        return value if value == "" else check(value)

    return optional


def _host(value: Any) -> str:
    if not isinstance(value, str) or not charset.is_host(value):
        raise ValidateError
    return value


def _ssh_host(value: Any) -> str:
    if not isinstance(value, str) or not charset.is_ssh_host(value):
        raise ValidateError
    return value


def _url(value: Any) -> str:
    if not isinstance(value, str) or not charset.is_https_url(value):
        raise ValidateError
    return value


def _fingerprint(value: Any) -> str:
    try:
        return certificate.normalised(str(value))
    except ValueError as error:
        raise ValidateError from error


def _port(value: Any) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", str(value)) or not 1 <= int(value) <= 65535:
        raise ValidateError
    return int(value)


def _integer(value: Any, low: str, high: str) -> int:
    """Digits only: ConfigObj's own check also accepts True (in a link code), `1_0` and ` 10`."""
    if not re.fullmatch(r"[0-9]{1,9}", str(value)) or not int(low) <= int(value) <= int(high):
        raise ValidateError
    return int(value)


def _items(value: Any) -> list[str]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise ValidateError
    return [item.strip() for item in items if item.strip()]


def _codecs(value: Any) -> tuple[str, ...]:
    codecs = _items(value)
    if not codecs or len(set(codecs)) != len(codecs) or not all(charset.CODEC.fullmatch(c) for c in codecs):
        raise ValidateError
    return tuple(codecs)


def _patterns(value: Any) -> tuple[DialPattern, ...]:
    try:
        parsed = tuple(parse_pattern(item) for item in _items(value))
    except ValueError as error:
        raise ValidateError from error
    if not parsed:
        raise ValidateError
    return tuple(dict.fromkeys(parsed))


def _agents(value: Any) -> tuple[Agent, ...]:
    return tuple(_agent(item) for item in _items(value))


def _agent(item: str) -> Agent:
    found = re.fullmatch(r"([0-9]{4,10}):([0-9]{1,9})(?::(.*))?", item)
    name = (found.group(3) or "").strip() if found else ""
    if not found or (name and not charset.DISPLAY_NAME.fullmatch(name)):
        raise ValidateError
    return Agent(int(found.group(2)), found.group(1), name)


def _dids(value: Any) -> tuple[str, ...]:
    check = _matches(charset.DIALABLE)
    return tuple(check(item) for item in _items(value))


def _agent_ids(value: Any) -> tuple[int, ...]:
    return tuple(_integer(item, "0", "999999999") for item in _items(value))


def _template(value: Any, *fields: str) -> str:
    try:
        used = [name for _, name, spec, conv in string.Formatter().parse(value) if name is not None or spec or conv]
    except (ValueError, TypeError) as error:
        raise ValidateError from error
    literal = re.sub(r"\{[a-z]+\}", "", value)
    if not set(used) <= set(fields) or not re.fullmatch(r"[A-Za-z0-9 :-]*", literal) or not value:
        raise ValidateError
    return str(value)


CHECKS: dict[str, Check] = {
    "integer": _integer,
    "link_name": _matches(charset.LINK_NAME),
    "host": _host,
    "host_or_empty": _or_empty(_host),
    "ssh_host_or_empty": _or_empty(_ssh_host),
    "port_or_empty": _or_empty(_port),
    "pbx_trunk": _matches(charset.PBX_TRUNK),
    "oml_trunk": _matches(charset.OML_TRUNK),
    "context": _matches(charset.CONTEXT),
    "transport_or_empty": _or_empty(_matches(charset.TRANSPORT)),
    "secret": _matches(charset.SECRET),
    "secret_or_empty": _or_empty(_matches(charset.SECRET)),
    "url_or_empty": _or_empty(_url),
    "fingerprint_or_empty": _or_empty(_fingerprint),
    "codecs": _codecs,
    "extension": _matches(charset.EXTENSION),
    "dialable": _matches(charset.DIALABLE),
    "display_name": _or_empty(_matches(charset.DISPLAY_NAME)),
    "agents": _agents,
    "agent_ids": _agent_ids,
    "dids": _dids,
    "template": _template,
    "patterns": _patterns,
    "fallback": _or_empty(_matches(charset.FALLBACK)),
    "integer_or_empty": lambda value, low, high: value if value == "" else _integer(value, low, high),
    "dial_options": _or_empty(_matches(charset.DIAL_OPTIONS)),
}


def validator() -> Validator:
    """A ConfigObj validator with these checks in addition to ConfigObj's own."""
    return Validator(CHECKS)
