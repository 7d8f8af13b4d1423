"""OML as a side of the link: what the engine asks of it.

Where writing ends and activating begins: `write` is the rows alone, in one committed transaction, after Redis and AMI
were found to answer. `activate` is everything that follows from rows: OML's synchronisers (stream entry, `module
reload`, Redis hash), then the proof on Asterisk. So an undo is the same two steps with the before-images: `restore`
puts the rows back with their ids, and `activate` of the reversed plan publishes whatever rows there are then, which
gives the old stanzas on the stream and the old hashes, from whatever state a run was interrupted in. Where writing
itself failed nothing was published, and the engine rightly restores without activating.

After a restore an Asterisk that does not answer stops nothing: rows, stream and hashes are put back through Redis
alone, and the host that reads the stream takes the last entry when it is up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from configuracion_telefonia_app.models import OrdenTroncal, PatronDeDiscado, RutaSaliente, TroncalSIP
from django.db import Error, transaction
from django.db.models import Model

from oml_plugin import settings
from oml_plugin.checks import oml_checks, verify
from oml_plugin.kinds import Kind
from oml_plugin.kinds import dialplan as dialplans
from oml_plugin.kinds import route as routes
from oml_plugin.kinds import trunk as trunks
from oml_plugin.publishing import redis_ping
from oml_plugin.publishing.prove import prove
from oml_plugin.publishing.publish import publish
from oml_plugin.publishing.synchronise import Reload
from oml_plugin.settings import Settings
from oml_plugin.storage import database_lock
from oml_plugin.storage.ownership import Ownership
from pbxlink.asterisk.ami import Ami
from pbxlink.asterisk.trial_call import Verdict
from pbxlink.engine.plan import Image, Key, Plan
from pbxlink.engine.side import Counted, Inspection, not_counted
from pbxlink.link.model import Link
from pbxlink.messages.errors import LinkError, Overtaken, SideUnavailable
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import shown

_AMI_SECONDS = 5.0


@contextmanager
def _database_told() -> Iterator[None]:
    """Errors of the database as SideUnavailable. Only their first line: what follows may quote a row."""
    try:
        yield
    except Error as problem:
        text = shown((str(problem).splitlines() or [""])[0], 200)
        raise SideUnavailable(error("oml.database", type=type(problem).__name__, text=text)) from problem


class OmlSide:
    """This OML. To be used outside of a request's transaction: what `write` did must be committed when it returns."""

    name = "omnileads"
    kinds: Sequence[str] = (trunks.NAME, routes.NAME, dialplans.NAME)

    def __init__(self, found: Settings, link_name: str) -> None:
        self._settings = found
        self._kinds: Sequence[Kind] = (trunks.Trunk(), routes.Route(), dialplans.Dialplan(found.ami))
        self._ownership = Ownership(link_name)
        self._removed: dict[Key, Model] = {}
        self._undoing = False
        self._read_by: tuple[Mapping[str, Sequence[str]], Mapping[Key, Image]] | None = None
        """How the resources were read, of which a plan is made."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """See `Side`."""
        with ExitStack() as stack:
            with _database_told():
                stack.enter_context(database_lock.lock())
            yield

    @_database_told()
    def inspect(self, link: Link, removing: bool = False) -> Inspection:
        """See `Side`. Raises SideUnavailable where Redis or Asterisk do not answer and something is to be made."""
        own = {kind.name: kind.own for kind in self._kinds}
        ownership = self._ownership.owned(own)
        owned = ownership.images
        self._read_by = self._names(link, removing), owned
        observed = self._observed(*self._read_by)
        desired = {} if removing else self._desired(link, observed)
        situation = oml_checks.Situation(link, desired, observed, owned, self._ownership.is_migrated)
        findings = oml_checks.when_removing(situation) if removing else self._checked(situation)
        others = self._ownership.of_others()
        return Inspection(desired, observed, owned, tuple(findings), own=own, adopted=ownership.adopted, others=others)

    def _checked(self, situation: oml_checks.Situation) -> Iterable[Finding]:
        refused = [finding for kind in self._kinds for finding in self._refusals(kind, situation)]
        redis_ping.require(self._settings)
        with Ami(self._settings.ami, timeout=_AMI_SECONDS) as ami:
            return [*refused, *oml_checks.findings(situation, ami)]

    def _refusals(self, kind: Kind, situation: oml_checks.Situation) -> Iterator[Finding]:
        for key, wanted in situation.desired.items():
            if key.kind == kind.name:
                yield from kind.refusals(key, wanted, situation.observed.get(key))

    def _names(self, link: Link, removing: bool) -> Mapping[str, Sequence[str]]:
        if removing:
            return {}
        return {
            trunks.NAME: [link.omnileads.trunk],
            routes.NAME: [route.name for route in link.omnileads_routes],
            dialplans.NAME: [link.name],
        }

    def _observed(self, names: Mapping[str, Sequence[str]], owned: Mapping[Key, Image]) -> dict[Key, Image]:
        observed: dict[Key, Image] = {}
        for kind in self._kinds:
            ours = {key.name: image for key, image in owned.items() if key.kind == kind.name}
            found = kind.read(names.get(kind.name, ()), ours, observed)
            observed.update({Key(kind.name, name): image for name, image in found.items()})
        return observed

    def _desired(self, link: Link, observed: Mapping[Key, Image]) -> dict[Key, Image]:
        return {
            Key(kind.name, name): image for kind in self._kinds for name, image in kind.wanted(link, observed).items()
        }

    @_database_told()
    def write(self, plan: Plan, counted: Counted = not_counted) -> None:
        """See `Side`. Redis and AMI first: without them the rows would never be in force, or not be undone."""
        self._undoing = False
        redis_ping.require(self._settings)
        with Ami(self._settings.ami, timeout=_AMI_SECONDS) as ami:
            ami.action("Ping")
        with transaction.atomic(durable=True):
            database_lock.keep_writers_out(TroncalSIP, RutaSaliente, PatronDeDiscado, OrdenTroncal)
            self._require_unchanged(plan)
            for change in plan.writes:
                if change.before is not None or change.after is not None:
                    self._kind(change.key).write(change)

    def _require_unchanged(self, plan: Plan) -> None:
        """OML's pages know no lock: what they changed since it was read is not overwritten, nor put back later."""
        now = self._observed(*self._read_by) if self._read_by else {}
        for change in plan.writes if self._read_by else ():
            if now.get(change.key) != change.before:
                raise Overtaken(error("plan.overtaken", table=change.key.kind, rows=change.key.name))

    @_database_told()
    def restore(self, plan: Plan) -> None:
        """See `Side`. Notes what it deletes, because the hash to be deleted goes by an id no before-image has."""
        self._undoing = True
        with transaction.atomic(durable=True):
            for change in reversed(plan.writes):
                if change.before is not None or change.after is not None:
                    removed = self._kind(change.key).restore(change)
                    if removed is not None:
                        self._removed[change.key] = removed

    def _kind(self, key: Key) -> Kind:
        return next(kind for kind in self._kinds if kind.name == key.kind)

    @_database_told()
    def activate(self, plan: Plan) -> Sequence[Finding]:
        """See `Side`, and this module's beginning for what differs after a restore."""
        undoing, self._undoing = self._undoing, False
        if undoing:
            redis_ping.require(self._settings)
        reload = Reload(self._settings.ami, tolerant=undoing)
        published = publish(plan, self._removed, reload)
        if not undoing:
            prove(self._settings.ami, published)
        elif not reload.failed:
            with suppress(LinkError):  # what there was before may itself be something that Asterisk cannot load
                prove(self._settings.ami, published)
        return ()

    @_database_told()
    def record(self, link: Link, plan: Plan) -> None:
        """See `Side`. With ids, so that a resource that is renamed in the GUI is known again."""
        kept = {change.key: change.after for change in plan.changes if change.after is not None}
        names = {kind: [key.name for key in kept if key.kind == kind] for kind in self.kinds}
        found = self._observed(names, {}).items()
        ours = {key: self._kind(key).own_of(link, key.name).cut(key.name, image) for key, image in found}
        self._ownership.record(plan.changes, ours)

    def verify(self, link: Link, number: str = "") -> Sequence[Verdict]:
        """See `Side`."""
        return verify.verify(self._settings.ami, link, number)

    def describe(self) -> Mapping[str, Any]:
        """See `Side`."""
        return self._settings.describe()


def connect(link: Link | None) -> OmlSide:
    """The side. Raises SideUnavailable where OML's settings lack what is needed."""
    if link is None:
        raise SideUnavailable(error("linkfile.missing", path="-"))
    return OmlSide(settings.read(), link.name)
