"""The PBX's reload, and the proof that it happened.

What it ends with may mean nothing (Issabel's exits 0 *even when it fails*: with AMI down it takes 20 s, leaves
need_reload 'true' and adds a notification; recorded) or tell what was wrong (FreePBX's). Either way need_reload turned
'false', and Asterisk showing what was written, count.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from issabel_module.asterisk import loaded, sip_drivers
from issabel_module.flavours.flavour import Flavour, ReloadCommand
from issabel_module.host.host import Finished, Host
from issabel_module.kinds import trunk
from issabel_module.storage.database import Database
from pbxlink.asterisk.ami import Ami
from pbxlink.engine.plan import Change, Image
from pbxlink.engine.resource_term import resource_term
from pbxlink.link.model import Technology
from pbxlink.messages.errors import ApplyFailed
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import one_line, shown

_TIMEOUT = 120.0
"""FreePBX's takes 8 to 13 s (16, seen), the signatures that it has checked meanwhile not among it."""
_PROOF_WAIT = 15.0
_BUSY_WAIT = 2.0


def is_pending(database: Database) -> bool:
    """Whether there are changes that were not applied yet."""
    return any(row["value"] == "true" for row in database.rows("admin", "variable", ["need_reload"]))


def cannot_run(host: Host, command: ReloadCommand) -> Iterator[Finding]:
    """A finding where the reload command cannot be run; asked before anything is written."""
    reason = host.may_run(Path(command.line[0]))
    if reason:
        yield error("reload.no_command", command=command.line[0], reason=reason)


def run(database: Database, host: Host, command: ReloadCommand) -> None:
    """Requests a reload and runs it. Raises ApplyFailed unless need_reload is 'false' afterwards."""
    _ask(database)
    done = _finished(host, command)
    database.renew()
    if command.code_tells and done is None:
        raise ApplyFailed(error("reload.hung", command=command.line[0], seconds=round(_TIMEOUT)))
    if command.code_tells and done and done.code:
        values = {"command": command.line[0], "exit": done.code, "text": shown(one_line(done.output), 300)}
        raise ApplyFailed(error(command.meanings.get(done.code, "reload.code"), **values))
    if is_pending(database):
        text = shown(one_line(done.output), 300) if done else f"> {_TIMEOUT:.0f} s"
        raise ApplyFailed(error("reload.failed", text=text, command=command.line[0]))


def settle(database: Database) -> None:
    """Says that no changes wait. For the package alone: registering its page sets the flag for nothing."""
    if is_pending(database):
        _flag(database, "false")


def _ask(database: Database) -> None:
    _flag(database, "true")


def _flag(database: Database, value: str) -> None:
    from sqlalchemy import insert, update

    table = database.table("admin")
    if database.rows("admin", "variable", ["need_reload"]):
        database.execute(update(table).where(table.c.variable == "need_reload").values(value=value))
    else:
        database.execute(insert(table).values(variable="need_reload", value=value))


def _finished(host: Host, command: ReloadCommand) -> Finished | None:
    """How the reload ended, asked for again while another one is running; None where it did not end in time."""
    deadline = time.monotonic() + _TIMEOUT
    while True:
        try:
            done = host.run(command.line, command.environment, max(deadline - time.monotonic(), 1.0))
        except TimeoutError:
            return None
        except OSError as problem:
            reason = problem.strerror
            raise ApplyFailed(error("reload.no_command", command=command.line[0], reason=reason)) from problem
        is_busy = bool(done.code and command.busy and command.busy in done.output)
        if not is_busy or time.monotonic() + _BUSY_WAIT > deadline:
            return done
        time.sleep(_BUSY_WAIT)


def forget(ami: Ami, names: Sequence[str]) -> None:
    """Empties variables of the dialplan, which no reload forgets. Raises ApplyFailed where one keeps its value."""
    for name in names:
        if _value(ami, name):
            ami.action("Setvar", {"Variable": name, "Value": ""})
            if _value(ami, name):
                raise ApplyFailed(error("reload.stale_global", name=name))


def _value(ami: Ami, name: str) -> str:
    return ami.action("Getvar", {"Variable": name}).get("Value")


def prove(ami: Ami, flavour: Flavour, changes: Sequence[Change]) -> None:
    """Waits until Asterisk shows what the changes wrote: no trunk of before, but these. Raises ApplyFailed where it
    does not."""
    deadline = time.monotonic() + _PROOF_WAIT
    missing = _unproved(ami, flavour, changes)
    while missing and time.monotonic() < deadline:
        time.sleep(0.2)
        missing = _unproved(ami, flavour, changes)
    if missing:
        raise ApplyFailed(*missing)


def _unproved(ami: Ami, flavour: Flavour, changes: Sequence[Change]) -> list[Finding]:
    written = {change.key: change.after for change in changes if change.after is not None}
    with ami.asking_ahead(loaded.questions(written)):
        absent = list(loaded.not_loaded(ami, flavour, written))
    missing = [error("reload.not_shown", resource=resource_term(key)) for key in absent]
    trunks = [change for change in changes if change.key.kind == trunk.NAME]
    after = {_name(change.after) for change in trunks if change.after is not None}
    gone = {_name(change.before): change.before for change in trunks if change.before is not None}
    still = [_still_shown(ami, name, image) for name, image in gone.items() if name not in after]
    return [*missing, *(each for each in still if each is not None)]


def _name(image: Image) -> str:
    return str(image["trunks"][0]["channelid"])


def _still_shown(ami: Ami, name: str, image: Image) -> Finding | None:
    state = sip_drivers.trunk_state(ami, Technology(str(image["trunks"][0]["tech"])), name)
    return error("reload.still_shown", trunk=name) if state is not None else None
