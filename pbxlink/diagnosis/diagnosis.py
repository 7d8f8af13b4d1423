"""The end of a diagnosis: the sights of one or both sides, and the one cause that explains them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pbxlink.diagnosis.causes import CAUSES, Sure, rank
from pbxlink.diagnosis.sights import Sight
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error

OTHER = {"pbx": "omnileads", "omnileads": "pbx"}


@dataclass(frozen=True)
class Named:
    """A cause as it is told: on which host it is mended, what is wrong there, and the one thing to do."""

    code: str
    host: str
    message: str
    hint: str

    def document(self) -> dict[str, str]:
        """The cause as in `--json` output."""
        return {"code": self.code, "host": self.host, "message": self.message, "hint": self.hint}


@dataclass(frozen=True)
class Diagnosis:
    """What one side saw."""

    side: str
    sights: Sequence[Sight]

    def document(self, language: str) -> dict[str, Any]:
        """As in `--json` output, from which `joined` reads it on the other host."""
        title = text(f"side.{self.side}", language)
        return {"side": self.side, "title": title, "sights": [each.document(language) for each in self.sights]}


def named(documents: Iterable[Mapping[str, Any]]) -> Named | None:
    """The cause by what one side or both saw; None where nobody saw one. Raises KeyError, TypeError or ValueError for
    what is no document."""
    found = (each for document in documents for each in _of_document(document))
    return min(found, key=lambda each: rank(each.code), default=None)


def joined(texts: Iterable[tuple[str, str]]) -> tuple[list[Mapping[str, Any]], Named | None]:
    """The documents of both sides (name of the file, text), and the cause by both. Raises InvalidInput for a text that
    is none."""
    documents = [_document(name, content) for name, content in texts]
    return documents, named(documents)


def _document(name: str, content: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(content)["diagnosis"]
        list(_of_document(found))
    except (ValueError, KeyError, TypeError) as problem:
        raise InvalidInput(error("diagnosis.unreadable", path=name, reason=type(problem).__name__)) from None
    return found


def _of_document(document: Mapping[str, Any]) -> Iterator[Named]:
    side = str(document["side"])
    for sight in document["sights"]:
        for cause in sight["causes"]:
            known = CAUSES.get(cause["code"])
            if known is not None and known.sure is not Sure.MINOR:
                host = OTHER[side] if known.there else side
                yield Named(cause["code"], host, str(cause["message"]), str(cause["hint"]))


def causes_among(findings: Iterable[Finding]) -> Iterator[Sight]:
    """A sight for each finding that is a cause, at its step."""
    for finding in findings:
        known = CAUSES.get(finding.code)
        if known is not None:
            yield Sight(known.step, known.sure is Sure.MINOR or False, "", "", [finding])
