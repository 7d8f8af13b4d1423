"""Custom extensions: tables `devices` and `users`, and 25 AstDB keys.

Sources: recorded rows and keys of an extension added (c0), edited (e4), deleted (e9), and of what the vendor's "reset
all" restores (c9: 12 of the 25 keys). A reload never rebuilds AstDB; without its keys the GUI shows the extension, the
reload says success, and a call to it dials nothing. The keys must be there before the reload: the hint is made of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from issabel_module.kinds import Numbers, Reader
from issabel_module.kinds.route import extensions_route
from pbxlink.agreement import dial_string
from pbxlink.model import CustomExtension, Link, Technology
from pbxlink.plan import Cell, Image, Row

NAME = "extension"
_OWN_FAMILIES = ("DEVICE", "AMPUSER", "CW")
_USERS_FAMILIES = ("CF", "CFB", "CFU", "DND")
"""Set by users with feature codes; the GUI deletes them with the extension. CALLTRACE and QPENALTY stay (recorded)."""
_DEVICE_KEYS = ("dial", "type", "user", "default_user")


class Extension:
    """The PBX's custom extensions, by number."""

    name = NAME

    def read(self, reader: Reader, names: Collection[str], owned: Mapping[str, Image]) -> dict[str, Image]:
        """See `Kind`."""
        numbers = {*names, *owned}
        devices = _by(reader.database.rows("devices", "id", numbers), "id")
        users = _by(reader.database.rows("users", "extension", numbers), "extension")
        keys: dict[str, list[Row]] = {}
        for row in reader.astdb.rows((*_OWN_FAMILIES, *_USERS_FAMILIES), numbers):
            keys.setdefault(str(row["key"]).split("/")[2], []).append(row)
        return {
            number: _image(number, devices.get(number, []), users.get(number, []), keys.get(number, []))
            for number in numbers
            if number in devices or number in users or _has_remains(number, keys.get(number, []))
        }

    def wanted(self, link: Link, numbers: Numbers, found: Mapping[str, Image]) -> dict[str, Image]:
        """One image an extension of the link."""
        is_pjsip = link.pbx.technology is Technology.PJSIP
        route = numbers.route_ids.get(extensions_route(link)) if is_pjsip else None
        route_id = int(route) if route else None
        return {
            each.number: extension_image(each, dial_string(link, each.number, each.send, route_id))
            for each in link.extensions
        }


def _by(rows: Collection[dict[str, Any]], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[column]), []).append(row)
    return found


def _image(number: str, devices: list[Row], users: list[Row], keys: list[Row]) -> Image:
    ours = {key for key, _ in _astdb(number, "", "")}
    return {
        "devices": devices,
        "users": users,
        "astdb": [row for row in keys if row["key"] in ours],
        "astdb_extra": [row for row in keys if row["key"] not in ours and _goes_with_it(number, str(row["key"]))],
    }


def _has_remains(number: str, keys: list[Row]) -> bool:
    """Whether keys of ours stand there without rows: somebody's half-deleted extension, not to be overwritten."""
    ours = {key for key, _ in _astdb(number, "", "")}
    return any(row["key"] in ours for row in keys)


def _goes_with_it(number: str, key: str) -> bool:
    return not key.startswith(f"/DEVICE/{number}/")


def extension_image(extension: CustomExtension, dial: str) -> Image:
    """The rows and keys of a custom extension, as the GUI would write them."""
    number, name = extension.number, extension.name
    device: dict[str, Cell] = {
        "id": number,
        "tech": "custom",
        "dial": dial,
        "devicetype": "fixed",
        "user": number,
        "description": name,
        "emergency_cid": "",
    }
    user: dict[str, Cell] = {
        "extension": number,
        "password": "",
        "name": name,
        "voicemail": "novm",
        "ringtimer": "0",
        "noanswer": "",
        "recording": "",
        "outboundcid": "",
        "sipname": "",
        "mohclass": None,
        "noanswer_cid": "",
        "busy_cid": "",
        "chanunavail_cid": "",
        "noanswer_dest": "",
        "busy_dest": "",
        "chanunavail_dest": "",
    }
    keys = [{"key": key, "value": value} for key, value in _astdb(number, name, dial)]
    return {"devices": [device], "users": [user], "astdb": keys}


def _astdb(number: str, name: str, dial: str) -> list[tuple[str, str]]:
    user = {
        "answermode": "disabled",
        "cfringtimer": "0",
        "cidname": name,
        "cidnum": number,
        "concurrency_limit": "0",
        "device": number,
        "language": "",
        "noanswer": "",
        "outboundcid": "",
        "password": "",
        "queues/qnostate": "usestate",
        "recording": "",
        "recording/in/external": "dontcare",
        "recording/in/internal": "dontcare",
        "recording/ondemand": "disabled",
        "recording/out/external": "dontcare",
        "recording/out/internal": "dontcare",
        "recording/priority": "10",
        "ringtimer": "0",
        "voicemail": "novm",
    }
    device = dict(zip(_DEVICE_KEYS, (dial, "fixed", number, number)))
    return [
        *((f"/AMPUSER/{number}/{key}", value) for key, value in user.items()),
        (f"/CW/{number}", "ENABLED"),
        *((f"/DEVICE/{number}/{key}", value) for key, value in device.items()),
    ]
