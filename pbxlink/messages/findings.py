"""A finding: something wrong or risky that a check saw, with its severity and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pbxlink.messages.catalogue import text


class Severity(str, Enum):
    """How much a finding weighs: an `ERROR` stops an apply, a `WARNING` is shown and does not, `INFO` only tells."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """`code` names the message in the catalogue; `values` fill its blanks and never hold a secret."""

    code: str
    severity: Severity
    values: Mapping[str, Any] = field(default_factory=dict)

    def message(self, language: str) -> str:
        """What was seen, in `language`, one of `catalogue.LANGUAGES`."""
        return text(self.code, language, **self.values)

    def hint(self, language: str) -> str:
        """What to do next, in `language`; empty where there is nothing to do."""
        return text(self.code + ".hint", language, **self.values)

    def document(self, language: str) -> dict[str, str]:
        """The finding as it stands in `--json` output."""
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
    """A finding that only tells."""
    return Finding(code, Severity.INFO, values)


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stop an apply."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def worth_a_look(findings: Iterable[Finding]) -> list[Finding]:
    """Errors and warnings: what makes `check` and `verify` exit with 2."""
    return [finding for finding in findings if finding.severity is not Severity.INFO]
