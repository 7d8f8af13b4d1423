"""A FreePBX is joined by an invitation; not among its calls, whose link would be there already."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.calls.joining import joins_and_goes
from tests.calls.linked import Linked


@pytest.mark.failure_points
def test_one_invitation_and_one_yes_join_a_freepbx(freepbx_hosts: Linked, tmp_path: Path) -> None:
    joins_and_goes(freepbx_hosts, tmp_path)
