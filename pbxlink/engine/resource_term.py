"""A resource in words, in the language of who reads it."""

from __future__ import annotations

from pbxlink.engine.plan import Key
from pbxlink.messages.findings import Term, term


def resource_term(key: Key) -> Term:
    """Its kind and its name, e.g. `outbound route oml-agents`."""
    return term("usage.resource", kind=term(f"kind.{key.kind}"), name=key.name)
