"""An Asterisk that died by itself while a test used it: it is started again, and the test is run once more.

Debian's Asterisk 16 was seen to do so once in some thousand reloads: in its `ast_format_get_codec_id`, with a format
that was freed before, in the middle of a `core reload`. What a test says of it then says nothing of the product. Each
is in the run's summary; a test whose Asterisk dies twice fails.
"""

from __future__ import annotations

import signal
from collections.abc import Generator
from typing import Any

import pytest

from tests.stack.asterisk import NativeAsterisk

_CRASHES = {-number for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)}


class AsteriskCrashed(Exception):
    """The vendor's Asterisk died by a signal of its own."""


def _explained() -> Generator[None, Any, Any]:
    try:
        return (yield)
    except Exception as problem:
        crashed = [each for each in NativeAsterisk.running if each.process.code in _CRASHES]
        if not crashed:
            raise
        logs = "\n".join(each.logs() for each in crashed)
        for each in crashed:
            each.restart()
        raise AsteriskCrashed(logs) from problem


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, Any, Any]:
    """See the module's docstring."""
    return (yield from _explained())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """See the module's docstring."""
    return (yield from _explained())
