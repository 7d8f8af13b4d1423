"""The link files of one PBX, one for each OML: which one a command is about, and where a new one goes."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from issabel_module.commands import directory_cache
from pbxlink.console.commands import DONE, Commands
from pbxlink.console.output import Output
from pbxlink.link import link_file
from pbxlink.link.charset import LINK_NAME
from pbxlink.link.choices import DEFAULT_PATH
from pbxlink.link.free_name import LINK, PBX_TRUNK, free_name
from pbxlink.link.model import Link
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error

NAME = "links"
SUFFIX = ".conf"


@dataclass(frozen=True)
class Listed:
    """A link file, and the link in it; `findings` say what is wrong where there is none."""

    path: Path
    link: Link | None
    findings: Sequence[Finding] = ()

    @property
    def name(self) -> str:
        """The link's name; the file's where it cannot be read."""
        return self.link.name if self.link else self.path.stem


def listed(folder: Path) -> list[Listed]:
    """The link files of the folder, in the order of their names; none where it cannot be read."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX and path.is_file())
    except OSError:
        return []
    return [_read(path) for path in paths]


def _read(path: Path) -> Listed:
    try:
        return Listed(path, link_file.read(path))
    except InvalidInput as problem:
        return Listed(path, None, problem.findings)


def chosen(given: Path, is_given: bool) -> Path:
    """The link file that a command is about: the one given, by its path or by the name of its link; where none is, the
    only one there is. Raises InvalidInput where there are several."""
    usual = DEFAULT_PATH.parent
    if is_given:
        is_name = given.name == str(given) and LINK_NAME.fullmatch(given.name) and not given.exists()
        return next((each.path for each in listed(usual) if is_name and each.name == given.name), given)
    found = listed(given.parent)
    if len(found) > 1:
        raise InvalidInput(error("links.which", links=tuple(f"{each.name} ({each.path})" for each in found)))
    return found[0].path if found else given


def named(folder: Path, name: str, host: str) -> Link | None:
    """The link of that name to that host's PBX, of the folder's files; None where there is none."""
    links = (each.link for each in listed(folder) if each.link)
    return next((link for link in links if (link.name, link.pbx.host) == (name, host)), None)


def of_same_name(path: Path, link: Link, host: str = "") -> Iterator[Finding]:
    """An error where another file of the folder has a link of the same name for the same PBX: each would take what the
    other made for its own. `host` is the command line's --host, which goes before the link's. A file that names no host
    is for the PBX here, or for one that is named at each run; with --host it is taken for another's."""
    here = (link.name, host or link.pbx.host)
    for other in listed(path.parent):
        same = other.link is not None and (other.link.name, other.link.pbx.host) == here
        if same and other.path.resolve() != path.resolve():
            free = free_name(LINK, [each.name for each in listed(path.parent)])
            yield error("links.same_name", name=link.name, path=path, other=other.path, free=free)


def for_one_more(given: Path, is_given: bool, name: str) -> Path:
    """Where the file of one link more goes: `given` where it was given or is free; else, beside it, a file of the
    link's name."""
    there = listed(given.parent)
    if is_given or not given.exists():
        return given
    of_name = [each.path for each in there if each.name == name]
    if of_name:
        return of_name[0]
    stem = name or free_name(LINK, [*(each.name for each in there), *(each.path.stem for each in there)])
    return given.with_name(f"{stem}{SUFFIX}")


def taken(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the links in the folder's other files, and of their trunks on the PBX, applied or not."""
    others = [each for each in listed(path.parent) if each.path != path]
    return frozenset(each.name for each in others), frozenset(each.link.pbx.trunk for each in others if each.link)


def free_names(path: Path, name: str = "") -> tuple[str, str]:
    """The name of the link in a new file and of its trunk on the PBX, beside those of the folder's other files."""
    names, trunks = taken(path)
    name = name or free_name(LINK, names)
    return name, free_name(name if trunks and name != LINK else PBX_TRUNK, trunks)


def removed(options: Namespace, commands: Commands) -> int:
    """`remove --forget`: takes the link away, then deletes its file and the directory that was kept for it."""
    name = commands.link().name
    code = commands.run("remove")
    if code == DONE:
        directory_cache.path_of(options.state_dir, name).unlink(missing_ok=True)
        options.link.unlink()
        commands.output.say("purge.gone", what=options.link)
    return code


def run(given: Path, output: Output) -> int:
    """The command `links`: lists them, with where each leads, and a name that is free for one more."""
    found = listed(given.parent)
    documents = [_document(each, output.language) for each in found]
    for each in documents:
        output.lines([f"   {each['name']}: {each['omnileads'] or '-'} ({each['path']})"])
    output.lines(f"      {told.message(output.language)}" for each in found for told in each.findings)
    if not found:
        output.say("links.none", path=given.parent)
    free = free_name(LINK, [each.name for each in found])
    new = str(for_one_more(given, False, free if found else ""))
    output.document(links=documents, new={"name": free, "path": new})
    return DONE


def _document(each: Listed, language: str) -> dict[str, object]:
    end = each.link.omnileads if each.link else None
    return {
        "name": each.name,
        "path": str(each.path),
        "omnileads": f"{end.address}:{end.sip_port}" if end else "",
        "trunk": each.link.pbx.trunk if each.link else "",
        "follows": bool(each.link and each.link.directory.url),
        "findings": [finding.document(language) for finding in each.findings],
    }
