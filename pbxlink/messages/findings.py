"""A finding: something wrong or risky that a check found, its severity, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from pbxlink.messages.catalogue import page_text, text


class Severity(str, Enum):
    """An `ERROR` stops an apply; a `WARNING` is shown and stops nothing; `INFO` needs no reaction."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Term:
    """A value of a finding that is itself a message, so that it is said in the language of who reads it."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, language: str) -> str:
        """The term in `language`."""
        return text(self.code, language, **_all_said(self.values, language))


def term(code: str, **values: Any) -> Term:
    """A message as a value of another."""
    return Term(code, values)


class Said(Protocol):
    """A value with words of its own in each language, such as a `Term`."""

    def said(self, language: str) -> str:
        """The value in `language`."""
        ...


def _said(value: Any, language: str) -> Any:
    if hasattr(value, "said"):
        spoken: Said = value
        return spoken.said(language)
    return ", ".join(str(_said(each, language)) for each in value) if isinstance(value, tuple) else value


def _all_said(values: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {name: _said(value, language) for name, value in values.items()}


@dataclass(frozen=True)
class Finding:
    """`code` names the message in the catalogue; `values` fill its blanks and never hold a secret. A value may be
    `Said`, or a tuple of values."""

    code: str
    severity: Severity
    values: Mapping[str, Any] = field(default_factory=dict)

    def message(self, language: str) -> str:
        """The message in `language`, one of `catalogue.LANGUAGES`."""
        return text(self.code, language, **_all_said(self.values, language))

    def hint(self, language: str) -> str:
        """The next step, in `language`; empty where there is nothing to do."""
        return text(self.code + ".hint", language, **_all_said(self.values, language))

    def on_page(self, language: str) -> tuple[str, str]:
        """Message and hint as a web page says them, where commands have other words."""
        values = _all_said(self.values, language)
        message = page_text(self.code, "page", language, **values)
        hint = page_text(self.code, "page_hint", language, **values)
        return (
            self.message(language) if message is None else message,
            self.hint(language) if hint is None else hint,
        )

    def document(self, language: str) -> dict[str, str]:
        """The finding as in `--json` output."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message(language),
            "hint": self.hint(language),
        }


def error(code: str, **values: Any) -> Finding:
    """A finding that stops an apply."""
    return Finding(code, Severity.ERROR, values)


def warning(code: str, **values: Any) -> Finding:
    """A finding that is shown and stops nothing."""
    return Finding(code, Severity.WARNING, values)


def info(code: str, **values: Any) -> Finding:
    """A finding that needs no reaction."""
    return Finding(code, Severity.INFO, values)


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop an apply."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def worth_a_look(findings: Iterable[Finding]) -> list[Finding]:
    """Errors and warnings: with any of them `check` and `verify` exit with 2."""
    return [finding for finding in findings if finding.severity is not Severity.INFO]


def of_system_error(problem: OSError) -> Finding:
    """What the system refused: a file or folder by its name, anything else as it is."""
    if not problem.filename:
        return error("apply.unexpected", type=type(problem).__name__, text=str(problem))
    code = "file.denied" if isinstance(problem, PermissionError) else "file.failed"
    return error(code, path=problem.filename, reason=problem.strerror)
