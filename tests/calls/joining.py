"""One pairing: from two hosts that know nothing of each other to calls both ways, and back."""

from __future__ import annotations

from pathlib import Path

from tests.calls.linked import DID, PHONE, Linked, challenged_and_answered, eventually, succeeded
from tests.calls.paired import differs, paired, told


def joins_and_goes(hosts: Linked, folder: Path, *options: str, oml_address: str = "", said: str = "") -> None:
    """`join` with these options says this, proves both directions, calls get through, and `join --undo` leaves what was
    before."""
    with paired(hosts, folder) as pair:
        before = pair.state()
        done = pair.join(pair.invite(address=oml_address), "--yes", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        assert told(done, "Done: the link omnileads works both ways", said)
        with pair.hosts.sip_of_oml() as messages:
            assert pair.hosts.pbx.originate(DID)["Response"] == "Success"
        assert challenged_and_answered(messages), messages
        assert eventually(lambda: pair.hosts.call_from_oml(PHONE)["Response"] == "Success")
        succeeded(pair.join("--undo"))
        left = differs(before, pair.state())
        assert left == {}, left
