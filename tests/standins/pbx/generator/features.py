"""Contexts of the feature codes: which numbers they take, in front of everything else."""

from __future__ import annotations

from .context import Context, goto
from .tables import Row, Tables

# Read by Asterisk inside a call (features.conf): no extension in the dialplan.
IN_CALL = {("core", "atxfer"), ("core", "automon"), ("core", "blindxfer"), ("core", "disconnect")}
# Prefix of each mailbox number; there are no mailboxes here.
PER_MAILBOX = {("voicemail", "directdialvoicemail")}
# The code followed by any number is taken as well.
PREFIXES = {"dialvoicemail", "callspeeddial", "pickup", "intercom-prefix"}


def feature_contexts(tables: Tables) -> list[Context]:
    """One app-* context per active code; a code counts when it and its module are enabled and installed."""
    installed = {row["modulename"] for row in tables["modules"] if row["enabled"]}
    contexts: dict[str, Context] = {}
    for row in sorted(tables["featurecodes"], key=lambda row: (row["modulename"], row["featurename"])):
        if row["enabled"] and row["modulename"] in installed and active_code(row) and _has_extension(row):
            context = contexts.setdefault(_name(row), Context(_name(row)))
            for pattern in _patterns(row):
                context.exten(pattern, *_steps(row, tables))
    return list(contexts.values())


def active_code(row: Row) -> str:
    return row["customcode"] or row["defaultcode"] or ""


def _has_extension(row: Row) -> bool:
    return (row["modulename"], row["featurename"]) not in IN_CALL | PER_MAILBOX


def _name(row: Row) -> str:
    if row["modulename"] == "miscapps":
        return "app-miscapps"
    return f"app-{row['modulename']}-{row['featurename']}".replace("_", "-").lower()


def _patterns(row: Row) -> list[str]:
    code = active_code(row)
    return [code, f"_{code}."] if row["featurename"] in PREFIXES else [code]


def _steps(row: Row, tables: Tables) -> list[str]:
    """A misc application goes to its destination; the echo test plays what stands for its announcement, then echoes;
    the other codes answer and end."""
    if row["modulename"] == "miscapps":
        wanted = row["featurename"].rpartition("_")[2]
        found = [app["dest"] for app in tables["miscapps"] if str(app["miscapps_id"]) == wanted]
        return [goto(found[0] if found else None)]
    if row["featurename"] == "echotest":
        return ["Answer()", "Wait(1)", "Playtones(500)", "Wait(2)", "StopPlaytones()", "Echo()", "Hangup()"]
    return ["Answer()", "Wait(1)", "Hangup()"]
