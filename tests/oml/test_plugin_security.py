"""TCP, TLS and SRTP on OMniLeads: what is told where it lacks something, and whose lines of the trunk's text are."""

from __future__ import annotations

from tests.oml.plugin import PluginOml

LINE = "endpoint/media_encryption"
TEXT = "from configuracion_telefonia_app.models import TroncalSIP\nt = TroncalSIP.objects.get(nombre='issabel')\n"


def _says(oml: PluginOml, port: object = "", **link: str) -> None:
    path = oml.link(port=port)
    lines = "\n".join(f"{key} = {value}" for key, value in link.items())
    path.write_text(path.read_text(encoding="utf-8").replace("[link]\n", f"[link]\n{lines}\n"), encoding="utf-8")


def _lines(oml: PluginOml) -> list[str]:
    return str(oml.python(TEXT + "answer = t.text_config")).split("\r\n")


def test_without_a_transport_by_tls_and_without_srtp_nothing_is_written(oml: PluginOml) -> None:
    """As every release is: what its administrator is to add is said."""
    _says(oml, signalling="tls", media="srtp")
    found = {each["code"]: each for each in oml.document("check")["findings"]}
    assert {"oml.no_transport", "oml.no_srtp"} <= found.keys()
    assert "trunk-tls-transport to its pjsip (protocol=tls, bind=0.0.0.0:5061;" in found["oml.no_transport"]["hint"]
    assert oml.run("apply", "--yes").returncode == 1


def test_a_line_is_its_administrators_until_the_link_has_a_value_for_it(oml: PluginOml) -> None:
    oml.asterisk.srtp = True
    oml.apply()
    plain = _lines(oml)
    oml.python(TEXT + f"t.text_config += '\\r\\n{LINE}=dtls'; t.save()")
    assert oml.document("plan")["changes"] == [] and "drift.changed" not in oml.codes("status")
    _says(oml, oml.asterisk.sip_port, media="srtp")
    oml.apply("--force")
    assert _lines(oml) == [*plain, f"{LINE}=sdes"]
    oml.python(TEXT + f"t.text_config = t.text_config.replace('{LINE}=sdes', 'endpoint/100rel=no'); t.save()")
    assert "drift.changed" in oml.codes("status")
    _says(oml, oml.asterisk.sip_port)
    oml.apply("--force")
    assert _lines(oml) == [*plain, "endpoint/100rel=no"]


def test_the_form_has_both_values_and_leaves_out_the_usual_ones(oml: PluginOml) -> None:
    _says(oml, signalling="tls", media="srtp")
    read = "from oml_plugin.web import form_sections\nfrom pbxlink.link import link_file\nfrom pathlib import Path\n"
    read += f"link = link_file.read(Path({str(oml.folder / 'link.conf')!r}))\nfields = form_sections.to_fields(link)\n"
    read += "again = link_file.from_mapping(form_sections.of_fields(fields, link))\n"
    read += "usual = form_sections.of_fields({**fields, 'signalling': '', 'audio': ''}, link)\n"
    read += "answer = [fields['signalling'], fields['audio'], again == link, sorted(usual['link'])]"
    assert oml.python(read) == ["tls", "srtp", True, ["name", "topology"]]
