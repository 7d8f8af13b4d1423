"""What a flavour says of its PBX product. Kinds, checks and host ask it, and nothing else knows which product it is.

Everything here is data and pure functions: a flavour reads no database and no file. What of one PBX's tables decides
what its pages write is handed to it as `Installed`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pbxlink.engine.image_template import Pattern
from pbxlink.engine.plan import Cell, Row
from pbxlink.link.model import Link, PbxRoute, Signalling, Technology
from pbxlink.messages.findings import Finding


@dataclass(frozen=True)
class Installed:
    """What one PBX has, read from its database."""

    has: Callable[[str], bool]
    """Whether there is a table of this name."""
    cells: Callable[..., Sequence[tuple[Cell, ...]]] = lambda table, *columns: []
    """Those columns of every row of a table; none where the table or a column is missing."""

    def modules(self) -> dict[str, str]:
        """The versions of the PBX's modules that are enabled, by name."""
        rows = self.cells("modules", "modulename", "version", "enabled")
        return {str(name): str(version) for name, version, enabled in rows if enabled == "1"}


@dataclass(frozen=True)
class Companion:
    """A row that another module keeps of an object, in a table of its own: it goes with the object."""

    column: str
    """Holds the object's number."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Further cells by which it is told from rows of others."""
    created: Mapping[str, Pattern] | None = None
    """What the page writes for a new object: afterwards it is its users'; None where only an edit makes the row."""
    is_membership: bool = False
    """Whether it makes the object a member of something of somebody else's: it goes with the object, and where the
    object is not there it is no remains of one."""
    written_as: str = ""
    """Where the column holds more than the number, an expression whose first group is the number."""


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
    created: Mapping[str, Pattern] = field(default_factory=dict)
    """Further keys that the page writes for a new extension: afterwards they are the PBX's and its users'."""
    reloaded: Mapping[str, Pattern] = field(default_factory=dict)
    """Keys that a reload writes."""
    prefixed: Mapping[str, str] = field(default_factory=dict)
    """AstDB families whose keys are not `/family/<number>` but `/family/<prefix><number>`, with the prefix."""
    companions: Mapping[str, Companion] = field(default_factory=dict)
    """By table."""
    member_lists: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Tables with lists of numbers from which the page takes a deleted extension's: the column that names the row, and
    the one with the list, `201-202`."""
    has_boxes: bool = False
    """Whether the page takes the voicemail box of an extension away with it."""
    left_families: Sequence[str] = ()
    """Those of which the page leaves keys behind when it deletes an extension; the next one of its number would have
    them."""
    own: Mapping[str, Collection[str]] = field(default_factory=lambda: _OWN_OF_EXTENSION)
    """By table (`devices`, `users`, `astdb`), the columns and keys that say what the link says; whatever holds name or
    dial string is among them. All else is a default of the page, and the administrator's once it is written."""


_OWN_OF_EXTENSION: Mapping[str, Collection[str]] = {
    "devices": ("id", "tech", "dial", "user", "description"),
    "users": ("extension", "name"),
    "astdb": (
        "/AMPUSER/{0}/cidname", "/AMPUSER/{0}/cidnum", "/AMPUSER/{0}/device",
        "/DEVICE/{0}/dial", "/DEVICE/{0}/user", "/DEVICE/{0}/default_user",
    ),
}  # fmt: skip
OWN_OF_TRUNK = ("trunkid", "name", "tech", "channelid")
OWN_OF_ROUTE = ("route_id", "name", "intracompany_route")
"""The columns of `trunks` and `outbound_routes` that say what the link says, in every product."""


@dataclass(frozen=True)
class ReloadCommand:
    """How the product's own reload is run."""

    line: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is added to the environment."""
    code_tells: bool = False
    """Whether an exit code other than 0 means a failure, and 0 success; else only `need_reload` tells."""
    meanings: Mapping[int, str] = field(default_factory=dict)
    """The message that says what an exit code means."""
    busy: str = ""
    """What it says where another reload is running, so that it is to be asked for again."""


class Flavour(Protocol):
    """One PBX product."""

    @property
    def name(self) -> str:
        """As people call it."""
        ...

    @property
    def own_tables(self) -> Sequence[str]:
        """Tables that only this product has."""
        ...

    @property
    def settings_table(self) -> str:
        """The table that holds the product's settings, as `keyword` and `value`."""
        ...

    def fitted(self, installed: Installed) -> Flavour:
        """The flavour of one PBX of this product, with what its pages write there."""
        ...

    @property
    def host_keywords(self) -> Sequence[str]:
        """The keywords of a trunk's settings that hold the far end's address, in any technology."""
        ...

    @property
    def port_keywords(self) -> Sequence[str]:
        """Those that hold its port."""
        ...

    def written_beside(self) -> Mapping[str, str]:
        """Keywords of a pjsip trunk that the generator hands to Asterisk only where a file of this name is."""
        ...

    def port_in_settings(self, technology: Technology) -> int | None:
        """The UDP port that the PBX's own settings name for a channel driver, in force at Asterisk's next start; None
        where they name none."""
        ...

    def trunk_row(self, link: Link, trunk_id: str) -> Row:
        """The row of the table `trunks`."""
        ...

    def settings_places(self, technology: str, trunk_id: str) -> Sequence[tuple[str, str]]:
        """Where a trunk's settings are, as (table, id), the place of the peer itself first; none for a technology
        that is not ours to write."""
        ...

    def trunk_settings(self, link: Link, trunk_id: str) -> Sequence[Row]:
        """The rows of a new peer's settings, for the table of the first of `settings_places`."""
        ...

    def said_by_link(self, technology: Technology) -> frozenset[str]:
        """The keywords of a peer's settings that the link decides, those among them that it leaves out on purpose; the
        others are its administrator's once it is there."""
        ...

    def cannot(self, link: Link) -> Iterable[Finding]:
        """An error for each thing that the link asks of its trunk and the product's trunks do not have."""
        ...

    def secured_by_link(self, technology: Technology) -> frozenset[str]:
        """Further keywords, of links by TCP, TLS or SRTP."""
        ...

    def registered_by_link(self, technology: Technology) -> frozenset[str]:
        """Further keywords, of links of which one side registers with the other; the register string among them."""
        ...

    def transport(self, signalling: Signalling) -> str:
        """The name of the pjsip transport for trunks by that."""
        ...

    def stale_globals(self, technology: str, trunk_id: str) -> Sequence[str]:
        """Variables of the dialplan that would change what a trunk of this technology (`""`: no trunk) dials, left
        behind where another had its number: a reload forgets none."""
        ...

    def extension_form(self) -> ExtensionForm:
        """The form of a custom extension."""
        ...

    @property
    def route_page_loses_destination(self) -> bool:
        """Whether the page of an outbound route loses its destination on congestion whenever it is saved."""
        ...

    def route_row(self, route: PbxRoute, route_id: str) -> Row:
        """The row of the table `outbound_routes`."""
        ...

    def route_companions(self) -> Mapping[str, Companion]:
        """What goes with an outbound route, by table; `{0}` is its number."""
        ...

    def reload_command(self, bin_folder: Path, conf_path: Path) -> ReloadCommand:
        """The reload."""
        ...
