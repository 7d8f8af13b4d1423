"""OML as a side of the link (see `pbxlink.engine.side.Side`).

`write` writes only the rows, in one committed transaction, after it has checked that Redis and AMI answer. `activate`
does everything that follows from the rows: OML's synchronisers (stream entry, `module reload`, Redis hash), then the
check on Asterisk. So an undo takes the same two steps with the before-images: `restore` puts the rows back with their
ids, and `activate` of the reversed plan publishes the rows of that moment. That gives the old stanzas and hashes again,
wherever the run was interrupted. Where `write` itself failed nothing was published, and the engine restores without
activating.

After a restore an Asterisk that does not answer is no error: rows, stream and hashes are put back by Redis alone, and
the consumer of the stream takes the last entry when it runs again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from configuracion_telefonia_app.models import OrdenTroncal, PatronDeDiscado, RutaSaliente, TroncalSIP
from django.db import Error, transaction
from django.db.models import Model

from oml_plugin import settings
from oml_plugin.checks import diagnose, oml_checks, verify
from oml_plugin.checks.situation import Situation
from oml_plugin.kinds import Kind
from oml_plugin.kinds import dialplan as dialplans
from oml_plugin.kinds import route as routes
from oml_plugin.kinds import trunk as trunks
from oml_plugin.publishing import redis_ping
from oml_plugin.publishing.prove import not_in_force, prove
from oml_plugin.publishing.publish import publish
from oml_plugin.publishing.synchronise import Reload
from oml_plugin.settings import Settings
from oml_plugin.storage import database_errors, database_lock
from oml_plugin.storage.ownership import Ownership
from pbxlink.asterisk.ami import Ami
from pbxlink.asterisk.trial_call import Verdict
from pbxlink.diagnosis.sights import Sight
from pbxlink.engine.plan import Change, Image, Key, Plan
from pbxlink.engine.resource_term import resource_term
from pbxlink.engine.side import Counted, Inspection, not_counted
from pbxlink.link.model import Link
from pbxlink.messages.errors import LinkError, Overtaken, SideUnavailable
from pbxlink.messages.findings import Finding, Said, error, warning
from pbxlink.messages.masking import shown

_AMI_SECONDS = 5.0


@contextmanager
def _database_told() -> Iterator[None]:
    """Turns database errors into SideUnavailable. Only their first line: further lines may quote a row."""
    try:
        yield
    except Error as problem:
        text = shown((str(problem).splitlines() or [""])[0], 200)
        raise database_errors.of(problem, text) from problem


class OmlSide:
    """This OML. Not to be used in a request's transaction: the rows must be committed when `write` returns."""

    name = "omnileads"
    kinds: Sequence[str] = (trunks.NAME, routes.NAME, dialplans.NAME)

    def __init__(self, found: Settings, link_name: str, asks_asterisk: bool = True) -> None:
        """`asks_asterisk`: whether a removal's inspection does; not within a request of the web, which waits for
        nothing."""
        self._settings = found
        self._asks_asterisk = asks_asterisk
        self._kinds: Sequence[Kind] = (trunks.Trunk(), routes.Route(), dialplans.Dialplan())
        self._ownership = Ownership(link_name)
        self._removed: dict[Key, Model] = {}
        self._undoing = False
        self._read_by: tuple[Mapping[str, Sequence[str]], Mapping[Key, Image]] | None = None
        """The names and images by which the resources of the plan were read."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """See `Side`."""
        with ExitStack() as stack:
            with _database_told():
                stack.enter_context(database_lock.lock())
            yield

    @_database_told()
    def inspect(self, link: Link, removing: bool = False, asking: bool = True) -> Inspection:
        """See `Side`. Raises SideUnavailable where Redis or Asterisk do not answer, except for a removal."""
        own = {kind.name: kind.own for kind in self._kinds}
        ownership = self._ownership.owned(own)
        owned = ownership.images
        self._read_by = self._names(link, removing), owned
        observed = self._observed(*self._read_by)
        desired = {} if removing else self._desired(link, observed)
        others = self._ownership.of_others()
        situation = Situation(link, desired, observed, owned, self._ownership.is_migrated, others, asking)
        findings = oml_checks.when_removing(situation) if removing else self._checked(situation)
        return Inspection(
            desired,
            observed,
            owned,
            tuple(findings),
            own={**own, trunks.NAME: self._kind(Key(trunks.NAME, "")).own_of(link, link.omnileads.trunk)},
            adopted=ownership.adopted,
            others=others,
            unpublished=self._unpublished(observed, owned),
        )

    def _unpublished(self, observed: Mapping[Key, Image], owned: Mapping[Key, Image]) -> dict[Key, Finding]:
        """What Asterisk does not have although its rows are there; nothing where Asterisk does not answer."""
        ours = {key: image for key, image in observed.items() if key in owned}
        if self._settings.ami is None or not ours or not self._asks_asterisk:
            return {}
        with suppress(SideUnavailable):
            missing = not_in_force(self._settings.ami, ours)
            return {key: warning("publish.missing", resource=resource_term(key)) for key in missing}
        return {}

    def _checked(self, situation: Situation) -> Iterable[Finding]:
        refused = [finding for kind in self._kinds for finding in self._refusals(kind, situation)]
        redis_ping.require(self._settings)
        if self._settings.ami is None:
            return [*refused, *oml_checks.without_asterisk(situation)]
        with Ami(self._settings.ami, timeout=_AMI_SECONDS) as ami:
            return [*refused, *oml_checks.findings(situation, ami)]

    def _refusals(self, kind: Kind, situation: Situation) -> Iterator[Finding]:
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

    def alongside(self, plan: Plan) -> Sequence[Change]:
        """See `Side`. Nothing: OMniLeads refuses to delete what something of its own uses."""
        return ()

    @_database_told()
    def write(self, plan: Plan, counted: Counted = not_counted) -> None:
        """See `Side`. Asks Redis and AMI first: without them the rows could be neither published nor undone."""
        self._undoing = False
        redis_ping.require(self._settings)
        if self._settings.ami is not None:
            with Ami(self._settings.ami, timeout=_AMI_SECONDS) as ami:
                ami.action("Ping")
        with transaction.atomic(durable=True):
            database_lock.keep_writers_out(TroncalSIP, RutaSaliente, PatronDeDiscado, OrdenTroncal)
            self._require_unchanged(plan)
            for change in plan.writes:
                if change.before is not None or change.after is not None:
                    self._kind(change.key).write(change)

    def _require_unchanged(self, plan: Plan) -> None:
        """Raises Overtaken where a resource changed after it was read: OML's pages take no lock."""
        now = self._observed(*self._read_by) if self._read_by else {}
        for change in plan.writes if self._read_by else ():
            if now.get(change.key) != change.before:
                raise Overtaken(error("plan.overtaken", table=change.key.kind, rows=change.key.name))

    @_database_told()
    def restore(self, plan: Plan) -> None:
        """See `Side`. Remembers the rows it deletes: their hashes are deleted by id, and a new row has no
        before-image."""
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
        """See `Side`; the module's docstring says what differs after a restore."""
        undoing, self._undoing = self._undoing, False
        if undoing:
            redis_ping.require(self._settings)
        reload = Reload(self._settings.ami, tolerant=undoing)
        published = publish(plan, self._removed, reload)
        if not undoing:
            return prove(self._settings.ami, published)
        if not reload.failed:
            with suppress(LinkError):  # the state before may itself be one that Asterisk cannot load
                prove(self._settings.ami, published)
        return ()

    @_database_told()
    def record(self, link: Link, plan: Plan) -> None:
        """See `Side`. With ids, so that a resource that is renamed in the GUI is found again."""
        kept = {change.key: change.after for change in plan.changes if change.after is not None}
        names = {kind: [key.name for key in kept if key.kind == kind] for kind in self.kinds}
        found = self._observed(names, {}).items()
        ours = {key: self._kind(key).own_of(link, key.name).cut(key.name, image) for key, image in found}
        self._ownership.record(plan.changes, ours)

    def verify(self, link: Link, number: str = "") -> Sequence[Verdict]:
        """See `Side`."""
        if self._settings.ami is None:
            raise SideUnavailable(error("oml.no_ami"))
        return verify.verify(self._settings.ami, link, number)

    def diagnose(
        self, link: Link, number: str, findings: Sequence[Finding], may_come: Callable[[], bool]
    ) -> Iterable[Sight]:
        """See `Side`."""
        if self._settings.ami is None:
            raise SideUnavailable(error("oml.no_ami"))
        return diagnose.diagnose(self._settings.ami, link, number, findings, may_come)

    @_database_told()
    def links(self) -> Sequence[str]:
        """See `Side`."""
        return self._ownership.links()

    @_database_told()
    def take_from(self, other: str) -> int:
        """See `Side`."""
        return self._ownership.take_from(other)

    def words(self, key: Key, image: Image) -> Said:
        """See `Side`."""
        return self._kind(key).words(key.name, image)

    def describe(self) -> Mapping[str, Any]:
        """See `Side`."""
        return self._settings.describe()


def connect(link: Link | None) -> OmlSide:
    """The side. Raises SideUnavailable where OML's settings lack what is needed."""
    if link is None:
        raise SideUnavailable(error("linkfile.missing", path="-"))
    return OmlSide(settings.read(), link.name)
