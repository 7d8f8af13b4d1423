"""A trunk of which one side registers with the other, on the PBX: its rows, drift, change of mind, removal, secrets."""

from __future__ import annotations

from tests.pbx.product import OML_ADDRESS, OML_PORT, SECRET, Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures"]
STRING = f"issabel:{SECRET}@{OML_ADDRESS}:{OML_PORT}~60"


def _link(bench: Bench, registers: str) -> None:
    bench.write_link(link={"topology": "wan", "registers": registers})


def _lines(bench: Bench) -> dict[str, str]:
    rows = bench.sql("SELECT keyword, data FROM sip WHERE id IN ('tr-peer-2', 'tr-reg-2')")
    return {row["keyword"]: row["data"] for row in rows}


def test_the_pbx_registers_then_omnileads_then_nobody(bench: Bench) -> None:
    before = bench.snapshot()
    _link(bench, "pbx")
    applied = bench.done("apply", "--yes")
    assert (_lines(bench)["register"], _lines(bench)["sendrpid"]) == (STRING, "pai")
    assert f"register={STRING}" in (bench.etc_dir / "sip_registrations.conf").read_text()
    assert bench.done("plan").actions == []
    bench.sql("UPDATE sip SET data = :changed WHERE keyword = 'register'", changed=f"other:{SECRET}@127.0.0.9")
    shown, status = bench.run("plan", "--rows"), bench.run("status")
    assert "register: ******** -> ********" in shown.out.replace("'", "")
    assert not any(SECRET in text for each in (applied, shown, status) for text in (each.out, each.err))
    bench.done("apply", "--yes")
    assert _lines(bench)["register"] == STRING

    _link(bench, "omnileads")
    bench.done("apply", "--yes")
    lines = _lines(bench)
    assert (lines["host"], lines["nat"]) == ("dynamic", "force_rport,comedia")
    assert not {"register", "sendrpid", "port", "fromuser"} & set(lines)
    assert bench.done("plan").actions == []

    _link(bench, "no")
    bench.done("apply", "--yes")
    assert _lines(bench)["host"] == OML_ADDRESS and not {"register", "sendrpid", "nat"} & set(_lines(bench))
    bench.sql("INSERT INTO sip VALUES ('tr-peer-2', 'nat', 'yes', 40), ('tr-reg-2', 'register', 'a:b@127.0.0.9', 0)")
    assert bench.done("plan").actions == []  # of a link that registers nobody these are the administrator's
    bench.done("remove", "--yes")
    assert difference(before, bench.snapshot()) == {}


def test_what_cannot_work_is_refused_before_anything_is_written(bench: Bench) -> None:
    before = bench.snapshot()
    bench.write_link(link={"registers": "pbx"})
    assert "link.registers_topology" in bench.json("apply", "--yes").codes
    bench.write_link(link={"topology": "wan", "registers": "pbx"}, pbx={"technology": "pjsip"})
    assert "link.registers_names" in bench.json("plan").codes
    assert difference(before, bench.snapshot()) == {}
