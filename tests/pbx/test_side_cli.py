"""The command itself: exit codes, documents, languages, what it never prints, and what it needs to run."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pbxlink.link import link_code
from pbxlink.messages.catalogue import LANGUAGES
from tests.pbx.product import ROOT, SECRET, Bench, Result, difference, sip_answers

pytest_plugins = ["tests.pbx.product_fixtures"]
COMMANDS = ("init", "check", "plan", "apply", "verify", "status", "remove", "code")
RETURN_SECRET = "Return7secret4of9this2link"

_HELP = """
import sys
from issabel_module import cli
try:
    cli.main(sys.argv[1:])
except SystemExit as ended:
    assert not ended.code, ended.code
loaded = sorted(name for name in sys.modules if name.split(".")[0] in {"sqlalchemy", "mysql", "django"})
assert not loaded, loaded[:5]
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["plan", "--help"], ["init", "--help"]], ids=" ".join)
def test_help_needs_no_database_library(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", _HELP, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize(
    ("language", "word"),
    [("es_AR.UTF-8", "quita"), ("en_US.UTF-8", "takes away"), ("pt_BR.UTF-8", "exclui"), ("C", "takes away")],
)
def test_help_speaks_the_environments_language(language: str, word: str) -> None:
    line = [sys.executable, "-m", "issabel_module.cli", "--help"]
    environment = {"LC_ALL": language, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(line, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, env=environment)
    assert done.returncode == 0 and word in done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [["apply", "--help"], ["show", "--link", "no\udcf1"]], ids=["help", "path"])
