"""A served OML, and an administrator in front of its page."""

from __future__ import annotations

from dataclasses import dataclass

from pbxlink.link import link_code, link_file
from tests.oml.pageserver import Answer, Site, Visitor
from tests.oml.plugin import PluginOml


@dataclass
class Desk:
    """The OML, its site, and the administrator in front of it."""

    oml: PluginOml
    site: Site
    admin: Visitor

    def code(self, **values: str) -> str:
        """The link as a code."""
        return link_code.encode(link_file.read(self.oml.link(**values)))

    def enter(self, **values: str) -> Answer:
        """Pastes the link; the plan."""
        return self.admin.post("/pbx_link/new/", {"enter": "code", "code": self.code(**values)})

    def plan(self, query: str = "") -> Answer:
        """The plan."""
        return self.admin.get(f"/pbx_link/link/test/plan/{query}")

    def apply(self, plan: Answer, **more: object) -> Answer:
        """Presses apply on a plan's page; the job when it ended."""
        return self.admin.job(self.start("apply", mark=plan.hidden("mark"), **more))

    def start(self, what: str, **fields: object) -> Answer:
        """Presses a button."""
        return self.admin.post(f"/pbx_link/link/test/{what}/", fields)

    def overview(self) -> Answer:
        """The link's state."""
        return self.admin.get("/pbx_link/link/test/")

    def applied(self) -> Answer:
        """Enters the link and applies it, which must succeed."""
        done = self.apply(self.enter())
        assert done.state == "done", done.text
        return done

    @property
    def saved(self) -> list[str]:
        """The names of the saved links."""
        found: list[str] = self.oml.python("from oml_plugin.storage import saved_links; answer = saved_links.names()")
        return found
