"""sip_additional.conf and sip_registrations.conf, from table sip.

Recorded: generated_sip_additional.conf for rows_a0. disallow comes first, then flags, then keyword descending; the
account line is the section's name. Two accounts that differ only by case give one section: the other is lost.
"""

from __future__ import annotations

from .tables import Row, Tables, collated

DISABLED = 1
# The table holds one row per keyword: these may have been given several times and were joined with '&'.
REPEATABLE = {"allow", "disallow", "permit", "deny", "setvar"}


def sip_conf(tables: Tables) -> str:
    return "\n".join(_stanza(account, rows) for account, rows in _accounts(tables).items())


def registrations_conf(tables: Tables) -> str:
    """One register line per chan_sip trunk; a pjsip trunk keeps its string in the same place, and is skipped."""
    sip_trunks = {str(row["trunkid"]) for row in tables["trunks"] if row["tech"] == "sip"}
    lines = [
        f"register={row['data']}\n"
        for row in tables["sip"]
        if row["id"].startswith("tr-reg-") and row["id"][7:] in sip_trunks and row["flags"] != DISABLED
    ]
    return "".join(lines)


def _accounts(tables: Tables) -> dict[str, list[Row]]:
    by_id: dict[str, list[Row]] = {}
    for row in sorted(tables["sip"], key=lambda row: collated(row["id"])):
        by_id.setdefault(row["id"], []).append(row)
    accounts: dict[str, list[Row]] = {}
    taken: set[str] = set()
    for identity, rows in by_id.items():
        name = next((row["data"] for row in rows if row["keyword"] == "account" and row["flags"] != DISABLED), None)
        if name is not None and not identity.startswith("pjsip-") and collated(name) not in taken:
            taken.add(collated(name))
            accounts[name] = rows
    return accounts


def _stanza(account: str, rows: list[Row]) -> str:
    ordered = sorted(rows, key=lambda row: collated(row["keyword"]), reverse=True)
    ordered.sort(key=lambda row: (row["keyword"] != "disallow", row["flags"]))
    lines = [line for row in ordered if row["keyword"] != "account" for line in _lines(row)]
    return "\n".join([f"[{account}]", *lines, ""])


def _lines(row: Row) -> list[str]:
    values = row["data"].split("&") if row["keyword"].lower() in REPEATABLE else [row["data"]]
    return [f"{row['keyword']}={value}" for value in values]
