"""Objects with a number of their own: ring groups, queues, conferences, paging, IVRs and the rest."""

from __future__ import annotations

from .context import Context, goto
from .tables import Row, Tables, is_freepbx

# Options of a queue that app_queue knows and that the GUI keeps in queues_details under the same name.
QUEUE_KEYS = {
    "strategy",
    "timeout",
    "retry",
    "wrapuptime",
    "maxlen",
    "joinempty",
    "leavewhenempty",
    "ringinuse",
}


def ring_steps(strategy: str, members: str, seconds: int) -> list[str]:
    """Applications that ring a list '201-202-5551234#': at once, or one after the other; a # number is dialled."""
    adds = [_add(member) for member in members.split("-") if member]
    ring = f"Gosub(sub-dial-members,s,1({seconds}))"
    if strategy.startswith("ringall"):
        return ["Set(MEMBERS=)", *adds, ring]
    return [step for add in adds for step in ("Set(MEMBERS=)", add, ring)]


def ext_group(tables: Tables) -> Context:
    context = Context("ext-group")
    for row in sorted(tables["ringgroups"], key=lambda row: row["grpnum"]):
        steps = ["Gosub(sub-user-callerid,s,1)"]
        if row["grppre"]:
            steps.append(f"Set(CALLERID(name)={row['grppre']}${{CALLERID(name)}})")
        steps += ring_steps(row["strategy"], row["grplist"], row["grptime"])
        steps.append(goto(row["postdest"]) if row["postdest"] else "Goto(sub-end-call,s,1)")
        context.exten(row["grpnum"], *steps)
    return context


def ext_queues(tables: Tables) -> Context:
    context = Context("ext-queues")
    for row in tables["queues_config"]:
        number = row["extension"]
        member = "Local/${CALLERID(num)}@from-queue/n"
        steps = ["Gosub(sub-user-callerid,s,1)", "Answer()", f"Queue({number},t,,,{row['maxwait']})"]
        context.exten(number, *steps, goto(row["dest"]))
        context.exten(f"{number}*", f"AddQueueMember({number},{member})", "Hangup()")
        context.exten(f"{number}**", f"RemoveQueueMember({number},{member})", "Hangup()")
    return context


def queues_conf(tables: Tables) -> str:
    details: dict[str, list[Row]] = {}
    for row in sorted(tables["queues_details"], key=lambda row: row["flags"]):
        details.setdefault(row["id"], []).append(row)
    sections = []
    for queue in tables["queues_config"]:
        rows = details.get(queue["extension"], [])
        lines = [f"{row['keyword']}={row['data']}" for row in rows if row["keyword"] in QUEUE_KEYS]
        lines += [_member(row["data"], tables) for row in rows if row["keyword"] == "member"]
        sections.append("\n".join([f"[{queue['extension']}]", *lines, ""]))
    return "\n".join(sections)


def _member(member: str, tables: Tables) -> str:
    """FreePBX asks the hint of an extension whether it may be called (recorded)."""
    channel, _, penalty = member.partition(",")
    number = channel.partition("/")[2].partition("@")[0]
    hint = f",{number},hint:{number}@ext-local" if is_freepbx(tables) else ""
    return f"member={channel},{penalty or 0}{hint}"


def ext_meetme(tables: Tables) -> Context:
    context = Context("ext-meetme")
    for row in tables["meetme"]:
        context.exten(row["exten"], "Answer()", f"ConfBridge({row['exten']})", "Hangup()")
    return context


def ext_paging(tables: Tables) -> Context:
    context = Context("ext-paging")
    for row in tables["paging_config"]:
        members = [g["ext"] for g in tables["paging_groups"] if g["page_number"] == row["page_group"]]
        context.exten(row["page_group"], *ring_steps("ringall", "-".join(members), 20), "Hangup()")
    return context


def vmblast_grp(tables: Tables) -> Context:
    """There is no voicemail here: the number is taken, the call is answered and ends."""
    context = Context("vmblast-grp")
    for row in tables["vmblast"]:
        context.exten(str(row["grpnum"]), "Answer()", "Wait(1)", "Hangup()")
    return context


def injections(tables: Tables) -> list[Context]:
    entry = Context("ext-injections")
    contexts = [entry]
    for row in tables["dialplaninjection_dialplaninjections"]:
        target = Context(f"ext-injection-{row['id']}")
        commands = [c for c in tables["dialplaninjection_commands"] if c["injectionid"] == row["id"]]
        lines = [command["command"] for command in sorted(commands, key=lambda command: command["sort"])]
        target.exten("s", *lines, goto(row["destination"]))
        if row["exten"]:
            entry.exten(row["exten"], f"Goto({target.name},s,1)")
        contexts.append(target)
    return contexts


def ivrs(tables: Tables) -> list[Context]:
    return [_ivr(row, tables) for row in tables["ivr_details"]]


def announcements(tables: Tables) -> list[Context]:
    """Answered, as on the real one; nothing is played."""
    found = []
    for row in tables["announcement"]:
        context = Context(f"app-announcement-{row['announcement_id']}")
        context.exten("s", "Answer()", "Wait(1)", goto(row["post_dest"]))
        found.append(context)
    return found


def ext_miscdests(tables: Tables) -> Context:
    context = Context("ext-miscdests")
    for row in tables["miscdests"]:
        context.exten(str(row["id"]), f"Goto(from-internal,{row['destdial']},1)")
    return context


def parking_conf(tables: Tables) -> str:
    sections = []
    for row in tables["parkplus"]:
        name = "default" if row["defaultlot"] == "yes" else f"parkinglot_{row['id']}"
        last = int(row["parkpos"]) + row["numslots"] - 1
        lines = [
            f"parkext => {row['parkext']}",
            f"parkpos => {row['parkpos']}-{last}",
            "context => parkedcalls",
        ]
        sections.append("\n".join([f"[{name}]", *lines, f"parkingtime => {row['parkingtime']}", ""]))
    return "\n".join(sections)


def _add(member: str) -> str:
    if member.endswith("#"):
        return f"Gosub(sub-add-channel,s,1(Local/{member[:-1]}@from-internal/n))"
    return f"Gosub(sub-add-member,s,1({member}))"


def _ivr(row: Row, tables: Tables) -> Context:
    """Announcements are not played: the menu answers and waits for a key."""
    context = Context(f"ivr-{row['id']}")
    if row["directdial"]:
        context.include("from-did-direct")
    context.exten("s", "Answer()", "Set(TIMEOUT(digit)=3)", f"WaitExten({row['timeout_time'] or 10})")
    entries = {e["selection"]: e["dest"] for e in tables["ivr_entries"] if e["ivr_id"] == row["id"] and e["selection"]}
    fallback = {"t": row["timeout_destination"], "i": row["invalid_destination"]}
    for selection, destination in {**fallback, **entries}.items():
        context.exten(selection, goto(destination))
    return context