def test_a_locale_without_our_letters_is_no_error(arguments: list[str]) -> None:
    line = [sys.executable, "-m", "issabel_module.cli", *arguments, "--lang", "es"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(line, capture_output=True, cwd=ROOT, env=environment)
    assert b"\\u00e9" in done.stdout + done.stderr and b"Traceback" not in done.stderr, done.stderr


def test_help_that_nobody_reads_ends_quietly() -> None:
    """As with `--help | true`."""
    line = [sys.executable, "-m", "issabel_module.cli", "--help"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout and child.stderr
        child.stdout.close()
        assert (child.stderr.read(), child.wait()) == ("", 0)


@pytest.mark.parametrize("streams", [("stdout",), ("stderr",), ("stdout", "stderr")], ids="+".join)
def test_a_command_that_nobody_reads_comes_to_its_end(bench: Bench, streams: tuple[str, ...]) -> None:
    with bench.child("apply", "--yes") as child:
        for name in streams:
            getattr(child, name).close()
        assert child.wait(60) == 0
        assert "stderr" in streams or "Errno" not in (child.stderr.read() if child.stderr else "")
    assert bench.json("plan").code == 0


_READS = (["init"], ["init", "--code", "-"], ["init", "--values", "-"], ["join", "-"], ["plan", "--directory", "-"])


@pytest.mark.parametrize("redirected", ["<&-", "<noise"])
@pytest.mark.parametrize("arguments", _READS, ids=" ".join)
def test_input_that_is_closed_or_no_text_is_refused(bench: Bench, arguments: list[str], redirected: str) -> None:
    """Not as an unexpected failure, and nothing is made of it."""
    (bench.folder / "noise").write_bytes(b'{"pbx": {"trunk": "Pe\xf1a"}}')
    where = [] if arguments[0] == "plan" else ["--link", "new.conf"]
    line = [sys.executable, "-m", "issabel_module.cli", *bench.arguments(arguments[0], *arguments[1:], *where)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", f'"$@" {redirected}', "sh", *line], cwd=bench.folder, env=environment,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 1 and "     -> " in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and "report this" not in done.stderr
    assert not (bench.folder / "new.conf").exists()


def test_a_command_without_any_output_comes_to_its_end(bench: Bench) -> None:
    line = [sys.executable, "-m", "issabel_module.cli", *bench.arguments("apply", "--yes")]
    assert subprocess.run(["sh", "-c", '"$@" >&- 2>&-', "sh", *line], cwd=ROOT, timeout=60).returncode == 0
    assert bench.json("plan").code == 0


def test_the_commands_in_order_and_their_exit_codes(bench: Bench) -> None:
    with sip_answers() as port:
        bench.write_link(omnileads={"sip_port": str(port)})
        assert bench.run("check").code == 0
        assert bench.run("plan").code == 2
        assert bench.run("status").code == 0
        assert bench.run("apply", "--yes").code == 0
        assert bench.run("plan").code == 0
        assert bench.run("check").code == 0
        assert bench.run("apply", "--yes").code == 0
        assert bench.run("remove", "--yes").code == 0
        assert bench.run("remove", "--yes").code == 0


def test_verify_tells_a_trunk_that_is_not_there_from_one_that_does_not_answer(bench: Bench) -> None:
    missing = bench.json("verify")
    assert missing.code == 2 and missing.codes[0] == "verify.not_loaded"
    bench.done("apply", "--yes")
    silent = bench.json("verify")
    assert silent.code == 2 and silent.codes[0] == "verify.unreachable"
    directions = [(each["direction"], each["state"]) for each in silent.document["directions"]]
    assert directions == [("pbx->oml", "unreachable"), ("oml->pbx", "not_tried")]


def test_verify_writes_nothing_and_leaves_asterisk_as_it_was(bench: Bench) -> None:
    with sip_answers() as port:
        bench.write_link(omnileads={"sip_port": str(port)})
        bench.done("apply", "--yes")
        before = bench.snapshot()
        settings = bench.pbx.cli("sip show settings")
        assert bench.json("verify").code in {0, 2}
        assert difference(before, bench.snapshot()) == {}
        assert bench.pbx.cli("sip show settings") == settings and bench.pbx.idle()


def test_status_lists_what_is_ours_and_where(bench: Bench) -> None:
    assert bench.done("status").codes == ["status.nothing"]
    bench.done("apply", "--yes")
    status = bench.done("status").document
    assert status["owned"] == ["extension/098098", "route/oml-agents", "trunk/omnileads"]
    assert status["side"]["product"].startswith("Issabel 2.12")
    assert "098098" not in bench.run("status").out and "098098" in bench.run("status", "--list").out


def test_apply_and_remove_ask_first(bench: Bench) -> None:
    before = bench.snapshot()
    for as_json in ([], ["--json"]):
        done = bench.run("apply", *as_json)
        assert done.code == 1 and "--yes" in done.out + done.err
    assert difference(before, bench.snapshot()) == {} and bench.reloads == 0
    bench.done("apply", "--yes")
    applied = bench.snapshot()
    assert bench.run("remove").code == 1
    assert difference(applied, bench.snapshot()) == {}


def test_the_code_is_one_line_that_gives_the_link_with_this_pbxs_driver_and_port(bench: Bench) -> None:
    bench.write_link(pbx={"technology": "auto", "sip_port": "5099"})
    line = bench.run("code").out
    link = link_code.decode(line)
    assert line.count("\n") == 1 and SECRET not in line
    assert (link.pbx.sip_port, link.pbx.technology.value, link.credentials.secret) == (5060, "sip", SECRET)
    assert bench.done("code").document["code"] == line.strip()


def _all_that_is_printed(bench: Bench) -> list[Result]:
    printed = []
    for lang, form in (("es", []), ("en", ["--json"])):
        for command in ("check", "plan --rows", "apply --rows", "plan", "status", "verify", "remove --rows", "status"):
            printed.append(bench.run(*command.split(), "--yes", *form, lang=lang))
            if form:
                assert {"findings", "changes"} <= set(printed[-1].document)
    return printed


def test_no_secret_is_ever_printed_nor_kept_in_our_table(bench: Bench) -> None:
    bench.write_link(credentials={"secret": SECRET, "return_secret": RETURN_SECRET})
    password = str(bench.pbx.database.password)
    for result in _all_that_is_printed(bench):
        for secret in (SECRET, RETURN_SECRET, password, bench.pbx.params.ami_secret):
            assert secret not in result.out + result.err
    bench.done("apply", "--yes")
    kept = json.dumps(bench.sql("SELECT image FROM issabel_omnileads"))
    assert SECRET not in kept and RETURN_SECRET not in kept and "********" in kept


def test_the_plan_of_a_pjsip_trunk_masks_its_secret_too(bench: Bench) -> None:
    bench.write_link(bench.guide(pbx={"technology": "pjsip"}))
    shown = (bench.run("plan", "--rows"), bench.json("plan"))
    for result in (*shown, bench.json("apply", "--yes"), bench.json("remove", "--yes")):
        assert SECRET not in result.out + result.err and result.out


def test_all_languages_say_the_same_things_differently(bench: Bench) -> None:
    checked = [bench.json("check", lang=language) for language in LANGUAGES]
    assert checked[0].codes and all(each.codes == checked[0].codes for each in checked)
    for findings in zip(*(each.document["findings"] for each in checked)):
        assert len({each["message"] for each in findings}) == len(LANGUAGES)
        assert len({each["severity"] for each in findings}) == 1
    assert len({bench.run("plan", lang=language).out for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize(("answer", "purged"), [("", False), ("n", False), ("não", False), ("sim", True), ("sí", True)])
def test_purge_asks_on_a_terminal(bench: Bench, monkeypatch: pytest.MonkeyPatch, answer: str, purged: bool) -> None:
    bench.done("apply", "--yes")
    bench.done("remove", "--yes")
    master, slave = pty.openpty()
    with os.fdopen(slave, encoding="utf-8") as stdin, os.fdopen(master, "wb", buffering=0) as keyboard:
        monkeypatch.setattr(sys, "stdin", stdin)
        keyboard.write(f"{answer}\n".encode())
        done = bench.run("purge", lang="pt")
    assert done.code == 0 and "[s/N]" in done.err
    assert bench.link.exists() is not purged
    assert bool(bench.sql("SHOW TABLES LIKE 'issabel\\_omnileads'")) is not purged


def test_a_plan_document_holds_rows_before_and_after(bench: Bench) -> None:
    changes = {each["kind"]: each for each in bench.json("plan").document["changes"]}
    assert set(changes) == {"trunk", "extension", "route"}
    assert changes["extension"]["before"] is None
    assert len(changes["extension"]["after"]["astdb"]) == 25
    assert changes["trunk"]["after"]["trunks"][0]["trunkid"] == "2"


@pytest.mark.parametrize("content", ["", "[pbx]\naddress = 10.0.0.1\n", "\x00", "[pbx", "[nosuch]\nkey = 1\n"])
def test_a_link_file_that_says_nothing_useful(bench: Bench, content: str) -> None:
    bench.link.write_text(content)
    for command in ("check", "apply", "remove", "status", "verify", "code"):
        done = bench.json(command, "--yes")
        assert done.code == 1 and done.codes and all(code.startswith("linkfile.") for code in done.codes)


def test_a_link_file_that_others_may_read(bench: Bench) -> None:
    bench.link.chmod(0o640)
    assert bench.json("plan").codes == ["linkfile.mode"]
    bench.link.unlink()
    assert bench.json("plan").codes == ["linkfile.missing"]


def test_an_amportal_conf_that_is_missing_or_lacks_keys(bench: Bench, tmp_path: Path) -> None:
    done = bench.json("plan", "--amportal-conf", str(tmp_path / "none.conf"))
    assert (done.code, done.codes) == (1, ["amportal.no_pbx"])
    done = bench.json("plan", "--amportal-conf", str(tmp_path))
    assert (done.code, done.codes) == (1, ["amportal.failed"])
    empty = tmp_path / "empty.conf"
    empty.write_text("# nothing\n")
    done = bench.json("plan", "--amportal-conf", str(empty))
    assert done.code == 1 and set(done.codes) == {"amportal.no_database"} and len(done.codes) == 2


URLS = ["no url at all", "nosuchdriver://u:hidden-password@127.0.0.1/x", "mysql+nosuch://u:hidden-password@h/x",
        "mysql+mysqlconnector://u:hidden-password@127.0.0.1:99999/x", "postgresql://u:hidden-password@h/x"]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_a_database_url_that_is_none_is_told(bench: Bench, url: str) -> None:
    done = bench.json("plan", "--database-url", url)
    assert done.code == 1 and done.codes and done.codes[0].startswith("database.")
    assert "hidden-password" not in done.out + done.err


def test_the_database_url_wins_over_amportal_conf(bench: Bench) -> None:
    broken = bench.amportal(AMPDBNAME="no_such_database")
    url = bench.pbx.database.render_as_string(hide_password=False)
    done = bench.json("plan", "--amportal-conf", str(broken), "--database-url", url)
    assert done.code == 2 and done.actions
