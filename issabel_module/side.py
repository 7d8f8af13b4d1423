"""The PBX as a side of the link (see `pbxlink.engine.side.Side`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from issabel_module.asterisk import loaded, refused_settings, reload, sip_drivers
from issabel_module.checks import (
    foreseen,
    leaving,
    lost_destinations,
    number_clashes,
    pbx_checks,
)
from issabel_module.checks.situation import Situation
from issabel_module.flavours.detect import detect
from issabel_module.flavours.flavour import Installed
from issabel_module.host.host import Host
from issabel_module.host.settings import Settings
from issabel_module.images import Images
from issabel_module.kinds import alongside
from issabel_module.kinds import route as routes
from issabel_module.kinds import trunk as trunks
from issabel_module.kinds.extension import Extension, keys_of_reload
from issabel_module.storage import database_lock
from issabel_module.storage.astdb import AstDb
from issabel_module.storage.database import Database
from issabel_module.storage.ownership import Ownership
from issabel_module.storage.voicemail_boxes import VoicemailBoxes
from issabel_module.storage.write_and_restore import Store
from pbxlink.asterisk import sip_options, version
from pbxlink.asterisk.ami import Ami
from pbxlink.engine.plan import Change, Image, Key, Plan, RowChange
from pbxlink.engine.resource_term import resource_term
from pbxlink.engine.side import Counted, Inspection, not_counted
from pbxlink.link import rules
from pbxlink.link.model import Link, Technology
from pbxlink.messages.errors import Refused, SideUnavailable
from pbxlink.messages.findings import Finding, Said, error, errors_of, warning

if TYPE_CHECKING:
    from issabel_module.checks.discovery import FoundTrunk
    from issabel_module.checks.existing import Existing
    from pbxlink.asterisk.trial_call import Verdict
    from pbxlink.diagnosis.sights import Sight


class PbxSide:
    """One PBX. Raises SideUnavailable where database or AMI do not answer, Refused where it is no PBX that is known."""

    name = "pbx"
    kinds: Sequence[str] = (trunks.NAME, routes.NAME, Extension.name)

    def __init__(self, host: Host, settings: Settings, link_name: str) -> None:
        self._host = host
        self._settings = settings
        self._database = Database(settings.database)
        installed = Installed(self._database.has, self._database.column_values)
        self._flavour = detect(installed, str(settings.database.database))
        self._reload = self._flavour.reload_command(settings.bin_folder, settings.conf_path)
        self._ami = Ami(settings.ami, timeout=30, first=[version.QUESTION])
        version.refuse_too_old(*self._ami.first)
        self._astdb = AstDb(self._ami)
        self._images = Images(self._database, self._astdb, self._flavour)
        self._boxes = VoicemailBoxes(host, settings.etc_folder, settings.spool_folder)
        self._store = Store(self._database, self._astdb, self._boxes)
        self._ownership = Ownership(self._database, link_name)

    @property
    def ami(self) -> Ami:
        """The connection to the PBX's Asterisk."""
        return self._ami

    def close(self) -> None:
        """Ends the connections to database and Asterisk."""
        self._ami.close()
        self._database.close()

    def lock(self) -> AbstractContextManager[None]:
        """See `Side`."""
        return database_lock.lock(self._database)

    def inspect(self, link: Link, removing: bool = False, asking: bool = True) -> Inspection:
        """See `Side`."""
        asked = self._ask(link) if asking and not removing else None
        with self._ami.asking_ahead(foreseen.questions(link)):
            return self._inspected(link, removing, asked)

    def _inspected(self, link: Link, removing: bool, asked: sip_options.Asked | None) -> Inspection:
        self._database.read_ahead(lambda: foreseen.columns(self._database), foreseen.NUMBERED)
        ownership = self._ownership.owned(self._images.own)
        owned = ownership.images
        link = link if removing else self.settled(link)
        observed = alongside.without(self._images.observed(link, owned, removing), ownership.named)
        self._ami.ask_ahead(loaded.questions(self._ours(observed, owned)))
        desired = {} if removing else self._images.desired(link, observed, owned)
        remains = self._images.remains(desired.keys() - observed.keys())
        others = self._ownership.of_others()
        situation = Situation(
            self._database,
            self._ami,
            self._flavour,
            link,
            desired,
            observed,
            owned,
            remains,
            asked,
            others,
        )
        clashes = {} if removing else number_clashes.find(situation)
        found = pbx_checks.when_removing(situation) if removing else pbx_checks.findings(situation, clashes)
        refused = refused_settings.refused(
            self._host, self._ami, self._flavour, self._settings.etc_folder, desired, observed
        )
        findings = (*reload.cannot_run(self._host, self._reload), *refused, *found)
        led = leaving.in_use(situation, self._boxes)
        can_be = {key: image for key, image in desired.items() if key not in number_clashes.keys_of(clashes)}
        unasked = {Key(Extension.name, each.number) for each in link.extensions if each.from_directory}
        return Inspection(
            can_be,
            observed,
            owned,
            findings,
            remains,
            unasked,
            self._images.own,
            ownership.adopted,
            others=others,
            unpublished=self._unpublished(observed, owned, findings),
            leading=led.now,
            still_leading=led.after,
            drift_words=lost_destinations.find(situation, self._images.own[routes.NAME]),
        )

    def _ask(self, link: Link) -> sip_options.Asked | None:
        """Whether OML's port answers, asked while the PBX is read; from the PBX's own machine only."""
        end = link.omnileads
        return sip_options.Asked(end.address, end.sip_port, link.signalling) if self._host.is_here else None

    def _unpublished(
        self, observed: Mapping[Key, Image], owned: Mapping[Key, Image], findings: Sequence[Finding]
    ) -> dict[Key, Finding]:
        ours = self._ours(observed, owned)
        try:
            missing = list(loaded.not_loaded(self._ami, self._flavour, ours))
        except SideUnavailable:
            if errors_of(findings):  # they say all that this user of AMI may not do, and not only the first of it
                return {}
            raise
        return {key: warning("publish.missing", resource=resource_term(key)) for key in missing}

    @staticmethod
    def _ours(observed: Mapping[Key, Image], owned: Mapping[Key, Image]) -> dict[Key, Image]:
        return {key: image for key, image in observed.items() if key in owned}

    def discover(self, link: Link) -> list[FoundTrunk]:
        """What hands made towards the link's OML; routes that are a link's already are none of it."""
        from issabel_module.checks import discovery

        owned = {*self._ownership.owned(self._images.own).images, *self._ownership.of_others()}
        ours = {key.name for key in owned if key.kind == routes.NAME}
        found = discovery.find(self._database, self._flavour, link)
        return [replace(each, routes=[one for one in each.routes if one.name not in ours]) for each in found]

    def existing(self, name: str = "") -> Existing:
        """What the PBX has already, for a new link; for one that is made anew, its `name`."""
        from issabel_module.checks import existing

        others = self._ownership.of_others()
        return existing.read(self._database, self._ownership.links(), others, name)

    def settled(self, link: Link) -> Link:
        """The link with the channel driver decided. Raises Refused where the PBX has none loaded."""
        if link.pbx.technology is not Technology.AUTO:
            return link
        technology = sip_drivers.usable_technology(self._ami)
        if technology is None:
            raise Refused(error("pbx.no_driver", technology="chan_sip / chan_pjsip"))
        settled = link.settled(technology)
        wrong = list(rules.of_technology(settled))
        if wrong:
            raise Refused(*wrong)
        return settled

    def settled_with_port(self, link: Link) -> Link:
        """The link with this PBX's real driver and port, for the link code to OML."""
        settled = self.settled(link)
        listening = sip_drivers.sip_port(self._ami, settled.pbx.technology, settled.signalling)
        return replace(settled, pbx=replace(settled.pbx, sip_port=listening)) if listening else settled

    def alongside(self, plan: Plan) -> Sequence[Change]:
        """See `Side`."""
        form = self._flavour.extension_form()
        return alongside.changes(self._database, self._boxes, form, plan, self._ownership.named)

    def write(self, plan: Plan, counted: Counted = not_counted) -> None:
        """See `Side`. Makes our own table first: a user without that right must get the error before anything is
        written."""
        self._ownership.make_table()
        self._store.write(plan.writes, counted)

    def restore(self, plan: Plan) -> None:
        """See `Side`. Of new extensions the keys go too that a reload has written meanwhile."""
        self._store.restore(plan.writes)
        self._astdb.write(RowChange(deletes=keys_of_reload(self._flavour.extension_form(), plan.writes)))

    def activate(self, plan: Plan) -> Sequence[Finding]:
        """See `Side`."""
        if plan.writes:
            reload.run(self._database, self._host, self._reload)
            reload.forget(self._ami, trunks.stale_globals(self._database, self._flavour, plan.writes))
            reload.prove(self._ami, self._flavour, plan.writes)
        return ()

    def record(self, link: Link, plan: Plan) -> None:
        """See `Side`."""
        owned = self._ownership.owned_of(trunks.NAME, self._images.own)
        ours = {change.key: change.after for change in plan.changes if change.after is not None}
        trunk_ids = frozenset({*trunks.numbers_of(owned), *trunks.numbers_of(ours)})
        mine = [change for change in plan.changes if change.key.kind in self.kinds]
        self._boxes.forget_messages(alongside.boxes_of(plan.changes))
        named = alongside.naming(self._database, self._flavour.extension_form(), plan)
        self._ownership.record(mine, lambda key, image: self._images.own_part(link, key, image, trunk_ids), named)

    def verify(self, link: Link, number: str = "") -> Sequence[Verdict]:
        """See `Side`."""
        from issabel_module.checks import verify

        return verify.verify(self._settings.ami, self.settled(link), number)

    def diagnose(
        self, link: Link, number: str, findings: Sequence[Finding], may_come: Callable[[], bool]
    ) -> Iterable[Sight]:
        """See `Side`."""
        from issabel_module.checks import diagnose

        where = self._settings.ami, self._database, self._host
        return diagnose.diagnose(*where, self.settled(link), number, findings, may_come)

    def links(self) -> Sequence[str]:
        """See `Side`."""
        return self._ownership.links()

    def take_from(self, other: str) -> int:
        """See `Side`."""
        return self._ownership.take_from(other)

    def words(self, key: Key, image: Image) -> Said:
        """See `Side`."""
        return self._images.words(key, image)

    def describe(self) -> Mapping[str, Any]:
        """See `Side`."""
        product = f"{self._flavour.name} {self._version()}"
        return {"product": product, **self._settings.describe(), **self._trunk_states()}

    def _version(self) -> str:
        """The version that the PBX shows; nothing is decided by it."""
        rows = self._database.rows("admin", "variable", ["version"])
        return str(rows[0]["value"]) if rows else "?"

    def _trunk_states(self) -> dict[str, str]:
        owned = self._ownership.owned_of(trunks.NAME, self._images.own)
        ours = [image["trunks"][0] for image in owned.values()]
        states = {
            str(row["channelid"]): sip_drivers.trunk_state(
                self._ami, Technology(str(row["tech"])), str(row["channelid"])
            )
            for row in ours
        }
        return {
            f"Asterisk {name}": f"{state.address}:{state.port} {state.status}" if state else "-"
            for name, state in states.items()
        }


def connect(host: Host, settings: Settings, link: Link | None) -> PbxSide:
    """The side, connected. Raises SideUnavailable or Refused."""
    if link is None:
        raise SideUnavailable(error("linkfile.missing", path="-"))
    return PbxSide(host, settings, link.name)
