"""A resource in words, in the language of who reads it."""

from __future__ import annotations

from collections.abc import Mapping

from pbxlink.engine.plan import Key
from pbxlink.messages.findings import Term, term
from pbxlink.messages.masking import shown


def resource_term(key: Key) -> Term:
    """Its kind and its name, e.g. `outbound route oml-agents`."""
    return term("usage.resource", kind=term(f"kind.{key.kind}"), name=key.name)


def with_link(key: Key, others: Mapping[Key, str]) -> Term | str:
    """The resource's name, with the link that owns it where another one does."""
    link = others.get(key)
    return term("owned.by_link", name=shown(key.name), link=shown(link)) if link else shown(key.name)
