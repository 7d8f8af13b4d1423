"""OML's rows are right and its Asterisk lost the files: told by check, plan and status, and published again."""

from __future__ import annotations

import json

from tests.oml.plugin import PluginOml


def test_files_that_asterisk_lost_are_told_and_published_again(oml: PluginOml) -> None:
    oml.apply()
    assert "publish.missing" not in oml.codes("check") | oml.codes("status")
    held = json.loads(oml.asterisk.store.read_text(encoding="utf-8"))
    del held["asterisk_conf_updater"]
    oml.asterisk.store.write_text(json.dumps(held), encoding="utf-8")
    oml.asterisk.forget()
    for command in ("check", "plan", "status"):
        told = [each["message"] for each in oml.document(command)["findings"] if each["code"] == "publish.missing"]
        assert {each.partition(":")[0] for each in told} == {"trunk issabel", "outbound route all"}, command
    assert oml.run("plan").returncode == 2
    done = oml.document("apply", "--yes")
    assert done["applied"] is True and done["changes"] == []
    assert "publish.missing" not in oml.codes("check") and oml.document("apply", "--yes")["applied"] is False
