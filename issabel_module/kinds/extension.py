"""Custom extensions: tables `devices` and `users`, and AstDB keys. The flavour says which cells and keys.

A reload never rebuilds AstDB. Without its keys the GUI shows the extension, the reload reports success, and a call to
it dials nothing. The keys must be written before the reload, which makes the hint from them.

All extensions of one form share a template; an image holds its number, name and dial string.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from issabel_module.flavours.flavour import ExtensionForm
from issabel_module.kinds import Numbers, Reader
from issabel_module.kinds.extension_form import PreparedForm
from issabel_module.kinds.remains import remains
from issabel_module.kinds.route import extensions_route
from issabel_module.kinds.stored_extensions import StoredExtensions
from pbxlink.engine.chunks import one_ahead, parts
from pbxlink.engine.image_template import Templated
from pbxlink.engine.own_cells import OwnCells
from pbxlink.engine.plan import Change, Image, Row
from pbxlink.link.model import CustomExtension, Link
from pbxlink.link.trunk_settings import dial_string
from pbxlink.messages.findings import Term, term
from pbxlink.messages.masking import shown

NAME = "extension"
_PART = 250
"""Extensions whose keys are read at once: they take ten times the memory of what is kept."""


class Extension:
    """The PBX's custom extensions, by number."""

    name = NAME

    def __init__(self, form: ExtensionForm) -> None:
        self._form = PreparedForm(form)
        self.own = self._form.own
        self._fallbacks: dict[str, str] = {}
        """By number, of what was wanted last."""
        self._wanted: Mapping[str, CustomExtension] = {}

    def own_of(self, link: Link, name: str, trunk_ids: frozenset[str]) -> OwnCells:
        """See `Kind`. Where callers go when OML does not answer is the link's only where it says so."""
        return self._form.own_with_fallback if self._fallbacks.get(name) else self.own

    def read(self, reader: Reader, names: Collection[str], owned: Mapping[str, Image]) -> dict[str, Image]:
        """See `Kind`."""
        numbers = sorted({*names, *owned})
        stored = StoredExtensions.read(reader, numbers, self._form)
        asked = one_ahead((part, self._form.ask(reader.astdb, part)) for part in parts(numbers, _PART))
        return {number: image for part, keys in asked for number, image in stored.images(keys, part)}

    def remains(self, reader: Reader, numbers: Collection[str]) -> dict[str, Image]:
        """What former extensions of these numbers, which have none now, left behind."""
        return remains(reader, self._form.form, numbers)

    def words(self, name: str, image: Image) -> Term:
        """See `Kind`. What it sends is told of those that the link has."""
        named = next((shown(row.get("name") or "") for row in image.get("users", ())), "")
        whole = f"{name} {named}".strip()
        wanted = self._wanted.get(name)
        if wanted is None:
            return term("line.extension", name=whole)
        return term("line.extension_agent" if wanted.is_agent else "line.extension_did", name=whole, send=wanted.send)

    def wanted(self, link: Link, numbers: Numbers, found: Mapping[str, Image]) -> dict[str, Image]:
        """One image an extension of the link; a new one's with all that the page writes beside it."""
        route_id = numbers.route_ids.get(extensions_route(link), "")
        self._wanted = {each.number: each for each in link.extensions}
        self._fallbacks = {
            each.number: numbers.destinations.get(link.fallback_of(each), "") for each in link.extensions
        }
        return {
            each.number: self.image(
                each,
                dial_string(link, each.send, route_id, numbers.prefix),
                each.number in found,
                self._fallbacks[each.number],
            )
            for each in link.extensions
        }

    def image(self, extension: CustomExtension, dial: str, is_there: bool = False, destination: str = "") -> Image:
        """The rows and keys of a custom extension, as the GUI would write them; `destination` is where its callers go
        when OML does not answer."""
        template = self._form.wanted if is_there else self._form.new
        if destination:
            template = self._form.with_fallback(template, destination)
        return Templated(template, (extension.number, extension.name, dial))


def keys_of_reload(form: ExtensionForm, changes: Sequence[Change]) -> tuple[Row, ...]:
    """The keys, as rows of AstDB, that a reload writes for the extensions that these changes make."""
    made = [change.key.name for change in changes if change.key.kind == NAME and change.before is None]
    return tuple({"key": key.format(number), "value": None} for number in made for key in form.reloaded)
