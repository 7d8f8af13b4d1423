"""The three forms for a link: fields, code, file. Only pbxlink decides what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from oml_plugin.web import form_sections, presenters
from pbxlink.console import page_words
from pbxlink.console.form_fields import FIELDS, GROUPS
from pbxlink.link import link_code, link_file
from pbxlink.link.model import Link
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error

LARGEST_FILE = 1024 * 1024
_ADVANCED = "advanced"


def _in_language_of_reader(code: str) -> str:
    return text(code, presenters.language())


_words: Callable[[str], Any] = lazy(_in_language_of_reader, str)
"""A message of the catalogue, in the language of whoever reads it."""


def _named(name: str) -> dict[str, Any]:
    """Label and help of a field."""
    code = FIELDS[name].code
    return {"label": _words(code), "help_text": _words(f"{code}.hint")}


def _text(name: str, required: bool = True, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})
    return forms.CharField(**{**_named(name), "required": required, "max_length": 255, "widget": widget, **more})


def _lines(name: str) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "form-control", "rows": 3})
    return forms.CharField(**_named(name), required=False, max_length=100_000, widget=widget)


def _choice(name: str, without: Collection[str] = (), **more: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-control"})
    field = FIELDS[name]
    choices = [(each, _words(f"choice.{field.key}_{each}")) for each in field.choices if each not in without]
    return forms.ChoiceField(**{**_named(name), "choices": choices, "widget": widget, **more})


def _box(name: str) -> forms.BooleanField:
    return forms.BooleanField(**_named(name), required=False)


@dataclass(frozen=True)
class Section:
    """Fields under a title; `is_folded`: those that most people leave as they are."""

    title: Any
    fields: Sequence[forms.BoundField]
    is_folded: bool


class LinkForm(forms.Form):
    """A link by its fields. The transports to choose from are those that OML's Asterisk has."""

    topology = _choice("topology")
    oml_address = _text("oml_address", required=False)
    transport = _choice("transport", help_text=_("Los que el Asterisk de OMniLeads tiene ahora, con su puerto"))
    oml_port = _text("oml_port", required=False)
    pbx_address = _text("pbx_address")
    pbx_port = _text("pbx_port", initial="5060")
    technology = _choice("technology", without=["auto"])
    from_directory = _box("from_directory")
    extensions = _lines("extensions")
    agents = _lines("agents")
    dialplan = _box("dialplan")
    oml_routes = _lines("oml_routes")
    pbx_routes = _lines("pbx_routes")

    name = _text("name", initial="omnileads")
    pbx_trunk = _text("pbx_trunk", initial="omnileads")
    pbx_context = _text("pbx_context", initial="from-internal")
    oml_trunk = _text("oml_trunk", initial="issabel")
    oml_context = _text("oml_context", initial="from-pbx")
    pbx_codecs = _text("pbx_codecs", initial="alaw")
    oml_codecs = _text("oml_codecs", initial="alaw, ulaw")
    caller_id = _choice("caller_id")
    registers = _choice("registers", required=False)
    signalling = _choice("signalling", required=False)
    audio = _choice("audio", required=False)
    secret = forms.CharField(
        **_named("secret"), required=False, max_length=64, strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "new-password"}),
    )  # fmt: skip
    new_secret = _box("new_secret")

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        transports: Mapping[str, int],
        before: Link | None,
        proposed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`transports`: those of OML's Asterisk, by name with their port."""
        initial = form_sections.to_fields(before) if before else proposed
        super().__init__(data or None, initial={**initial, **_port(initial, transports)}, auto_id="id_pbx_link_%s")
        self._before, self._transports = before, transports
        self.link: Link | None = None
        transport = cast(forms.ChoiceField, self.fields["transport"])
        transport.choices = [(each, f"{each} ({port})") for each, port in _usual_first(transports)]
        if before:
            self.fields["name"].disabled = True

    def sections(self) -> Iterator[Section]:
        """The fields by section, in the order in which the pages of both sides have them."""
        for group, fields in GROUPS.items():
            bound = [self[field.name] for field in fields if field.name in self.fields]
            yield Section(_words(f"form.{group}"), bound, is_folded=group == _ADVANCED)

    @property
    def has_advanced_errors(self) -> bool:
        """Whether a field that is shown on request only is wrong."""
        return any(field.name in self.errors for field in GROUPS[_ADVANCED])

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
            told = page_words.document(finding, presenters.language())
            field = told["field"] if told["field"] in self.fields else None
            self.add_error(field, _joined(told["at_field" if field else "message"], told["hint"]))


def _port(initial: Mapping[str, Any], transports: Mapping[str, int]) -> dict[str, str]:
    """Leaves the port empty where it is the transport's own, so that it follows a change of the transport."""
    listening = transports.get(str(initial.get("transport", "")))
    return {"oml_port": ""} if str(listening) == initial.get("oml_port") else {}


def _usual_first(transports: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(transports.items(), key=lambda each: ("agent" in each[0], each[0]))


def _told(finding: Finding) -> str:
    told = page_words.document(finding, presenters.language())
    return _joined(told["message"], told["hint"])


def _joined(message: str, hint: str) -> str:
    return f"{message}. {hint}" if hint else message


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
