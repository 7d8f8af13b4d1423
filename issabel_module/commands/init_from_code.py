"""`init --code`: writes the link file from a link code, such as the one that OML makes with its directory's token."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from issabel_module.commands import link_files
from pbxlink.console.commands import DONE
from pbxlink.console.output import Output
from pbxlink.link import link_code, link_file
from pbxlink.link.link_sections import mapping_of
from pbxlink.link.model import Link, Technology
from pbxlink.messages.errors import InvalidInput, Refused
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown


def run(options: argparse.Namespace, output: Output) -> int:
    """Writes the link file. Raises InvalidInput for an invalid code. Raises Refused, with the keys that differ, where
    there is another link file and neither --yes nor --force is given."""
    link = link_code.decode(output.pasted_code() if options.code == "-" else options.code)
    options.link = link_files.for_one_more(options.link, options.link_given, link.name)
    before = _before(options.link, options.yes or options.force)
    if before is not None:
        link = kept_here(link, before)
        changed = list(differences(before, link))
        if changed and not (options.yes or options.force):
            raise Refused(error("init.code_differs", path=options.link, keys=shown(", ".join(changed), 400)))
    link_file.write(options.link, link)
    output.say("init.done", path=options.link)
    output.document(secrets=link.secrets, path=str(options.link), technology=link.pbx.technology.value)
    return DONE


def _before(path: Path, is_forced: bool) -> Link | None:
    """The link of the existing link file. One that cannot be read counts as none with --yes or --force."""
    try:
        return link_file.read(path) if path.exists() else None
    except InvalidInput:
        if is_forced:
            return None
        raise


def kept_here(link: Link, before: Link) -> Link:
    """The code's link, completed from the existing link file where both have the same name: extensions, listed agents,
    outbound routes of the PBX and the access to the directory where the code has none, and driver and port where the
    code has driver `auto`."""
    if link.name != before.name:
        return link
    if link.pbx.technology is Technology.AUTO:
        settled = replace(link.pbx, technology=before.pbx.technology, sip_port=before.pbx.sip_port)
        link = replace(link, pbx=settled)
    return replace(
        link,
        extensions=link.extensions or before.extensions,
        agents=replace(link.agents, listed=link.agents.listed or before.agents.listed),
        pbx_routes=link.pbx_routes or before.pbx_routes,
        directory=link.directory if link.directory.url else before.directory,
    )


def differences(before: Link, after: Link) -> Iterator[str]:
    """The names (`section/key`) of the values that differ. Not the access to the directory, and not that extensions
    follow from it: that is what such a code is for."""
    old, new = _flat(mapping_of(before)), _flat(mapping_of(after))
    for name in {**old, **new}:
        is_wanted = name.startswith("directory/") or (name.endswith("/from_directory") and new[name] == "yes")
        if old.get(name) != new.get(name) and not is_wanted:
            yield name


def _flat(sections: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    return {f"{name}/{key}": value for name, keys in sections.items() for key, value in keys.items()}
