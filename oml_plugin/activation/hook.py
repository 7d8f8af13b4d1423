"""The import hook behind the autoload line: runs `addon_entry.extend` right after OML's module of add-on settings.

Every Python on OML's host imports this at its start, so it imports nothing itself, not even typing, and the finder
removes itself once the one module it waits for was run.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TARGET = "ominicontacto.settings.addons"


def install() -> None:
    """Registers the finder, once."""
    if TARGET not in sys.modules and not any(isinstance(each, _Finder) for each in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def is_installed() -> bool:
    """Whether the finder is registered in this process."""
    return any(isinstance(each, _Finder) for each in sys.meta_path)


class _Finder:
    """Finds `TARGET` with the other finders, and extends it after it ran."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """See importlib.abc.MetaPathFinder. None for every other module."""
        if name != TARGET:
            return None
        spec = self._found_by_others(name, path, target)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader, self)
        return spec

    def _found_by_others(self, name: str, path: Any, target: Any) -> Any:
        for finder in list(sys.meta_path):
            ask = getattr(finder, "find_spec", None)
            spec = ask(name, path, target) if ask and finder is not self else None
            if spec is not None:
                return spec
        return None


class _Loader:
    """Wraps the module's own loader. Afterwards OML sees that one, as if there were no hook."""

    def __init__(self, own: Any, finder: _Finder) -> None:
        self._own = own
        self._finder = finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def create_module(self, spec: Any) -> Any:
        """See importlib.abc.Loader."""
        return self._own.create_module(spec)

    def exec_module(self, module: Any) -> None:
        """See importlib.abc.Loader. Raises only what the module itself raises."""
        module.__loader__ = module.__spec__.loader = self._own
        self._own.exec_module(module)
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        _extend(module)


def _extend(addons: Any) -> None:
    try:
        from oml_plugin.activation import addon_entry

        addon_entry.extend(addons)
    except Exception:
        _tell("could not be added to OML's settings; OML starts without it")


def _tell(message: str) -> None:
    try:
        from oml_plugin.activation.startup_log import tell

        tell(message, failed=True)
    except Exception:
        print(f"oml_plugin: {message}", file=sys.stderr)
