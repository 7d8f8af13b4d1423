"""How long OML's one web worker is at our page and directory, with thousands of agents.

    python tests/benchmarks/oml_page.py [--agents 5000] [--rounds 20]

A stand-in OML on SQLite, served one request after the other as OML's stock settings do; the link derives an extension
of each agent, and the PBX has said that it has them all. Each figure is a whole request as its visitor sees it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pbxlink.link import directory_report
from tests.demo.manager import DemoAsterisk, running
from tests.oml.desk import Desk
from tests.oml.pageserver import Visitor, seed, serving
from tests.oml.plugin import plugin_oml
from tests.standins.oml.testing import Standin

_TARGET = 1.0
_PEOPLE = """
from ominicontacto_app.models import AgenteProfile, User
count = {count}
users = User.objects.bulk_create(
    [User(username=f"agent{{n}}", first_name="Agent", last_name=str(n), password="!") for n in range(count)])
users = list(User.objects.filter(username__startswith="agent").order_by("pk"))
known = AgenteProfile.objects.first()
values = {{f.attname: getattr(known, f.attname) for f in AgenteProfile._meta.concrete_fields}} if known else {{}}
values.pop("id", None)
AgenteProfile.objects.bulk_create(
    [AgenteProfile(**{{**values, "user_id": user.pk, "sip_extension": 1000 + user.pk}}) for user in users])
answer = AgenteProfile.objects.count()
"""
_TOKEN = "from oml_plugin.api import tokens; answer = tokens.issue('test')"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; exit code 1 where the overview takes longer than a second."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--agents", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), options.agents, options.rounds)


def _measured(folder: Path, agents: int, rounds: int) -> int:
    standin = Standin.without_servers(folder).with_plugin()
    standin.manage("migrate", "-v0")
    seed(standin)
    print(f"agents: {standin.python(_PEOPLE.format(count=agents))}")
    pbx = DemoAsterisk(dict, sip_port=0)
    with ExitStack() as stack:
        stack.enter_context(running(pbx, "127.0.0.1", "127.0.0.3"))
        oml = stack.enter_context(plugin_oml(folder, ("127.0.0.3", pbx.sip_port)))
        site = stack.enter_context(serving(oml.standin, folder, one_worker=True))
        desk = Desk(oml, site, site.visitor("admin"))
        desk.enter(more="[agents]\nfrom_directory = yes\n[extensions]\nfrom_directory = yes\n")
        token = oml.python(_TOKEN)
        found = json.loads(_ask(site.url, token))
        had = {f"{each['sip_extension']}{each['id']}": f"1000{each['id']}" for each in found["agents"]}
        _ask(site.url, token, json.dumps(directory_report.document(had)).encode("ascii"))
        overview = _timed("overview", rounds, desk.overview)
        # At most 30 requests a minute are answered.
        _timed("directory", min(rounds, 20), lambda: _ask(site.url, token))
        _timed("OML's own login page", rounds, lambda: Visitor(site.url).get("/accounts/login/"))
    return 0 if overview < _TARGET else 1


def _ask(url: str, token: str, content: bytes | None = None) -> bytes:
    request = urllib.request.Request(f"{url}/pbx_link/api/directory/", content)
    request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


def _timed(what: str, rounds: int, ask: Callable[[], object]) -> float:
    took = []
    for _ in range(rounds):
        begun = time.monotonic()
        ask()
        took.append(time.monotonic() - begun)
    middle = statistics.median(took)
    print(f"{what:22} median {middle:.3f} s, slowest {max(took):.3f} s of {rounds}", flush=True)
    return middle


if __name__ == "__main__":
    sys.exit(main())
