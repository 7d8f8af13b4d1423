"""What our connection does in the driver's place does the same."""

from __future__ import annotations

import socket
import threading
from decimal import Decimal
from typing import Any

import pytest
from mysql.connector.conversion import MySQLConverter

from issabel_module.storage.mysql_connection import Buffered, Converter

CELLS = (
    "", "2000001", "SIP/omnileads/2000001", "OML campaign 7", "it's", 'said "so"', "back\\slash", "line\nend\r",
    "ñandú ☎", "\x1a", "%s %(name)s", "a;b -- c", None, 7, Decimal("1.5"), b"plain", b"it's",
)  # fmt: skip


@pytest.mark.parametrize("sql_mode", ["", "STRICT_TRANS_TABLES", "STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES"])
@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_a_cell_stands_in_a_statement_as_the_driver_would_have_it(cell: Any, sql_mode: str) -> None:
    def made(converter: MySQLConverter) -> bytes:
        return bytes(converter.quote(converter.escape(converter.to_mysql(cell), sql_mode)))

    assert made(Converter("utf8mb4")) == made(MySQLConverter("utf8mb4"))


def test_all_that_arrives_is_read_in_its_order_whatever_is_asked_for_at_once() -> None:
    ours, theirs = socket.socketpair()
    sent = bytes(range(256)) * 1000

    def send() -> None:
        with theirs:
            theirs.sendall(sent)

    sender = threading.Thread(target=send)
    sender.start()
    reading, read, sizes = Buffered(ours), bytearray(), [1, 4, 300, 100_000]
    while True:
        place = bytearray(sizes[len(read) % len(sizes)])
        count = reading.recv_into(memoryview(place), len(place))
        if not count:
            break
        read += place[:count]
    assert read == sent and reading.recv(4) == b""
    sender.join()
    reading.close()
    assert ours.fileno() == -1


def test_the_socket_has_the_timeout_that_was_set_last() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        reading = Buffered(ours)
        for seconds in (None, 0.01):
            reading.settimeout(seconds)
            assert ours.gettimeout() == seconds
        with pytest.raises(socket.timeout):
            reading.recv(1)
        reading.close()
