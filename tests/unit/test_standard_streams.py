"""Output whose reader is gone, whose encoding lacks a character, and output that fails for another reason."""

from __future__ import annotations

import errno
import io
import json
import os

import pytest

from pbxlink.console.standard_streams import tolerant


def test_what_is_written_after_the_reader_is_gone_goes_nowhere() -> None:
    read, write = os.pipe()
    with os.fdopen(write, "w", encoding="utf-8") as stream:
        output = tolerant(stream)
        print("one", file=output, flush=True)
        assert os.read(read, 10) == b"one\n"
        os.close(read)
        for _ in range(2):
            assert output.write("two\n") == 4
            output.flush()
        assert not output.isatty() and output.encoding == "utf-8"


def test_a_terminal_that_was_closed_is_no_error() -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        os.close(ours)
        print("one", file=tolerant(stream), flush=True)


def test_a_full_disk_is_still_an_error() -> None:
    with open("/dev/full", "w", encoding="utf-8") as stream:
        output = tolerant(stream)
        with pytest.raises(OSError) as raised:
            print("one", file=output, flush=True)
        assert raised.value.errno == errno.ENOSPC
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def test_it_is_wrapped_once_and_nothing_is_something_to_write_to() -> None:
    output = tolerant(None)
    assert tolerant(output) is output
    assert output.write("one") == 3


@pytest.mark.parametrize(
    ("encoding", "text", "written"),
    [
        ("latin-1", "Peña ≠ 😀", "Peña \\u2260 \\ud83d\\ude00".encode("latin-1")),
        ("ascii", "Peña", b"Pe\\u00f1a"),
        ("utf-8", "Peña ≠ 😀", "Peña ≠ 😀".encode()),
        ("utf-8", os.fsdecode(b"Pe\xf1a"), b"Pe\\udcf1a"),
    ],
)
def test_what_the_encoding_lacks_is_written_as_json_writes_it(encoding: str, text: str, written: bytes) -> None:
    taken = io.BytesIO()
    output = tolerant(io.TextIOWrapper(taken, encoding=encoding))
    print(text, end="", file=output, flush=True)
    assert taken.getvalue() == written
    if encoding != "utf-8":
        assert json.loads('"' + taken.getvalue().decode(encoding) + '"') == text
