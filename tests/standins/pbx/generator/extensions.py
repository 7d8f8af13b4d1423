"""ext-local (users with their hints), ext-findmefollow, and the ways in from trunks."""

from __future__ import annotations

from collections.abc import Mapping

from .context import Context, goto
from .groups import ring_steps
from .tables import Row, Tables, is_freepbx

Dials = Mapping[str, str]
FAILURE_DESTINATIONS = {"NOANSWER": "noanswer_dest", "BUSY": "busy_dest", "CHANUNAVAIL": "chanunavail_dest"}


def ext_local(tables: Tables, dials: Dials) -> Context:
    """`dials` is AstDB's DEVICE/<id>/dial as read at this reload: a device without one gets no hint."""
    context = Context("ext-local")
    devices: dict[str, list[str]] = {}
    for device in tables["devices"]:
        devices.setdefault(device["user"] or "", []).append(device["id"])
    for user in sorted(tables["users"], key=lambda row: row["extension"]):
        number = user["extension"]
        context.exten(number, *_call(user))
        hint = "&".join(dials[device] for device in devices.get(number, []) if device in dials)
        if hint:
            context.hint(number, hint_of(hint, number) if is_freepbx(tables) else hint)
    return context


def hint_of(dial: str, number: str) -> str:
    """What FreePBX's reload makes of an extension's dial string, in the dialplan and in AstDB (recorded)."""
    return f"{dial},CustomPresence:{number}"


def ext_findmefollow(tables: Tables) -> Context:
    """The user's own device for pre_ring seconds, then the list; read from the table, not from AstDB."""
    context = Context("ext-findmefollow")
    for row in sorted(tables["findmefollow"], key=lambda row: row["grpnum"]):
        steps = ["Gosub(sub-user-callerid,s,1)"]
        if row["pre_ring"]:
            steps += ring_steps("ringall", row["grpnum"], row["pre_ring"])
        steps += ring_steps(row["strategy"], row["grplist"], row["grptime"])
        context.exten(row["grpnum"], *steps, _after(row["postdest"]))
    return context


def inbound(tables: Tables) -> list[Context]:
    """from-pstn and from-trunk lead to the DIDs of table incoming, and from there to destinations."""
    did = Context("ext-did")
    for row in tables["incoming"]:
        number, caller = row["extension"] or "_X.", row["cidnum"] or ""
        did.exten(f"{number}/{caller}" if caller else number, goto(row["destination"]))
    direct = Context("from-did-direct")
    direct.include("ext-findmefollow")
    direct.include("ext-local")
    return [did, direct, *(_way_in(name) for name in ("from-pstn", "from-trunk"))]


def _way_in(name: str) -> Context:
    context = Context(name)
    context.include("ext-did")
    return context


def _call(user: Row) -> list[str]:
    ring = f"{user['ringtimer']}" if user["ringtimer"] else ""
    steps = [f"Gosub(sub-call-extension,s,1({user['extension']},{ring}))"]
    for status, column in FAILURE_DESTINATIONS.items():
        if user[column]:
            steps.append(f'GotoIf($["${{DIALSTATUS}}" = "{status}"]?{user[column]})')
    return [*steps, "Goto(sub-end-call,s,1)"]


def _after(destination: str | None) -> str:
    return goto(destination) if destination else "Goto(sub-end-call,s,1)"
