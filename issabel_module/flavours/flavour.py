"""What a flavour says of its PBX product. Kinds, checks and host ask it, and nothing else knows which product it is.

Everything here is data and pure functions: a flavour reads no database and no file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pbxlink.engine.image_template import Pattern
from pbxlink.engine.plan import Row
from pbxlink.link.model import Link, PbxRoute, Technology


@dataclass(frozen=True)
class ExtensionForm:
    """How a custom extension is stored: cells by column, AstDB keys by name; `{0}` number, `{1}` name, `{2}` dial
    string."""

    device: Mapping[str, Pattern]
    user: Mapping[str, Pattern]
    astdb: Mapping[str, Pattern]
    own_families: Sequence[str]
    """The AstDB families of the keys that the page writes."""
    users_families: Sequence[str]
    """Those that users set with feature codes, and that the page deletes with the extension."""


@dataclass(frozen=True)
class ReloadCommand:
    """How the product's own reload is run."""

    line: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is added to the environment."""
    code_tells: bool = False
    """Whether an exit code other than 0 means a failure, and 0 success; else only `need_reload` tells."""


class Flavour(Protocol):
    """One PBX product."""

    @property
    def name(self) -> str:
        """As people call it."""
        ...

    @property
    def tables(self) -> Sequence[str]:
        """Without which it is not this product."""
        ...

    @property
    def unlike(self) -> Sequence[str]:
        """Tables that only another product has."""
        ...

    @property
    def settings_table(self) -> str:
        """The table that holds the product's settings, as `keyword` and `value`."""
        ...

    @property
    def host_keywords(self) -> Sequence[str]:
        """The keywords of a trunk's settings that hold the far end's address, in any technology."""
        ...

    def trunk_row(self, link: Link, trunk_id: str) -> Row:
        """The row of the table `trunks`."""
        ...

    def settings_places(self, technology: str, trunk_id: str) -> Sequence[tuple[str, str]]:
        """Where a trunk's settings are, as (table, id), the place of the peer itself first; none for a technology
        that is not ours to write."""
        ...

    def trunk_settings(self, link: Link, trunk_id: str) -> Sequence[Row]:
        """The rows of the peer's settings, for the first of `settings_places`."""
        ...

    def extension_form(self, has: Callable[[str], bool]) -> ExtensionForm:
        """The form of a custom extension on a PBX whose database has the tables for which `has` says yes."""
        ...

    def route_row(self, route: PbxRoute, route_id: str) -> Row:
        """The row of the table `outbound_routes`."""
        ...

    def reload_command(self, bin_folder: Path, conf_path: Path) -> ReloadCommand:
        """The reload."""
        ...

    def default_port(self, technology: Technology) -> int:
        """Where a fresh install's SIP driver listens."""
        ...
