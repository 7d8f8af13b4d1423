"""Whether this PBX itself keeps the far end's packets out: fail2ban's list and the rules of the packet filter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from issabel_module.host.host import Host
from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

_SECONDS = 3.0
_LISTS = (
    ("fail2ban", ("fail2ban-client", "banned")),
    ("iptables", ("iptables-save",)),
    ("nftables", ("nft", "list", "ruleset")),
)
_REFUSES = re.compile(r"\b(?:DROP|REJECT|drop|reject)\b")


def against(host: Host, address: str) -> Iterator[Sight]:
    """One sight where any list could be read: what in it names the address. Needs root, and is left out without."""
    read = {name: lines for name, command in _LISTS if (lines := _lines(host, command)) is not None}
    if not read or not address:
        return
    found = [f"{name}: {line}" for name, lines in read.items() for line in lines if _names(name, line, address)]
    seen = shown("; ".join(found) or ", ".join(read), 200)
    cause = [error("cause.banned", address=address, where=seen)] if found else []
    yield Sight(Step.PORT, not found, seen, "oml->pbx", cause)


def _lines(host: Host, command: tuple[str, ...]) -> list[str] | None:
    try:
        done = host.run(command, {}, _SECONDS)
    except (OSError, TimeoutError):
        return None
    return [line.strip() for line in done.output.splitlines()] if done.code == 0 else None


def _names(kind: str, line: str, address: str) -> bool:
    named = re.search(rf"(?<![\d.]){re.escape(address)}(?:/32)?(?![\d./])", line) is not None
    return named and (kind == "fail2ban" or _REFUSES.search(line) is not None)
