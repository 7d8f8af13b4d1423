"""FreePBX 13 to 17: where it keeps things, and what its own pages write there.

Sources: the recorded rows and keys of what one action of its pages writes: a chan_sip trunk added (a0), a pjsip trunk
with authentication `both` (b6), a custom extension without a User Manager user (c4) and its deletion (c3), an outbound
route (d0), each on 13, 14 and 15 and with the core module of 16 and 17; the recorded runs of its reload.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from issabel_module.flavours import common_rows
from issabel_module.flavours.flavour import Companion, ExtensionForm, Installed, ReloadCommand
from issabel_module.flavours.freepbx_forms import NEW_IN, SETTINGS, Around, extension_form, pjsip_defaults
from pbxlink.engine.plan import Cell, Row
from pbxlink.link import registration
from pbxlink.link.model import CallerId, Link, Media, PbxRoute, Registers, Signalling, Technology
from pbxlink.link.trunk_settings import PEER_KEYWORDS, SECURE_PEER_KEYWORDS
from pbxlink.messages.findings import Finding, error

_OLDEST, _NEWEST, _USUAL = 13, 17, 15
_PLACES = {
    Technology.SIP.value: (("sip", "tr-peer-{}"), ("sip", "tr-user-{}"), ("sip", "tr-reg-{}")),
    Technology.PJSIP.value: (("pjsip", "{}"),),
}
_EVERYWHERE = "0.0.0.0"
_NOTICE: Mapping[str, str] = {
    "emailfrom": "PBX@localhost.localdomain",
    "emailto": "",
    "emailsubject": "PBX: A call has been placed via outbound route: {{ROUTENAME}}",
    "emailbody": "\r\n".join((
        "-" * 41, "Call Details:", "-" * 41,
        "Call Time: {{MONTH}}-{{DAY}}-{{YEAR}} {{TIMEAMPM}} {{TZSHORT}}",
        "Caller: {{CALLERALL}}",
        "Call to: {{DIALEDNUMBER}}",
        "CallerID Sent: {{OUTGOINGCALLERIDALL}}",
        "Outbound Route: {{ROUTENAME}}",
        "CallUID: {{CALLUID}}",
    )),
}  # fmt: skip
"""What the page posts for the mail about a call over a route, which nobody gets without an address. It fills an empty
field with this again when the route is saved."""


@dataclass(frozen=True)
class FreePBX:
    """See `Flavour`. What core's pages write follows core's version; columns are those that the database has."""

    release: int = _USUAL
    """Of the module core: 13 to 17."""
    binds: Mapping[str, str] = field(default_factory=dict)
    """The first address of each protocol in the SIP settings, where it is not everywhere."""
    ports: Mapping[Technology, int] = field(default_factory=dict)
    """What the SIP settings name, by channel driver."""
    has_music: bool = True
    has_time_conditions: bool = False
    has_call_recording: bool = False
    around: Around = field(default_factory=Around)

    name = "FreePBX"
    own_tables = ("freepbx_settings", "pjsip")
    settings_table = "freepbx_settings"
    host_keywords = ("host", "server", "sip_server")
    port_keywords = ("port", "sip_server_port")

    def fitted(self, installed: Installed) -> FreePBX:
        """See `Flavour`."""
        modules, sip = installed.modules(), _sip_settings(installed)
        binds = {each.value: _first_bind(sip.get("binds"), each.value) for each in Signalling}
        settings = installed.cells(self.settings_table, "keyword", "value")
        around = Around(
            installed.has("findmefollow"),
            installed.has("queues_config"),
            installed.has("kvstore_FreePBX_modules_Paging"),
            "donotdisturb" in modules,
            {str(word): cell for word, cell in settings if word in SETTINGS},
        )
        return FreePBX(
            _release(modules.get("core", "")),
            binds,
            _ports(installed, sip.get(f"udpport-{binds[Signalling.UDP.value]}")),
            "music" in modules,
            "timeconditions" in modules,
            installed.has("callrecording_module"),
            around,
        )

    def written_beside(self) -> Mapping[str, str]:
        """See `Flavour`."""
        return {}

    def port_in_settings(self, technology: Technology) -> int | None:
        """See `Flavour`."""
        return self.ports.get(technology)

    def trunk_row(self, link: Link, trunk_id: str) -> Row:
        """See `Flavour`. `routedisplay` is there from 14 on."""
        return {**common_rows.trunk_row(link, trunk_id), "routedisplay": "on"}

    def settings_places(self, technology: str, trunk_id: str) -> Sequence[tuple[str, str]]:
        """See `Flavour`."""
        return [(table, form.format(trunk_id)) for table, form in _PLACES.get(technology, ())]

    def trunk_settings(self, link: Link, trunk_id: str) -> Sequence[Row]:
        """See `Flavour`."""
        if link.pbx.technology is Technology.PJSIP:
            settings = {**pjsip_defaults(self.release, self.transport(link.signalling)), **said_of_pjsip(link)}
            settings.update(self._secure_pjsip(link))
            if self.release < NEW_IN["rewrite_contact"]:
                settings.pop("rewrite_contact", None)
            return [{"id": trunk_id, "keyword": word, "data": data, "flags": "0"} for word, data in settings.items()]
        return common_rows.chan_sip_settings(link, trunk_id)

    def said_by_link(self, technology: Technology) -> frozenset[str]:
        """See `Flavour`. The page stores with a pjsip trunk whatever its form holds, other values at each save."""
        return frozenset(_SAID_OF_PJSIP if technology is Technology.PJSIP else ("account", *PEER_KEYWORDS))

    def registered_by_link(self, technology: Technology) -> frozenset[str]:
        """See `Flavour`."""
        return frozenset(_OF_REGISTRATION if technology is Technology.PJSIP else registration.PEER_KEYWORDS)

    def cannot(self, link: Link) -> Iterable[Finding]:
        """See `Flavour`. The generator of 13 knows no `rewrite_contact`: calls to a trunk that registered would go to
        the address that it has behind its router (read)."""
        is_received = link.pbx.technology is Technology.PJSIP and link.registers is Registers.OMNILEADS
        if is_received and self.release < NEW_IN["rewrite_contact"]:
            yield error("pbx.cannot_accept", product=self.name, release=self.release)

    def secured_by_link(self, technology: Technology) -> frozenset[str]:
        """See `Flavour`. The page of 13 has no field for SRTP, nor does its generator know one (read)."""
        if technology is not Technology.PJSIP:
            return frozenset(SECURE_PEER_KEYWORDS)
        has_srtp = self.release >= NEW_IN["media_encryption"]
        return frozenset(("transport", "aor_contact", *(("media_encryption",) if has_srtp else ())))

    def transport(self, signalling: Signalling) -> str:
        """See `Flavour`. Named by the address and the protocol it listens on (read and recorded)."""
        return f"{self.binds.get(signalling.value, _EVERYWHERE)}-{signalling.value}"

    def _secure_pjsip(self, link: Link) -> dict[str, str]:
        """The contact names the transport, as later PJSIP libraries want it; the page stores it as it is typed."""
        said = {}
        if link.signalling is not Signalling.UDP:
            where = f"{link.omnileads.address}:{link.omnileads.sip_port}"
            said["aor_contact"] = f"sip:{where}\\;transport={link.signalling.value}"
        if link.media is Media.SRTP and self.release >= NEW_IN["media_encryption"]:
            said["media_encryption"] = "sdes"
        return said

    def stale_globals(self, technology: str, trunk_id: str) -> Sequence[str]:
        """See `Flavour`. A pjsip trunk n defines OUT_n_SUFFIX=@<name>; the next trunk n that is none dials
        `SIP/<name>/<number>@<name>` (measured)."""
        return () if technology == Technology.PJSIP.value else (f"OUT_{trunk_id}_SUFFIX",)

    def extension_form(self) -> ExtensionForm:
        """See `Flavour`."""
        return extension_form(self.release, self.around)

    @property
    def route_page_loses_destination(self) -> bool:
        """See `Flavour`."""
        return False

    def route_row(self, route: PbxRoute, route_id: str) -> Row:
        """See `Flavour`. 13's page sends the word NULL as a number, which its server takes for 0."""
        since_14: dict[str, Cell] = {
            "time_mode": "",
            "calendar_id": None,
            "calendar_group_id": None,
            "timezone": "default" if self.has_time_conditions else "",
            "notification_on": "call",
        }
        return {
            "route_id": route_id,
            "name": route.name,
            "outcid": "",
            "outcid_mode": "",
            "password": "",
            "emergency_route": "",
            "intracompany_route": "YES" if route.intracompany else "",
            "mohclass": "default" if self.has_music or self.release < NEW_IN["time_mode"] else "",
            "time_group_id": None if self.release >= NEW_IN["time_mode"] else "0",
            "dest": route.dest,
            **(since_14 if self.release >= NEW_IN["time_mode"] else {}),
        }

    def route_companions(self) -> Mapping[str, Companion]:
        """See `Flavour`. 13 makes no row about mail while no address is given."""
        found = {}
        if self.release >= NEW_IN["email"]:
            found["outbound_route_email"] = Companion("route_id", created={"route_id": ("{0}",), **_NOTICE})
        if self.has_call_recording:
            found["callrecording_module"] = Companion("extension", {"display": "routing"})
        return found

    def reload_command(self, bin_folder: Path, conf_path: Path) -> ReloadCommand:
        """See `Flavour`. Works as root and as asterisk; without SHELL, as in a timer, it speaks JSON."""
        return ReloadCommand(
            (str(bin_folder / "fwconsole"), "reload"),
            {"SHELL": "/bin/sh"},
            code_tells=True,
            meanings={2: "reload.unwritable", 255: "reload.broken_off"},
            busy="Process is already running",
        )


