"""Our own tables in OML's database: which of OML's resources are ours, the API's tokens (hashed), the saved links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models


class OwnedResource(models.Model):
    """A trunk, outbound route or dialplan part that a link made or adopted; `image` has its secrets masked."""

    link: models.CharField[str, str] = models.CharField(max_length=32)
    kind: models.CharField[str, str] = models.CharField(max_length=20)
    name: models.CharField[str, str] = models.CharField(max_length=128)
    image: models.TextField[str, str] = models.TextField()

    class Meta:
        unique_together = (("link", "kind", "name"),)

    def __str__(self) -> str:
        return f"{self.link}: {self.kind}/{self.name}"


class DialplanPart(models.Model):
    """What a link adds to OML's dialplan; see `kinds/dialplan.py`."""

    link: models.CharField[str, str] = models.CharField(max_length=32, unique=True)
    hook: models.TextField[str, str] = models.TextField()
    rules: models.TextField[str, str] = models.TextField()

    def __str__(self) -> str:
        return self.link


class DirectoryToken(models.Model):
    """The token of a link's PBX for the directory: one for each link; only its SHA-256 is stored."""

    link: models.CharField[str, str] = models.CharField(max_length=32, unique=True)
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    created: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    last_used: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.link


class DirectoryReport(models.Model):
    """What a link's PBX said that it has, after a `sync`: its extensions by number, and what they send."""

    link: models.CharField[str, str] = models.CharField(max_length=32, unique=True)
    reported: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    extensions: models.JSONField[Any, Any] = models.JSONField()

    def __str__(self) -> str:
        return self.link


class RequestCount(models.Model):
    """The number of requests in one minute. `who`: `token:<link>`, or `failures` for all requests without a valid
    token."""

    who: models.CharField[str, str] = models.CharField(max_length=80, unique=True)
    minute: models.BigIntegerField[int, int] = models.BigIntegerField()
    """Minutes since 1970."""
    count: models.IntegerField[int, int] = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.who}: {self.count}"


class SavedLink(models.Model):
    """A link that was entered on OML's page or applied here, for the page and `manage.py pbx_link`.

    `code` is its link code and holds the secret in clear text, as OML's own row of the trunk does.
    """

    name: models.CharField[str, str] = models.CharField(max_length=32, unique=True)
    code: models.TextField[str, str] = models.TextField()
    changed: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    verified: models.JSONField[Any, Any] = models.JSONField(null=True)
    """What the last `verify` found, as a list of `Verdict.document()`; null where there was none since `changed`."""
    verified_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Pairing(models.Model):
    """An invitation and, once a PBX redeemed it, that PBX's session. Of their secrets only the SHA-256 is stored."""

    invitation: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    session: models.CharField[str | None, str | None] = models.CharField(max_length=64, unique=True, null=True)
    stage: models.CharField[str, str] = models.CharField(max_length=16)
    """`invited`, `redeemed`, `applying` (from here on OML may have something of the link), `linked`, `undone`."""
    created: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    expires: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    """Until when the invitation may be redeemed; of a redeemed one, until when its session may ask."""
    peer: models.CharField[str, str] = models.CharField(max_length=64)
    """The address that redeemed it, as OML's web server sees it."""
    link: models.CharField[str, str] = models.CharField(max_length=32)
    code: models.TextField[str, str] = models.TextField()
    """The link code that was planned, with the secret in clear text as in `SavedLink`, for as long as its session may
    take it back; then it is emptied."""

    def __str__(self) -> str:
        return f"{self.stage} {self.link}".strip()
