"""`purge`: deletes the product's own table, link files and whatever else is kept of links, once none is applied."""

from __future__ import annotations

import shutil
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing

from issabel_module.commands import directory_cache, join_state, link_files
from issabel_module.host.settings import Settings
from issabel_module.storage.database import Database
from issabel_module.storage.ownership import NO_LINK
from issabel_module.storage.tables import OWN_TABLE
from pbxlink.console import last_proof
from pbxlink.console.commands import DONE
from pbxlink.console.output import Output
from pbxlink.engine.journal import Journals
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error

_SIDE = "pbx"
_FOLDERS = ("journal", directory_cache.FOLDER, last_proof.FOLDER, join_state.FOLDER)
"""Of the folder of state; that of `join` has the secret, too."""


def run(options: Namespace, output: Output, settings: Settings) -> int:
    """Purges. Raises Refused while a link is applied or a run or a `join` is half done; SideUnavailable without
    database."""
    with closing(Database(settings.database)) as database:
        return _run(options, output, database)


def _run(options: Namespace, output: Output, database: Database) -> int:
    _refuse_while_needed(database, options)
    if not (options.yes or output.agreed("purge.question")):
        return DONE
    gone = list(_purged(database, options))
    for each in gone:
        output.say("purge.gone", what=each)
    output.say("purge.done")
    output.document(purged=gone)
    return DONE


def _refuse_while_needed(database: Database, options: Namespace) -> None:
    journals: Journals = options.journals(options.state_dir / "journal")
    rows = database.rows(OWN_TABLE)
    open_journals = [journals.of(_SIDE, link).path for link in journals.open_links(_SIDE)]
    findings = [error("purge.applied", link=link) for link in sorted({str(row["link"]) for row in rows} - {NO_LINK})]
    findings += [error("purge.journal", path=path) for path in open_journals]
    findings += [
        error(f"join.at_{each.stage.value}", link=each.name) for each in join_state.half_done(options.state_dir)
    ]
    if findings:
        raise Refused(*findings)


def _purged(database: Database, options: Namespace) -> Iterator[str]:
    """Deletes one after the other and yields its name. The folders stay: they may belong to a package."""
    if database.has(OWN_TABLE):
        from issabel_module.storage.own_table import TABLE

        with database.connection() as connection:
            TABLE.drop(connection)
        yield f"{database.url.database}.{OWN_TABLE}"
    for path in (
        [options.link] if options.link_given else [each.path for each in link_files.listed(options.link.parent)]
    ):
        if path.exists():
            path.unlink()
            yield str(path)
    for folder in (options.state_dir / each for each in _FOLDERS):
        if folder.is_dir():
            shutil.rmtree(folder)
            yield str(folder)
