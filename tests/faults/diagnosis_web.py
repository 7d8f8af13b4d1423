"""OML's pages over https beside the link, which the PBX asks for OML's own diagnosis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pbxlink.link import link_file
from pbxlink.link.model import DirectoryAccess
from tests.faults.diagnosis_patient import Patient
from tests.sync.certificates import self_signed
from tests.sync.omlweb import served

_SAVED = """
from pathlib import Path
from oml_plugin.storage import saved_links
from pbxlink.link import link_file
saved_links.store(link_file.read(Path({path!r})))
"""
_FORGOTTEN = "from oml_plugin.models import SavedLink\nSavedLink.objects.all().delete()"


@contextmanager
def asking(it: Patient, pinned: str = "oml", clock: str = "") -> Iterator[None]:
    """The PBX's link file has a token, and `pinned` as OML's certificate, whose name is `oml`. `clock`: by how much
    OML's clock goes wrong, as the command `faketime` takes it; waits last as long as they should."""
    folder = it.hosts.folder / "web"
    folder.mkdir(exist_ok=True)
    oml = it.hosts.oml.with_plugin()
    oml.environment["PBX_LINK_STATE_DIR"] = str(folder)
    certificates = {name: self_signed(folder, name) for name in {"oml", pinned}}
    oml.python(_SAVED.format(path=str(it.hosts.folder / "link.conf")))
    try:
        with served(
            oml, folder, certificates["oml"], ["faketime", "--exclude-monotonic", "-f", clock] if clock else ()
        ) as web:
            link = link_file.read(it.hosts.folder / "link.conf")
            fingerprint = certificates[pinned].fingerprint.replace(":", "").lower()
            access = DirectoryAccess(
                f"{web.url}/pbx_link/api/directory/", web.issue(link.name), f"sha256:{fingerprint}"
            )
            with it.other_link("pbx", "", ""):
                link_file.write(it.pbx_link, replace(link, directory=access))
                yield
    finally:
        oml.python(_FORGOTTEN)
