"""What a trunk's settings have beside where one side registers with the other: the side behind NAT, whose address the
other one takes from its registration.

Sources: the options of chan_sip, of res_pjsip and of its config wizard in Asterisk 16, tried between two of them with a
router between; OML's own templates of trunks with `sends_registrations`.
"""

from __future__ import annotations

from pbxlink.link.model import CallerId, Link, Registers

Setting = tuple[str, str]
SECONDS = 60
"""How long a registration lasts: the shortest time that Asterisk grants by default. A side whose address changed is
called again after as long."""
RETRIES = 10000
"""Asterisk gives up after ten by default: ten minutes of silence, and nobody would be called until the next reload."""
_RETRY_SECONDS = 20
"""Also after a refusal: OML may register before the PBX has its trunk. Without a value Asterisk never tries again."""
PEER_KEYWORDS = ("sendrpid", "nat", "register")
"""Every keyword that `peer_lines` and `register_string` may add to the chan_sip trunk."""
WIZARD_KEYS = ("aor/max_contacts", "aor/remove_existing", "endpoint/identify_by", "endpoint/trust_id_inbound",
               "registration/expiration", "registration/retry_interval", "registration/forbidden_retry_interval",
               "registration/fatal_retry_interval", "registration/max_retries", "registration/auth_rejection_permanent",
               "registration/contact_user")  # fmt: skip
"""Every line that `wizard_lines` may add."""


def peer_lines(link: Link) -> tuple[Setting, ...]:
    """Lines of the chan_sip peer.

    Where the PBX registers, OML knows no address by which to tell its calls: they name OML's trunk as their user
    (`fromuser`), and the caller's number is in a header of its own. Where OML registers, its calls and its audio come
    from a router.
    """
    if link.registers is Registers.PBX:
        return (("sendrpid", "pai"),) if link.caller_id is CallerId.KEEP else ()
    return (("nat", "force_rport,comedia"),) if link.registers is Registers.OMNILEADS else ()


def register_string(link: Link) -> str:
    """The register string of a chan_sip trunk, as the page of the trunk takes it: `user:secret@host:port~seconds`; it
    holds the secret. Empty where the PBX does not register."""
    if link.registers is not Registers.PBX:
        return ""
    end = link.omnileads
    return f"{end.trunk}:{link.credentials.towards_oml}@{end.address}:{end.sip_port}~{SECONDS}"


def wizard_lines(link: Link) -> tuple[Setting, ...]:
    """Lines of OML's wizard text.

    `identify_by`: an Issabel pjsip trunk that keeps the caller's number cannot name OML's trunk in its calls; they are
    told by the user that answers the challenge. `contact_user`: chan_sip takes a registered peer's user from there.
    """
    if link.registers is Registers.PBX:
        trust = [("endpoint/trust_id_inbound", "yes")] if link.caller_id is CallerId.KEEP else []
        return (
            ("aor/max_contacts", "1"),
            ("aor/remove_existing", "yes"),
            ("endpoint/identify_by", "username,auth_username"),
            *trust,
        )
    if link.registers is Registers.OMNILEADS:
        return (
            ("registration/expiration", str(SECONDS)),
            ("registration/retry_interval", str(_RETRY_SECONDS)),
            ("registration/forbidden_retry_interval", str(_RETRY_SECONDS)),
            ("registration/fatal_retry_interval", str(_RETRY_SECONDS)),
            ("registration/max_retries", str(RETRIES)),
            ("registration/auth_rejection_permanent", "no"),
            ("registration/contact_user", link.omnileads.trunk),
        )
    return ()
