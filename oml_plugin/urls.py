"""The page's URLs. Each has the name of a permission (`permissions`), or every user of OML could open it."""

from __future__ import annotations

from django.urls import path, register_converter

from oml_plugin.api import diagnosis_api, directory_api, pairing_api
from oml_plugin.web import codes, editing, invitations, views
from pbxlink.link.charset import LINK_NAME


class LinkName:
    """A link's name in a URL, with a dot between the letters `ws`: the vendor's nginx configuration sends every address
    that contains `ws` to Kamailio (read). No name contains a dot."""

    regex = "[a-z0-9][a-z0-9_.-]{0,63}"

    def to_python(self, value: str) -> str:
        """The name. Raises ValueError, which Django answers with 404, where it is no name."""
        name = value.replace("w.s", "ws")
        if not LINK_NAME.fullmatch(name):
            raise ValueError(value)
        return name

    def to_url(self, value: str) -> str:
        """The name as it is written in a URL."""
        return value.replace("ws", "w.s")


register_converter(LinkName, "linkname")

_ONE = "pbx_link/link/<linkname:name>/"
urlpatterns = [
    path("pbx_link/", views.Overview.as_view(), name="pbx_link_overview"),
    path("pbx_link/api/directory/", directory_api.directory, name="pbx_link_directory"),
    path("pbx_link/api/diagnose/", diagnosis_api.diagnosis, name="pbx_link_diagnosis"),
    path("pbx_link/api/pair/<slug:what>/", pairing_api.pair, name="pbx_link_pair"),
    path("pbx_link/new/", editing.Edit.as_view(), name="pbx_link_edit"),
    path("pbx_link/invite/", invitations.Invite.as_view(), name="pbx_link_invite"),
    path("pbx_link/job/<str:job>/", views.JobView.as_view(), name="pbx_link_job"),
    path(_ONE, views.Overview.as_view(), name="pbx_link_overview"),
    path(f"{_ONE}edit/", editing.Edit.as_view(), name="pbx_link_edit"),
    path(f"{_ONE}plan/", views.PlanView.as_view(), name="pbx_link_plan"),
    path(f"{_ONE}apply/", views.Apply.as_view(), name="pbx_link_apply"),
    path(f"{_ONE}adopt/", views.Adopt.as_view(), name="pbx_link_adopt"),
    path(f"{_ONE}verify/", views.Verify.as_view(), name="pbx_link_verify"),
    path(f"{_ONE}diagnose/", views.Diagnose.as_view(), name="pbx_link_diagnose"),
    path(f"{_ONE}recover/", views.Recover.as_view(), name="pbx_link_recover"),
    path(f"{_ONE}remove/", views.Remove.as_view(), name="pbx_link_remove"),
    path(f"{_ONE}code/", codes.ShowCode.as_view(), name="pbx_link_show_code"),
    path(f"{_ONE}pbx-code/", codes.PbxCode.as_view(), name="pbx_link_pbx_code"),
    path(f"{_ONE}revoke/", codes.Revoke.as_view(), name="pbx_link_revoke"),
]
