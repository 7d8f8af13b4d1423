"""The three forms for a link: fields, code, file. Only pbxlink decides what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from oml_plugin.web import form_sections, presenters
from pbxlink.link import link_code, link_file
from pbxlink.link.model import Link
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error

LARGEST_FILE = 1024 * 1024
_TOPOLOGIES = (
    ("lan", _("OMniLeads en su propio servidor, en la misma red")),
    ("docker", _("OMniLeads en Docker en el mismo servidor que la PBX")),
    ("wan", _("OMniLeads en la nube, la PBX detrás de NAT")),
)
_TECHNOLOGIES = (("sip", "chan_sip"), ("pjsip", "PJSIP"))
_CALLER_IDS = (
    ("keep", _("El otro lado ve el número de quien llama")),
    ("trunk", _("El otro lado ve el nombre de la troncal")),
)
ADVANCED = (
    "name", "pbx_trunk", "pbx_context", "oml_trunk", "oml_context", "oml_port", "pbx_codecs", "oml_codecs", "caller_id",
    "secret", "new_secret",
)  # fmt: skip
"""The fields that most people leave as they are."""


def _text(label: Any, help_text: Any = "", required: bool = True, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=255, widget=widget, **more)


def _lines(label: Any, help_text: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "form-control", "rows": 4})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=100_000, widget=widget)


def _choice(label: Any, choices: Any, help_text: Any = "") -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-control"})
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, widget=widget)


def _box(label: Any, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


class LinkForm(forms.Form):
    """A link by its fields. The transports to choose from are those that OML's Asterisk has."""

    topology = _choice(_("Topología"), _TOPOLOGIES)
    pbx_address = _text(_("Dirección de la PBX"), _("Como la ve OMniLeads: una dirección IPv4 o un nombre"))
    pbx_port = _text(_("Puerto SIP de la PBX"), _("Donde escucha el controlador elegido"), initial="5060")
    technology = _choice(
        _("Controlador de la troncal en la PBX"), _TECHNOLOGIES, _("Issabel usa chan_sip si no se cambió")
    )
    oml_address = _text(
        _("Dirección de OMniLeads"), _("Como la ve la PBX; en Docker en el mismo servidor, vacía"), required=False
    )
    transport = _choice(
        _("Transporte de OMniLeads"), (), _("Los que el Asterisk de OMniLeads tiene ahora, con su puerto")
    )
    oml_routes = _lines(
        _("Rutas salientes de OMniLeads hacia la PBX"), _("Una por línea: nombre = patrón, prefijo|patrón")
    )
    pbx_routes = _lines(_("Rutas salientes de la PBX hacia OMniLeads"), _("Una por línea: nombre = patrón, patrón"))
    extensions = _lines(
        _("Otras extensiones en la PBX hacia OMniLeads"), _("Una por línea: número = DID o número de agente = nombre")
    )
    agents = _lines(_("Agentes con extensión en la PBX"), _("Uno por línea: extensión SIP:id:nombre"))
    from_directory = _box(
        _("En la PBX, una extensión por cada ruta entrante y cada agente de OMniLeads"),
        _("Siguen al directorio: las nuevas aparecen, las que ya no están se van"),
    )
    dialplan = _box(
        _("Parte de dialplan: la PBX llega a cada agente y sabe si está ocupado, ausente o no atiende"),
        _("Por extensión SIP, extensión e id, o 1000 e id; los DID que empiezan por 1 llegan a su ruta entrante"),
    )

    name = _text(
        _("Nombre del enlace"), _("Minúsculas, cifras, guiones; no se puede cambiar después"), initial="omnileads"
    )
    pbx_trunk = _text(_("Nombre de la troncal en la PBX"), initial="omnileads")
    pbx_context = _text(_("Contexto en la PBX"), initial="from-internal")
    oml_trunk = _text(_("Nombre de la troncal en OMniLeads"), _("Letras, cifras y guion bajo"), initial="issabel")
    oml_context = _text(_("Contexto en OMniLeads"), initial="from-pbx")
    oml_port = _text(
        _("Puerto de OMniLeads visto por la PBX"), _("Vacío: el del transporte; otro, si un router o Docker lo cambia"),
        required=False,
    )  # fmt: skip
    pbx_codecs = _text(_("Códecs en la PBX"), _("En orden de preferencia, separados por comas"), initial="alaw")
    oml_codecs = _text(
        _("Códecs en OMniLeads"), _("En orden de preferencia, separados por comas"), initial="alaw, ulaw"
    )
    caller_id = _choice(_("Número de quien llama"), _CALLER_IDS)
    secret = forms.CharField(
        label=_("Secreto"), required=False, max_length=64, strip=False,
        help_text=_("Vacío: el que hay, o uno nuevo, largo y al azar"),
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "new-password"}),
    )  # fmt: skip
    new_secret = _box(_("Generar un secreto nuevo"), _("Aplíquelo después también en la PBX, con el código nuevo"))

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        transports: Mapping[str, int],
        before: Link | None,
        proposed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`transports`: those of OML's Asterisk, by name with their UDP port."""
        initial = form_sections.to_fields(before) if before else proposed
        super().__init__(data or None, initial={**initial, **_port(initial, transports)}, auto_id="id_pbx_link_%s")
        self._before, self._transports = before, transports
        self.link: Link | None = None
        transport = cast(forms.ChoiceField, self.fields["transport"])
        transport.choices = [(each, f"{each} (UDP {port})") for each, port in _usual_first(transports)]
        if before:
            self.fields["name"].disabled = True

    def ordinary(self) -> Iterable[forms.BoundField]:
        """The fields to be shown first."""
        return (field for field in self if field.name not in ADVANCED)

    def advanced(self) -> Iterable[forms.BoundField]:
        """The fields to be shown on request."""
        return (field for field in self if field.name in ADVANCED)

    @property
    def has_advanced_errors(self) -> bool:
        """Whether a field that is shown on request only is wrong."""
        return any(name in self.errors for name in ADVANCED)

    def clean(self) -> dict[str, Any]:
        """Sets `link`, or adds the errors to their fields."""
        found = dict(self.cleaned_data)
        if self.errors:
            return found
        found["oml_port"] = found["oml_port"] or str(self._transports[found["transport"]])
        try:
            self.link = link_file.from_mapping(form_sections.of_fields(found, self._before))
        except InvalidInput as problem:
            self.refuse(problem.findings)
        return found

    def refuse(self, findings: Iterable[Finding]) -> None:
        """Adds the findings to their fields, or to the form as a whole."""
        for finding in findings:
            field = form_sections.field_of(finding.values)
            self.add_error(field if field in self.fields else None, _told(finding))


