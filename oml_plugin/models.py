"""Our own table in OML's database: what of OML is ours, and what we last wrote there (secrets masked)."""

from __future__ import annotations

from django.db import models


class OwnedResource(models.Model):
    """A trunk or outbound route that a link made or took over."""

    link = models.CharField(max_length=32)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=128)
    image = models.TextField()

    class Meta:
        unique_together = (("link", "kind", "name"),)

    def __str__(self) -> str:
        return f"{self.link}: {self.kind}/{self.name}"