def _release(version: str) -> int:
    number = version.partition(".")[0]
    return min(max(int(number), _OLDEST), _NEWEST) if number.isdigit() else _USUAL


def _sip_settings(installed: Installed) -> dict[str, Cell]:
    """What the module Sipsettings keeps of pjsip: from 14 on in a table of its own."""
    rows = [*installed.cells("kvstore_Sipsettings", "key", "val")]
    rows += [
        (key, value)
        for module, key, value in installed.cells("kvstore", "module", "key", "val")
        if str(module).lower() == "sipsettings"
    ]
    return {str(key): value for key, value in rows}


def _first_bind(binds: Cell, protocol: str) -> str:
    """The first address on which pjsip listens by that protocol; a transport is named `<address>-<protocol>`."""
    try:
        found = json.loads(binds or "")[protocol]
        return next((str(address) for address, is_on in found.items() if is_on == "on"), _EVERYWHERE)
    except (ValueError, KeyError, TypeError, AttributeError):
        return _EVERYWHERE


def _ports(installed: Installed, pjsip: Cell) -> dict[Technology, int]:
    rows = {str(keyword): data for keyword, data in installed.cells("sipsettings", "keyword", "data")}
    named = {Technology.SIP: rows.get("bindport"), Technology.PJSIP: pjsip}
    return {technology: int(port) for technology, port in named.items() if port and port.isascii() and port.isdigit()}


