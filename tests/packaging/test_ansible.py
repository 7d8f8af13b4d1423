"""The Ansible collection with ansible-core, on a PBX that is reached by ssh and has no Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pbx.product import ROOT, SECRET, Bench, difference
from tests.stack.sshd import SshServer

pytest_plugins = ["tests.pbx.product_fixtures", "tests.pbx.ssh_fixtures"]
COLLECTION = ROOT / "packaging" / "ansible"
_ROLE = "include_role: {name: issabel_omnileads.link.link%s}"
_LOOKS = ", apply: {check_mode: true, diff: true}"
_ABSENT = "vars: {omnileads_link_state: absent}"
_STEPS = ((_ROLE % _LOOKS,), (_ROLE % "",), (_ROLE % "",), (_ROLE % _LOOKS, _ABSENT), (_ROLE % "", _ABSENT))
_KEEP = "- set_fact: {seen: '{{ seen | default([]) + [omnileads_link] }}'}"
_END = """
    - issabel_omnileads.link.pbx_link: {link: /no/such.conf, executable: "{{ omnileads_link_executable }}"}
      delegate_to: localhost
      ignore_errors: true
      register: omnileads_link
    - set_fact: {seen: "{{ seen + [omnileads_link] }}"}
    - copy: {content: "{{ seen | to_json }}", dest: "{{ seen_file }}"}
      delegate_to: localhost
"""


def _play() -> str:
    steps = ["\n      ".join(["    - name: step", *step]) + f"\n    {_KEEP}" for step in _STEPS]
    return "\n".join(["- hosts: pbxs", "  gather_facts: false", "  tasks:", *steps]) + _END


def _playbook(bench: Bench, folder: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("ansible-playbook")
    if not command.exists():
        pytest.skip("ansible-core is not installed (extra `test`)")
    (folder / "ansible_collections" / "issabel_omnileads").mkdir(parents=True)
    (folder / "ansible_collections" / "issabel_omnileads" / "link").symlink_to(COLLECTION)
    product = folder / "issabel-omnileads"
    product.write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m issabel_module.cli "$@" --lang en\n')
    product.chmod(0o755)
    variables = {
        "omnileads_link_file": str(folder / "written.conf"), "omnileads_link_content": bench.link.read_text(),
        "omnileads_link_executable": str(product), "ansible_python_interpreter": sys.executable,
        "seen_file": str(folder / "seen.json"),
        "omnileads_link_arguments": ["--amportal-conf", str(bench.pbx.amportal), "--state-dir", str(bench.state)],
    }  # fmt: skip
    inventory = {"pbxs": {"hosts": {"pbx": {}}, "vars": variables}}
    (folder / "inventory.json").write_text(json.dumps(inventory))
    (folder / "play.yml").write_text(_play())
    environment = {
        **os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder), "ANSIBLE_HOME": str(folder / "home"),
        "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    line = [str(command), "-i", str(folder / "inventory.json"), str(folder / "play.yml")]
    return subprocess.run(line, capture_output=True, text=True, timeout=300, env=environment, cwd=folder)


def test_shown_applied_and_taken_away(bench: Bench, sshd: SshServer, tmp_path: Path) -> None:
    before = bench.snapshot()
    done = _playbook(bench, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    results: list[dict[str, Any]] = json.loads((tmp_path / "seen.json").read_text())
    assert [result["changed"] for result in results[:-1]] == [True, True, False, True, True]
    shown, applied = results[0], results[1]
    assert [change["key"] for change in shown["changes"]] == [change["key"] for change in applied["changes"]]
    assert "SIP/omnileads/098098" in shown["diff"]["after"] and shown["diff"]["before"] == ""
    assert results[-1]["failed"] and "/no/such.conf does not exist" in results[-1]["msg"]
    assert SECRET not in done.stdout + done.stderr
    assert bench.reloads == 2
    assert difference(before, bench.snapshot()) == {}
