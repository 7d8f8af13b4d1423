"""Settings that the PBX's generator hands to a pjsip trunk and its Asterisk refuses: the reload says that all is well,
and the trunk is not there.

Seen on IssabelPBX 2.12 with Asterisk 16.28: where there is a `stir_shaken.conf` the generator writes what the row
`stir_shaken` says, its page knows only yes and no, and this Asterisk takes only off, attest, verify and on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from issabel_module.flavours.flavour import Flavour
from issabel_module.host.host import Host
from issabel_module.kinds import trunk
from pbxlink.asterisk.ami import Ami
from pbxlink.engine.plan import Image, Key
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import shown

_BOOLEANS = ("yes", "no", "true", "false", "1", "0", "")
_TAKES_NO_BOOLEAN = "[Custom]"
"""How Asterisk's own help tells an option with words of its own from a boolean one."""


def refused(
    host: Host, ami: Ami, flavour: Flavour, etc: Path, desired: Mapping[Key, Image], observed: Mapping[Key, Image]
) -> Iterator[Finding]:
    """An error for each setting of a wanted pjsip trunk that would keep Asterisk from loading it. A trunk that is there
    has what its administrator set."""
    for key, wanted in desired.items():
        image = observed.get(key, wanted)
        if key.kind != trunk.NAME or image["trunks"][0]["tech"] != "pjsip":
            continue
        for row in (*image.get("sip", ()), *image.get("pjsip", ())):
            file = flavour.written_beside().get(str(row["keyword"]))
            if file and row["data"] in _BOOLEANS and _is_there(host, etc / file):
                option = str(row["keyword"])
                help_lines = ami.command(f"config show help res_pjsip endpoint {option}")
                if any(_TAKES_NO_BOOLEAN in line for line in help_lines):
                    yield error(
                        "pbx.setting_refused", trunk=key.name, option=option, value=shown(row["data"]), path=etc / file
                    )


def _is_there(host: Host, path: Path) -> bool:
    try:
        host.read(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True
