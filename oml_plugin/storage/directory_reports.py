"""What each link's PBX said after its last `sync` that it has (see `pbxlink.link.directory_report`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from oml_plugin.models import DirectoryReport


@dataclass(frozen=True)
class Report:
    """`extensions`: by number on the PBX, the number that it sends here; `at`: when that was said."""

    at: datetime
    extensions: Mapping[str, str]

    def by_sent(self) -> dict[str, str]:
        """The extensions by the number that they send; several in one text."""
        found: dict[str, list[str]] = {}
        for number, send in self.extensions.items():
            found.setdefault(send, []).append(number)
        return {send: ", ".join(sorted(numbers)) for send, numbers in found.items()}


def store(link: str, extensions: Mapping[str, str]) -> None:
    """Replaces what the link's PBX said."""
    values = {"reported": timezone.now(), "extensions": dict(extensions)}
    DirectoryReport.objects.update_or_create(link=link, defaults=values)


def read(link: str) -> Report | None:
    """What the link's PBX said last; None where it never said anything, as a PBX of 0.1.0."""
    row = DirectoryReport.objects.filter(link=link).first()
    return Report(row.reported, row.extensions) if row else None
