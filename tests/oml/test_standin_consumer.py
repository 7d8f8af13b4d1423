"""The OML host's base configuration and the stream's consumer, without a server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from tests.standins.oml.config import TRANSPORTS_GUIDE, OmlParams, write_config
from tests.standins.oml.consumer import STREAM, Consumer
from tests.standins.oml.standin_support.ami import AmiError

PARAMS = OmlParams(module_dir="/m", data_dir="/d")


class RecordingAmi:
    """Stands where an AmiSession does and notes what reaches Asterisk."""

    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []

    def __enter__(self) -> RecordingAmi:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def command(self, line: str) -> str:
        self.done.append(("command", line))
        return ""

    def database_put(self, family: str, key: str, value: str) -> None:
        self.done.append(("put", family, key, value))

    def database_delete_tree(self, family: str) -> None:
        self.done.append(("deltree", family))


class Bench:
    """A consumer on an in-memory Redis."""

    def __init__(self, etc: Path) -> None:
        self.etc = etc
        self.store = fakeredis.FakeRedis(server=fakeredis.FakeServer(), decode_responses=True)
        self.ami: Any = RecordingAmi()
        self.consumer = Consumer(self.store, etc, self.connect)
        self.down = False

    def connect(self) -> Any:
        if self.down:
            raise AmiError("down")
        return self.ami

    def put(self, name: str, content: str) -> None:
        entry = {"archivo": name, "content": content, "type": "CONF_FILE"}
        self.store.xadd(STREAM, {"value": json.dumps(entry)})

    def step(self) -> list[str]:
        return self.consumer.step(0.01)

    @property
    def reloads(self) -> list[str]:
        return [done[1] for done in self.ami.done if done[0] == "command"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_entries_become_files_once_and_are_reloaded_by_kind(bench: Bench) -> None:
    bench.put("oml_extensions_outr.conf", "old")
    bench.put("oml_extensions_outr.conf", "new ñ")
    bench.put("oml_pjsip_trunks.conf", "")
    bench.put("oml_sip_trunks.conf", "no reload")
    assert len(bench.step()) == 4
    assert (bench.etc / "oml_extensions_outr.conf").read_text(encoding="utf-8") == "new ñ"
    assert bench.step() == []
    assert bench.reloads == ["module reload res_pjsip.so", "dialplan reload"]


def test_an_apostrophe_drops_the_whole_batch_and_later_ones_are_taken(bench: Bench) -> None:
    bench.put("good.conf", "x")
    bench.put("bad.conf", "secret=it's")
    assert bench.step() == []
    bench.put("later.conf", "y")
    assert bench.step() == ["later.conf"]
    assert [path.name for path in sorted(bench.etc.iterdir())] == ["later.conf"]


def test_a_file_stays_in_its_folder(bench: Bench) -> None:
    bench.put("../../out.conf", "x")
    bench.step()
    assert (bench.etc / "out.conf").exists()


def test_hashes_are_copied_to_astdb_and_only_what_changed(bench: Bench) -> None:
    bench.store.hset("OML:TRUNK:2", mapping={"NAME": "issabel"})
    bench.store.hset("OML:INR:098098", mapping={"NAME": "in"})
    bench.step()
    assert ("put", "OML/TRUNK/2", "NAME", "issabel") in bench.ami.done
    bench.ami.done.clear()
    bench.store.hset("OML:TRUNK:2", mapping={"NAME": "other"})
    bench.store.delete("OML:INR:098098")
    bench.step()
    assert bench.ami.done == [
        ("deltree", "OML/INR/098098"),
        ("deltree", "OML/TRUNK/2"),
        ("put", "OML/TRUNK/2", "NAME", "other"),
    ]


def test_what_asterisk_missed_is_made_up_for(bench: Bench) -> None:
    bench.down = True
    bench.put("oml_pjsip_agents.conf", "x")
    bench.store.hset("OML:AGENT:1", mapping={"SIP": "1002"})
    assert bench.step() == ["oml_pjsip_agents.conf"]
    bench.down = False
    bench.step()
    assert bench.reloads == ["module reload res_pjsip.so"]
    assert ("put", "OML/AGENT/1", "SIP", "1002") in bench.ami.done


def test_the_configuration_is_all_in_its_own_directory(tmp_path: Path) -> None:
    host = write_config(tmp_path / "etc", PARAMS)
    text = host.conf.read_text(encoding="utf-8")
    named = re.findall(r"=> (/\S+)", text)
    assert len(named) == 10
    assert [path for path in named if not path.startswith(str(tmp_path))] == ["/m", "/d"]
    assert all(Path(path).is_dir() for path in named if path.startswith(str(tmp_path)))


def test_no_blank_is_left_and_parameters_arrive(tmp_path: Path) -> None:
    params = OmlParams(
        address="10.66.1.2",
        transports=TRANSPORTS_GUIDE,
        external_address="10.66.1.3",
        ami_secret="s3cret",
        ami_event_filters=("!Event: RTCP.*",),
        tone_hz=1100,
        module_dir="/m",
        data_dir="/d",
    )
    host = write_config(tmp_path / "etc", params)
    texts = {path.name: path.read_text(encoding="utf-8") for path in host.etc.glob("*.conf")}
    assert not re.search(r"^[^;]*@[A-Z_]+@", "\n".join(texts.values()), re.MULTILINE)
    sections = dict(re.findall(r"^\[([\w-]+)\]\ntype = transport\n.*\nbind = (\S+)", texts["pjsip.conf"], re.MULTILINE))
    assert sections == {name: f"10.66.1.2:{port}" for name, port in TRANSPORTS_GUIDE.items()}
    assert texts["pjsip.conf"].count("external_signaling_address = 10.66.1.3") == 2
    assert "eventfilter = !Event: RTCP.*" in texts["manager.conf"] and "secret = s3cret" in texts["manager.conf"]
    assert "TONE = 1100" in texts["extensions.conf"]
    assert (host.etc / "manager.conf").stat().st_mode & 0o077 == 0


def test_what_the_consumer_wrote_outlives_a_new_base_configuration(tmp_path: Path) -> None:
    host = write_config(tmp_path / "etc", PARAMS)
    (host.etc / "oml_pjsip_trunks.conf").write_text("[issabel]\n", encoding="utf-8")
    write_config(tmp_path / "etc", PARAMS)
    assert (host.etc / "oml_pjsip_trunks.conf").read_text(encoding="utf-8") == "[issabel]\n"