def _port(initial: Mapping[str, Any], transports: Mapping[str, int]) -> dict[str, str]:
    """Leaves the port empty where it is the transport's own, so that it follows a change of the transport."""
    listening = transports.get(str(initial.get("transport", "")))
    return {"oml_port": ""} if str(listening) == initial.get("oml_port") else {}


def _usual_first(transports: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(transports.items(), key=lambda each: ("agent" in each[0], each[0]))


def _told(finding: Finding) -> str:
    return " ".join(filter(None, (finding.message(presenters.language()), finding.hint(presenters.language()))))


class _Unshown(forms.Textarea):
    """A field that never shows its value again: a link code holds the secret."""

    def format_value(self, value: Any) -> str:
        """Always empty."""
        return ""


class CodeForm(forms.Form):
    """A link by its code."""

    code = forms.CharField(
        label=_("Código de enlace"), max_length=1024 * 1024,
        widget=_Unshown(attrs={"class": "form-control", "rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="id_pbx_link_%s")
        self.link: Link | None = None

    def clean_code(self) -> str:
        """Decodes it."""
        try:
            self.link = link_code.decode(self.cleaned_data["code"])
        except InvalidInput as problem:
            raise forms.ValidationError([_told(each) for each in problem.findings]) from None
        return ""


class FileForm(forms.Form):
    """A link by its file."""

    file = forms.FileField(
        label=_("Archivo de enlace"), widget=forms.FileInput(attrs={"class": "form-control"}), allow_empty_file=True
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, auto_id="id_pbx_link_%s")
        self.link: Link | None = None

    def clean_file(self) -> None:
        """Reads it."""
        try:
            self.link = link_file.parse(_content(self.cleaned_data["file"]))
        except InvalidInput as problem:
            raise forms.ValidationError([_told(each) for each in problem.findings]) from None


def _content(uploaded: UploadedFile[bytes]) -> str:
    try:
        if (uploaded.size or 0) > LARGEST_FILE:
            raise ValueError("size")
        return bytes(uploaded.read()).decode("utf-8")
    except ValueError:  # UnicodeDecodeError is one too
        raise InvalidInput(error("page.not_text", limit=LARGEST_FILE)) from None
