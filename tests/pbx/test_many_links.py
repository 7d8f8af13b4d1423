"""`--all`: one command for several PBXs, of which one is here, one is reached by ssh and one is not there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.pbx.product import Bench
from tests.stack.sshd import SshServer

pytest_plugins = ["tests.pbx.product_fixtures", "tests.pbx.ssh_fixtures"]


def _folder(bench: Bench, path: Path) -> Path:
    path.mkdir()
    hosts: Mapping[str, Mapping[str, str]] = {"a-here": {}, "b-ssh": {"host": "pbx"}, "c-gone": {"host": "127.0.0.1:1"}}
    for name, host in hosts.items():
        sections = bench.guide(link={"name": name[0]}, pbx={"trunk": f"oml-{name[0]}", **host})
        sections["omnileads"]["address"] = f"127.77.0.{ord(name[0])}"
        sections["extensions"]["098098"]["number"] = f"09{ord(name[0])}"
        sections["pbx_routes"] = {f"agents-{name[0]}": {"patterns": f"{ord(name[0])}XXX."}}
        bench.link = path / f"{name}.conf"
        bench.write_link(sections)
    (path / "notes.txt").write_text("no link file")
    return path


def test_each_in_turn_one_summary_and_the_worst_code(bench: Bench, sshd: SshServer, tmp_path: Path) -> None:
    folder = str(_folder(bench, tmp_path / "links"))
    done = bench.json("plan", "--all", folder)
    assert (done.code, [run["code"] for run in done.document["runs"]]) == (1, [2, 2, 1])
    assert done.document["runs"][2]["document"]["findings"][0]["code"] == "ssh.failed"
    done = bench.run("apply", "--yes", "--all", folder)
    assert done.code == 1
    ends = done.out.split("===")[-1].split("\n")
    assert [line.strip() for line in ends if line.strip()] == [
        "a-here.conf: done, or nothing to do", "b-ssh.conf: done, or nothing to do (pbx)",
        "c-gone.conf: error (127.0.0.1:1)",
    ]  # fmt: skip
    (tmp_path / "links" / "c-gone.conf").unlink()
    assert bench.run("plan", "--all", folder).code == 0
    assert bench.run("remove", "--yes", "--all", folder).code == 0
    assert bench.json("plan", "--all", folder).code == 2


def test_a_folder_without_link_files_is_told(bench: Bench, tmp_path: Path) -> None:
    assert bench.json("plan", "--all", str(tmp_path / "none")).codes == ["all.unreadable"]
    (tmp_path / "empty").mkdir()
    assert bench.json("plan", "--all", str(tmp_path / "empty")).codes == ["all.none"]
