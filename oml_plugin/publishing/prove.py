"""Checks that OML's Asterisk has loaded what was published; that the synchroniser returned does not show it.

The synchroniser calls `module reload` right after it puts the entry on the stream, mostly before the consumer has
written the file (measured). The change is loaded by the consumer's own reload, some time later.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP

from oml_plugin.kinds import dialplan
from oml_plugin.kinds import route as routes
from oml_plugin.kinds import trunk as trunks
from oml_plugin.publishing import redis_proof
from oml_plugin.publishing.publish import Published
from oml_plugin.releases import shape
from oml_plugin.storage.rows import row_of
from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.engine.plan import Image, Key
from pbxlink.messages.errors import ApplyFailed, SideUnavailable
from pbxlink.messages.findings import Finding, error, warning

_WAIT_SECONDS = 15.0
_PAUSE_SECONDS = 0.25
_AMI_SECONDS = 5.0
_SHOWN_AS = {
    "transport": "Transport", "endpoint/context": "Context", "endpoint/from_user": "FromUser",
    "endpoint/media_encryption": "MediaEncryption",
}  # fmt: skip


def prove(address: AmiAddress | None, published: Published) -> Sequence[Finding]:
    """Waits until Asterisk shows all of it as published. Raises ApplyFailed where it does not, or AMI fails.

    Without AMI what is in Redis is all that can be proved, at once: what can not be is returned.
    """
    if address is None:
        missing = [*redis_proof.trunks(published), *redis_proof.routes(published)]
        if missing:
            raise ApplyFailed(*missing)
        names = ", ".join(str(trunk.nombre) for trunk in published.trunks)
        return (warning("oml.not_proved", trunk=names),) if names else ()
    deadline = time.monotonic() + _WAIT_SECONDS
    try:
        with Ami(address, timeout=_AMI_SECONDS) as ami:
            missing = list(_unproved(ami, published))
            while missing and time.monotonic() < deadline:
                time.sleep(_PAUSE_SECONDS)
                missing = list(_unproved(ami, published))
    except SideUnavailable as problem:
        raise ApplyFailed(*problem.findings) from problem
    if missing:
        raise ApplyFailed(*missing)
    return ()


def not_in_force(address: AmiAddress, images: Mapping[Key, Image]) -> list[Key]:
    """Those of the resources whose rows are there and which Asterisk does not have so: its files were overwritten, or
    nobody read the stream. Raises SideUnavailable where AMI does not answer."""
    with Ami(address, timeout=_AMI_SECONDS) as ami:
        return [key for key, image in images.items() if any(_unproved(ami, _published(key, image)))]


def _published(key: Key, image: Image) -> Published:
    """The one resource as published."""
    trunk = trunks.trunk_of(image) if key.kind == trunks.NAME else None
    route = routes.route_of(image) if key.kind == routes.NAME else None
    parts = image.get(dialplan.TABLE, ()) if key.kind == dialplan.NAME else ()
    return Published((trunk,) if trunk else (), (route,) if route else (), (), (), tuple(parts))


def _unproved(ami: Ami, published: Published) -> Iterator[Finding]:
    for trunk in published.trunks:
        if getattr(trunk, "tecnologia", TroncalSIP.PJSIP) == TroncalSIP.PJSIP and not _is_loaded(ami, trunk):
            yield error("oml.not_loaded", trunk=trunk.nombre)
    for name in published.trunk_names_gone:
        if pjsip.endpoint(ami, name) is not None:
            yield error("oml.still_loaded", trunk=name)
    yield from _unproved_routes(ami, published) if shape.routes_file_creator() else redis_proof.routes(published)
    yield from _unproved_dialplans(ami, published)


def _unproved_routes(ami: Ami, published: Published) -> Iterator[Finding]:
    for route in published.routes:
        if not _is_in_dialplan(ami, route):
            yield error("oml.route_not_loaded", route=route.nombre)
    for identifier in published.route_ids_gone:
        if any("[ Context" in line for line in _dialplan(ami, identifier)):
            yield error("oml.route_still_loaded", route=identifier)


def _unproved_dialplans(ami: Ami, published: Published) -> Iterator[Finding]:
    for row in published.dialplans:
        if not dialplan.is_loaded(ami, row):
            yield error("oml.dialplan_not_loaded", key=row["link"])
    for row in published.dialplans_gone:
        is_hooked = not dialplan.is_shared(row["hook"] or "") and dialplan.has_hook(ami, row)
        if is_hooked or (not dialplan.is_shared() and dialplan.has_rules(ami)):
            yield error("oml.dialplan_still_loaded", key=row["link"])


def _is_loaded(ami: Ami, trunk: TroncalSIP) -> bool:
    """Whether the endpoint is as in the wizard text, passwords included."""
    found = pjsip.endpoint(ami, trunk.nombre)
    if found is None:
        return False
    wizard = settings_of(trunk.text_config)
    shown = all(found.detail.get(header) == wizard[key] for key, header in _SHOWN_AS.items() if key in wizard)
    hosts = wizard.get("remote_hosts", "").split(",")[0]
    return shown and hosts in found.contact and all(_has_auth(found, wizard, kind) for kind in ("inbound", "outbound"))


def _has_auth(found: pjsip.Endpoint, wizard: Mapping[str, str], kind: str) -> bool:
    user = wizard.get(f"{kind}_auth/username")
    wanted = (user, wizard.get(f"{kind}_auth/password"))
    return user is None or wanted in found.auths.values()


def settings_of(wizard_text: str) -> dict[str, str]:
    """The lines of a wizard text as a mapping."""
    pairs = (line.partition("=") for line in wizard_text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _is_in_dialplan(ami: Ami, route: RutaSaliente) -> bool:
    lines = _dialplan(ami, int(route.pk))
    patterns = [routes.dialled(row_of(pattern)) for pattern in route.patrones_de_discado.all()]
    return all(any(line.lstrip().startswith(f"'_{each}' =>") for line in lines) for each in patterns)


def _dialplan(ami: Ami, identifier: int) -> list[str]:
    return ami.command(f"dialplan show oml-outr-{identifier}")
