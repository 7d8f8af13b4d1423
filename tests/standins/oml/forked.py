"""Commands of a stand-in OML as forks of one process that has Django's modules loaded, which is most of their time.

Only modules that are neither the stand-in's nor ours are loaded before the fork. So each command still begins with its
own environment, its own settings and database connections, and our code as it is on disk; it is one process, with an
exit code, of its own. What a fork cannot be like, `fits` keeps out.

    control socket:  the process that loads  <-- files of a request: what runs, stdin, stdout, stderr, answer
    answer:          "PID\\n", then "EXIT CODE\\n"; it ends without the second where the command was killed
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

_LOADED = (
    "django.core.management", "django.core.management.commands.migrate", "django.db.backends.sqlite3.base",
    "django.db.backends.postgresql.base", "django.db.models", "django.db.migrations.recorder", "django.forms",
    "django.contrib.auth.hashers", "django.template.defaulttags", "django.template.loader_tags", "django.test.client",
    "django.views.static", "django.views.i18n", "fakeredis", "redis", "psycopg2.extras", "configobj", "coverage",
)  # fmt: skip
_HERE_ONLY = ("COVERAGE_", "PYTHONPATH")
_OF_THE_START = ("PYTHON", "LANG", "LC_", "LD_")
"""What a program takes from its environment once, when it begins."""
_BEGUN_IN = dict(os.environ)
"""Of the process that loads; a test may have changed this one's own meanwhile."""


def fits(python: str, environment: Mapping[str, str]) -> bool:
    """Whether a fork is the same as a process of its own: the same Python, begun in the same surroundings, with nothing
    on its path that runs at a start."""
    path = environment.get("PYTHONPATH", "").split(os.pathsep)
    runs_at_start = any(Path(folder, "sitecustomize.py").exists() for folder in path if folder)
    is_same_start = python == sys.executable and _surroundings(environment) == _surroundings(_BEGUN_IN)
    return is_same_start and not runs_at_start


def _surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(_OF_THE_START) and not name.startswith(_HERE_ONLY)
    }


def run(
    command: Sequence[str], environment: Mapping[str, str], typed: str = "", seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` on a command line of this Python (a script or `-c`), with all that it printed as text. Raises
    subprocess.TimeoutExpired."""
    ours, theirs = socket.socketpair()
    with ExitStack() as stack:
        stack.enter_context(ours)
        request, given, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(4))
        request.write(json.dumps([list(command[1:]), dict(environment), os.getcwd()]).encode())
        given.write(typed.encode())
        request.seek(0)
        given.seek(0)
        with theirs:
            files = [each.fileno() for each in (request, given, out, err)]
            socket.send_fds(_control(), [b"run"], [*files, theirs.fileno()])
        code = _awaited(ours, command, seconds)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, code, out.read().decode(), err.read().decode())


def _awaited(answer: socket.socket, command: Sequence[str], seconds: float) -> int:
    """The exit code; the process is killed when the wait ends otherwise."""
    answer.settimeout(seconds)
    with answer.makefile("r", encoding="ascii") as lines:
        pid = int(lines.readline())
        try:
            return int(lines.readline() or -signal.SIGKILL)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            if isinstance(error, socket.timeout):
                raise subprocess.TimeoutExpired(list(command), seconds) from None
            raise


_starting = threading.Lock()


def _control() -> socket.socket:
    with _starting:  # of two threads one starts it
        return _started()


@cache
def _started() -> socket.socket:
    """The way to a new process that loads; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kept = {name: value for name, value in _BEGUN_IN.items() if not name.startswith(_HERE_ONLY)}
    with theirs:
        subprocess.Popen([sys.executable, __file__], stdin=theirs.fileno(), env=kept, start_new_session=True)
    return ours


def _serve() -> None:
    here = str(Path(__file__).parent)
    sys.path[:] = [entry for entry in sys.path if entry != here]
    for name in _LOADED:
        with suppress(Exception):  # the demonstration has no server's packages; Django has an error of its own for them
            importlib.import_module(name)
    gc.freeze()  # what is loaded stays shared with the forks
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    control = socket.socket(fileno=0)
    while True:
        _, files, _, _ = socket.recv_fds(control, 16, 5, socket.MSG_CMSG_CLOEXEC)
        if not files:
            return
        if os.fork() == 0:
            control.detach()
            _become(files)
        for file in files:
            os.close(file)


def _become(files: Sequence[int]) -> None:
    """Runs what the first file says, with the next three as its own; ends this process."""
    request, *standard, answer = files
    for number, file in enumerate(standard):
        os.dup2(file, number)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.write(answer, f"{os.getpid()}\n".encode("ascii"))
    code = _ended(request)
    with suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os.write(answer, f"{code}\n".encode("ascii"))
    os._exit(code)


def _ended(request: int) -> int:
    try:
        _run(*json.loads(os.fdopen(request).read()))
        return 0
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return (ended.code or 0) & 0xFF
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()


def _run(arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    first = arguments[0]
    sys.argv = list(arguments) if first != "-c" else ["-c", *arguments[2:]]
    path = [entry for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:0] = ["" if first == "-c" else str(Path(first).parent), *path]
    if any(name.startswith("COVERAGE_PROCESS") for name in environment):
        import coverage

        coverage.process_startup()
    if first == "-c":
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    _serve()