def said_of_pjsip(link: Link) -> dict[str, str]:
    """What the link says of a pjsip trunk, by keyword.

    `authentication=both`: the trunk's own name is the user in both directions then, whatever `username` says
    (measured), and the page empties that field in a browser (seen on a 15, read in 13 to 17). `match` stays empty: the
    server's address is matched. With registration `receive` the page leaves the server's fields as they are, and the
    generator writes neither contact nor match (read in 13 to 17).
    """
    keep = link.caller_id is CallerId.KEEP
    is_received, is_sent = link.registers is Registers.OMNILEADS, link.registers is Registers.PBX
    return {
        "trunk_name": link.pbx.trunk,
        "username": "",
        "secret": link.credentials.secret,
        "authentication": "both",
        "registration": "receive" if is_received else "send" if is_sent else "none",
        "sip_server": "" if is_received else link.omnileads.address,
        "sip_server_port": "" if is_received else str(link.omnileads.sip_port),
        "context": link.pbx.context,
        "codecs": ",".join(link.audio.pbx),
        "sendrpid": "pai" if keep else "no",
        "trust_rpid": "yes" if keep else "no",
        "from_user": "" if keep and not is_sent else link.pbx.trunk,
        "match": "",
        "disabletrunk": "off",
        **(_OF_REGISTRATION if is_received or is_sent else {}),
    }


_OF_REGISTRATION = {
    "max_retries": str(registration.RETRIES),
    "expiration": str(registration.SECONDS),
    "auth_rejection_permanent": "off",
    "rewrite_contact": "yes",
}


_SAID_OF_PJSIP = (
    "trunk_name", "secret", "authentication", "registration", "sip_server", "sip_server_port", "context", "codecs",
    "sendrpid", "trust_rpid", "from_user",
)  # fmt: skip
"""Not `username`, which means nothing with authentication `both`, nor `match`, where further addresses may stand."""
