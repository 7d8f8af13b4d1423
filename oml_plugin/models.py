"""Our own tables in OML's database: what of OML is ours (secrets masked), the API's tokens (hashed), the links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models


class OwnedResource(models.Model):
    """A trunk or outbound route that a link made or took over."""

    link: models.CharField[str, str] = models.CharField(max_length=32)
    kind: models.CharField[str, str] = models.CharField(max_length=20)
    name: models.CharField[str, str] = models.CharField(max_length=128)
    image: models.TextField[str, str] = models.TextField()

    class Meta:
        unique_together = (("link", "kind", "name"),)

    def __str__(self) -> str:
        return f"{self.link}: {self.kind}/{self.name}"


class DirectoryToken(models.Model):
    """The token with which a link's PBX asks for the directory: one for each link, and only its SHA-256."""

    link: models.CharField[str, str] = models.CharField(max_length=32, unique=True)
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    created: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    last_used: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.link


class RequestCount(models.Model):
    """How many requests somebody made in one minute; `who` is a link's token or an address whose token was wrong."""

    who: models.CharField[str, str] = models.CharField(max_length=80, unique=True)
    minute: models.BigIntegerField[int, int] = models.BigIntegerField()
    """Minutes since 1970."""
    count: models.IntegerField[int, int] = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.who}: {self.count}"


class SavedLink(models.Model):
    """A link that was entered on OML's page or applied here: what the page and `manage.py pbx_link` work on.

    `code` is its link code and holds the secret in clear, as OML's own row of the trunk does.
    """

    name: models.CharField[str, str] = models.CharField(max_length=32, unique=True)
    code: models.TextField[str, str] = models.TextField()
    changed: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    verified: models.JSONField[Any, Any] = models.JSONField(null=True)
    """What the last `verify` found, as a list of `Verdict.document()`; null where there was none since `changed`."""
    verified_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
