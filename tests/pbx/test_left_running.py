"""A command that leaves another one running, which inherits copies of its output, as FreePBX's reload leaves its check
of signatures: nobody waits for that."""

from __future__ import annotations

import os
import signal

import pytest

from issabel_module.host.host import Host
from issabel_module.host.local_host import LocalHost
from issabel_module.host.ssh_host import SshHost
from tests.stack.sshd import SshServer

pytest_plugins = ["tests.pbx.ssh_fixtures"]
_LINES = "exec 6>&1 7>&2; /bin/sleep 300 >/dev/null 2>&1 & echo told $!; echo wrong >&2; exit 3"


def _is_not_waited_for(host: Host) -> None:
    done = host.run(["/bin/sh", "-c", _LINES], {}, 60)
    told, number, wrong = done.output.split()
    os.kill(int(number), signal.SIGKILL)
    assert (done.code, told, wrong) == (3, "told", "wrong")


def test_here() -> None:
    _is_not_waited_for(LocalHost())


def test_over_ssh(sshd: SshServer) -> None:
    host = SshHost("pbx")
    try:
        _is_not_waited_for(host)
    finally:
        host.close()


def test_one_that_itself_does_not_end_is_ended() -> None:
    with pytest.raises(TimeoutError):
        LocalHost().run(["/bin/sleep", "300"], {}, 0.2)
