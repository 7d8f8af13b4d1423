"""The autoload line: where it belongs, what it says, how it is written and removed.

With the plugin installed in OML's Python (pip install) it is a `.pth` file of our own in site-packages, which Python
runs at every start. With the plugin in a folder that is only on PYTHONPATH (a volume), Python reads no `.pth` there,
but imports the module `sitecustomize` from the first folder that has one; ours then runs the one that it hides.
"""

from __future__ import annotations

import os
import site
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import oml_plugin

PTH_NAME = "issabel_omnileads.pth"
_INSTALL = "    from oml_plugin.activation import hook\n    hook.install()\nexcept Exception:\n    pass\n"
LINE = f"import sys; exec({'try:' + chr(10) + _INSTALL!r})\n"
"""Silent where the package is missing or broken: otherwise every start of Python would print a traceback."""
SITECUSTOMIZE = f'''"""Written and taken away by `oml-pbx-link`: lets the OMniLeads plugin beside it register itself."""

try:
{_INSTALL}

def _run_hidden():
    """This file hides a `sitecustomize` further down the path, which would have run without it."""
    import os
    import sys
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = os.path.realpath(os.path.dirname(__file__))
    spec = PathFinder.find_spec("sitecustomize", [each for each in sys.path if os.path.realpath(each) != here])
    if spec is not None and spec.loader is not None:
        sys.modules["sitecustomize"] = module = module_from_spec(spec)
        spec.loader.exec_module(module)


_run_hidden()
'''
_MARK = "oml_plugin.activation"


@dataclass(frozen=True)
class Place:
    """The file for the autoload line, and the text that belongs in it."""

    path: Path
    text: str

    def read(self) -> str | None:
        """The file's present text; None where there is no file. Raises OSError."""
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    @property
    def is_right(self) -> bool:
        """Whether the file has the right text."""
        return self.read() == self.text

    @property
    def is_foreign(self) -> bool:
        """Whether there is a file of somebody else."""
        found = self.read()
        return found is not None and _MARK not in found

    def write(self, text: str | None) -> None:
        """Writes the file in one step, readable by all; None deletes it. Raises OSError."""
        if text is None:
            self.path.unlink(missing_ok=True)
            return
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(name, 0o644)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def place() -> Place:
    """The file for the autoload line of this installation."""
    home = Path(oml_plugin.__file__).resolve().parents[1]
    if home in [Path(each).resolve() for each in _on_path()] and home not in _site_folders():
        return Place(home / "sitecustomize.py", SITECUSTOMIZE)
    own = home if home in _site_folders() else Path(sysconfig.get_path("purelib"))
    return Place(own / PTH_NAME, LINE)


def _on_path() -> list[str]:
    return [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]


def _site_folders() -> list[Path]:
    return [Path(each).resolve() for each in (*site.getsitepackages(), site.getusersitepackages())]


def runs() -> bool:
    """Whether a newly started Python has the hook."""
    code = "from oml_plugin.activation import hook; raise SystemExit(not hook.is_installed())"
    path = os.pathsep.join(os.path.abspath(each) for each in _on_path())
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, cwd="/", env=environment)
    return done.returncode == 0
