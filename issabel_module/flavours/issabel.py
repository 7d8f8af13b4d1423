"""Issabel PBX (IssabelPBX): where it keeps things, and what its own pages write there.

Sources: the recorded rows and keys of what one action of its pages writes: a chan_sip trunk added (a0), a pjsip trunk
(b0), a custom extension added (c0), edited (e4) and deleted (e9), outbound routes (d0, d1); the schema records; the
recorded runs of its reload.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from issabel_module.flavours import common_rows
from issabel_module.flavours.flavour import Companion, ExtensionForm, Installed, ReloadCommand
from pbxlink.engine.image_template import Pattern
from pbxlink.engine.plan import Row
from pbxlink.link import registration
from pbxlink.link.model import CallerId, Link, Media, PbxRoute, Registers, Signalling, Technology
from pbxlink.link.trunk_settings import PEER_KEYWORDS, SECURE_PEER_KEYWORDS, Setting
from pbxlink.messages.findings import Finding

_PLACES = {"sip": ("tr-peer-{}", "tr-user-{}", "tr-reg-{}"), "pjsip": ("pjsip-{}", "tr-reg-{}")}
_USER: Mapping[str, Pattern] = {**common_rows.USER, "mohclass": None}
EXTENSION_KEYS: Mapping[str, Pattern] = {
    "/AMPUSER/{0}/answermode": "disabled",
    "/AMPUSER/{0}/cfringtimer": "0",
    "/AMPUSER/{0}/cidname": common_rows.LABEL,
    "/AMPUSER/{0}/cidnum": common_rows.NUMBER,
    "/AMPUSER/{0}/concurrency_limit": "0",
    "/AMPUSER/{0}/device": common_rows.NUMBER,
    "/AMPUSER/{0}/language": "",
    "/AMPUSER/{0}/noanswer": "",
    "/AMPUSER/{0}/outboundcid": "",
    "/AMPUSER/{0}/password": "",
    "/AMPUSER/{0}/queues/qnostate": "usestate",
    "/AMPUSER/{0}/recording": "",
    "/AMPUSER/{0}/recording/in/external": "dontcare",
    "/AMPUSER/{0}/recording/in/internal": "dontcare",
    "/AMPUSER/{0}/recording/ondemand": "disabled",
    "/AMPUSER/{0}/recording/out/external": "dontcare",
    "/AMPUSER/{0}/recording/out/internal": "dontcare",
    "/AMPUSER/{0}/recording/priority": "10",
    "/AMPUSER/{0}/ringtimer": "0",
    "/AMPUSER/{0}/voicemail": "novm",
    "/CW/{0}": "ENABLED",
    "/DEVICE/{0}/dial": common_rows.DIAL,
    "/DEVICE/{0}/type": "fixed",
    "/DEVICE/{0}/user": common_rows.NUMBER,
    "/DEVICE/{0}/default_user": common_rows.NUMBER,
}
"""The 25 AstDB keys of a custom extension. A reload never rebuilds them, and the vendor's own "reset all" only 12 of
them (c9); without them the page shows the extension, the reload says success, and a call to it dials nothing."""

_SAID_OF_PJSIP = ("account", "secret", "authentication", "registration", "server", "port", "context", "from_user",
                  "trust_id_inbound", "match", "codecs")  # fmt: skip
_SAID_OF_REGISTRATION = ("register", "max_retries", "expiration", "rewrite_contact", "rtp_symmetric")


class Issabel:
    """See `Flavour`."""

    name = "Issabel"
    own_tables: Sequence[str] = ()
    settings_table = "issabelpbx_settings"
    host_keywords = ("host", "server")
    port_keywords = ("port",)

    def fitted(self, installed: Installed) -> Issabel:
        """See `Flavour`."""
        return self

    def written_beside(self) -> Mapping[str, str]:
        """See `Flavour`. Seen in trunks that its generator wrote with that file and without it."""
        return {"stir_shaken": "stir_shaken.conf"}

    def port_in_settings(self, technology: Technology) -> int | None:
        """See `Flavour`."""
        return None

    def trunk_row(self, link: Link, trunk_id: str) -> Row:
        """See `Flavour`."""
        return common_rows.trunk_row(link, trunk_id)

    def settings_places(self, technology: str, trunk_id: str) -> Sequence[tuple[str, str]]:
        """See `Flavour`. There is no table of its own for pjsip."""
        return [("sip", form.format(trunk_id)) for form in _PLACES.get(technology, ())]

    def trunk_settings(self, link: Link, trunk_id: str) -> Sequence[Row]:
        """See `Flavour`."""
        if link.pbx.technology is not Technology.PJSIP:
            return common_rows.chan_sip_settings(link, trunk_id)
        lines = common_rows.numbered(f"pjsip-{trunk_id}", pjsip_settings(link))
        return (*lines, *common_rows.registered(trunk_id, _register_string(link)))

    def said_by_link(self, technology: Technology) -> frozenset[str]:
        """See `Flavour`."""
        return frozenset(_SAID_OF_PJSIP if technology is Technology.PJSIP else ("account", *PEER_KEYWORDS))

    def registered_by_link(self, technology: Technology) -> frozenset[str]:
        """See `Flavour`."""
        return frozenset(_SAID_OF_REGISTRATION if technology is Technology.PJSIP else registration.PEER_KEYWORDS)

    def cannot(self, link: Link) -> Iterable[Finding]:
        """See `Flavour`."""
        return ()

    def secured_by_link(self, technology: Technology) -> frozenset[str]:
        """See `Flavour`."""
        return frozenset(("transport", "media_encryption") if technology is Technology.PJSIP else SECURE_PEER_KEYWORDS)

    def transport(self, signalling: Signalling) -> str:
        """See `Flavour`. Its page knows these names and no others (read)."""
        return _transport(signalling)

    def stale_globals(self, technology: str, trunk_id: str) -> Sequence[str]:
        """See `Flavour`."""
        return ()

    def extension_form(self) -> ExtensionForm:
        """See `Flavour`.

        Seen by deleting in the page an extension that had them all: what the companions hold goes, speed dials and
        other keys below AMPUSER, the voicemail box with its messages, and the number in each ring group's list (its
        first place there; we take all). CALLTRACE, QPENALTY, CustomDevstate, boss and secretary, and every
        destination stay.
        """
        return ExtensionForm(
            common_rows.DEVICE,
            _USER,
            EXTENSION_KEYS,
            own_families=("DEVICE", "AMPUSER", "CW"),
            users_families=("CF", "CFB", "CFU", "DND"),
            companions={
                "findmefollow": Companion("grpnum"),
                "paging_groups": Companion("ext", is_membership=True),
                "vmblast_groups": Companion("ext", is_membership=True),
                "queues_details": Companion(
                    "data",
                    {"keyword": "member"},
                    is_membership=True,
                    written_as=r"Local/([0-9]+)@from-queue/n,",
                ),
            },
            member_lists={"ringgroups": ("grpnum", "grplist")},
            has_boxes=True,
            left_families=("LANG",),
        )

    @property
    def route_page_loses_destination(self) -> bool:
        """See `Flavour`. Measured on 2.12: it shows the destination and saves an empty one, whatever was chosen."""
        return True

    def route_row(self, route: PbxRoute, route_id: str) -> Row:
        """See `Flavour`."""
        return {
            "route_id": route_id,
            "name": route.name,
            "outcid": "",
            "outcid_mode": "",
            "password": "",
            "emergency_route": "",
            "intracompany_route": "YES" if route.intracompany else "",
            "mohclass": "default",
            "time_group_id": None,
            "dest": route.dest,
        }

    def route_companions(self) -> Mapping[str, Companion]:
        """See `Flavour`."""
        return {}

    def reload_command(self, bin_folder: Path, conf_path: Path) -> ReloadCommand:
        """See `Flavour`. Works as root and as asterisk in 0.3 s, and exits 0 even when it fails (recorded)."""
        return ReloadCommand((str(bin_folder / "module_admin"), "reload"), {"AMPORTAL_CONF": str(conf_path)})


def _transport(signalling: Signalling) -> str:
    return f"transport-{signalling.value}"


_REGISTRATION = {Registers.NO: "none", Registers.PBX: "send", Registers.OMNILEADS: "receive"}


def _register_string(link: Link) -> str:
    """What the page stores beside a pjsip trunk that registers; nothing reads it. The user is empty, as the page
    disables its field with authentication `both` (read in `core_trunks_backendAdd`)."""
    server = dict(pjsip_settings(link)).get("server", "")
    is_sent = link.registers is Registers.PBX
    return f":{link.credentials.secret}@{server}:{link.omnileads.sip_port}" if is_sent else ""


def pjsip_settings(link: Link) -> tuple[Setting, ...]:
    """A pjsip trunk's settings in the order in which the page stores them.

    `authentication=both`: the vendor's generator then uses the trunk's own name as user in both directions, and its
    page disables the field `username`, so that there is no such row (seen by saving in a browser). The port
    stands in `server` because the generator ignores `port`; `match` names the host because it matches by `server`
    otherwise, port included. Nothing in `server` names the transport: its page doubles the backslash that would have to
    stand before a `;` (read), and Asterisk sends by the endpoint's transport without it (measured on 16).

    Where OML registers, the page disables `server` and `port`, so that there are no such rows, and the generator writes
    neither a contact nor whom to match (read in its core 2.12).
    """
    is_received, is_registered = link.registers is Registers.OMNILEADS, link.registers is not Registers.NO
    server = [("server", f"{link.omnileads.address}:{link.omnileads.sip_port}"), ("port", str(link.omnileads.sip_port))]
    keep = link.caller_id is CallerId.KEEP
    return (
        ("account", link.pbx.trunk),
        ("secret", link.credentials.secret),
        ("authentication", "both"),
        ("registration", _REGISTRATION[link.registers]),
        *([] if is_received else server),
        ("context", link.pbx.context),
        ("transport", _transport(link.signalling)),
        ("dtmf_mode", "auto"),
        ("from_domain", ""),
        ("from_user", "" if keep else link.pbx.trunk),
        ("contact_user", ""),
        ("retry_interval", "60"),
        ("max_retries", str(registration.RETRIES) if is_registered else "10"),
        ("expiration", str(registration.SECONDS) if is_registered else "3600"),
        ("qualify_frequency", "60"),
        ("media_encryption", "sdes" if link.media is Media.SRTP else "no"),
        ("rtp_symmetric", "yes"),
        ("rewrite_contact", "yes"),
        ("inband_progress", "no"),
        ("auth_rejection_permanent", "no"),
        ("direct_media", "no"),
        ("trust_id_inbound", "yes" if keep else "no"),
        ("t38_udptl", "no"),
        ("t38_udptl_nat", "no"),
        ("t38_udptl_ec", "none"),
        ("fax_detect", "no"),
        ("match", "" if is_received else link.omnileads.address),
        ("support_path", "no"),
        ("outbound_proxy", ""),
        ("stir_shaken", "yes"),
        ("codecs", ",".join(link.audio.pbx)),
    )
