"""A small client of Asterisk's Manager Interface (AMI): actions, lists and events, every wait with a limit.

Our own code, because the libraries have not been maintained for years. Many actions are sent before their answers are
read. Answers may hold passwords in clear text (AuthDetail does), so none is ever logged or put whole into an error.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from types import TracebackType

from pbxlink.asterisk.ami_block import Action as Action
from pbxlink.asterisk.ami_block import Block
from pbxlink.asterisk.ami_connection import AmiConnection
from pbxlink.asterisk.ami_connection import AmiTimeout as AmiTimeout
from pbxlink.asterisk.ami_message import Message as Message
from pbxlink.asterisk.ami_message import packet_of
from pbxlink.asterisk.ami_socket import AmiAddress as AmiAddress
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import shown

_WINDOW = 4096
"""Actions sent and not yet answered: enough to hide the round trip, over ssh too (with 256 and 20 ms there and back
Asterisk waited nine tenths of the time)."""
_BLOCK = 256
"""Actions that are sent as one text."""
_NO_SUCH_ACTION = "Invalid/unknown command"
_COMMAND_FAILED = "Command output follows"
"""The message of an error where the command ran and failed. A user who may not run it gets another message."""


class Ami:
    """One logged-in connection, a context manager. Every wait ends after `timeout` seconds.

    Raises SideUnavailable when the AMI does not answer, refuses the login or closes the connection.
    """

    def __init__(
        self, address: AmiAddress, timeout: float = 10.0, events: str = "off", first: Sequence[Action] = ()
    ) -> None:
        self._address = address
        self._timeout = timeout
        self._ids = itertools.count(1)
        self._events: list[Message] = []
        self._ahead: dict[_Question, str] = {}
        """The ActionID of each question that was asked ahead."""
        self._ahead_answers: dict[str, Message | None] = {}
        self._connection = self._connect()
        try:
            self.first = self._login(events, first)
            """The answers to what was asked with the login, in the same packet."""
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Ami:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Logs off and closes; never raises."""
        self._connection.close(b"Action: Logoff\r\n\r\n")

    def action(self, name: str, headers: Mapping[str, str] | None = None) -> Message:
        """Sends one action and returns its response."""
        return next(self.actions([(name, headers or {})]))

    def actions(self, wanted: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[Message]:
        """Sends many actions, up to `_WINDOW` ahead of their answers, and yields the responses in the same order."""
        if not self._ahead:
            yield from self._asked(wanted)
            return
        for is_known, part in groupby(wanted, key=lambda each: _question(*each) in self._ahead):
            yield from self._answers(is_known, part)

    def _answers(self, is_known: bool, wanted: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[Message]:
        return (self._known(*each) for each in wanted) if is_known else self._asked(wanted)

    @contextmanager
    def asking_ahead(self, questions: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[None]:
        """Asks these questions as `ask_ahead` does, and forgets them at the block's end."""
        try:
            self.ask_ahead(questions)
            yield
        finally:
            self._ahead, self._ahead_answers = {}, {}

    def ask_ahead(self, questions: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        """Sends these questions and waits for no answer. Within `asking_ahead` whoever asks one of them by an action
        is given that answer, as often as it is asked: so the answers must be short, and what they tell of must not be
        changed by the same run meanwhile."""
        batch = [each for each in questions if _question(*each) not in self._ahead]
        sent: dict[str, Message | None] = {}
        self._send(batch, sent)
        self._ahead_answers.update(sent)
        self._ahead.update(zip((_question(*each) for each in batch), sent))

    def ask(self, wanted: Sequence[Action]) -> Iterator[Message]:
        """Sends these actions, and yields their answers as they are wanted; all of them must be taken."""
        sent: dict[str, Message | None] = {}
        self._send(list(wanted), sent)
        self._ahead_answers.update(sent)
        return (self._taken(identifier) for identifier in sent)

    def _taken(self, identifier: str) -> Message:
        answer = self._awaited(identifier)
        del self._ahead_answers[identifier]
        return answer

    def _awaited(self, identifier: str) -> Message:
        deadline = time.monotonic() + self._timeout
        while (answer := self._ahead_answers[identifier]) is None:
            self._take_response({}, deadline)
        return answer

    def _known(self, name: str, headers: Mapping[str, str]) -> Message:
        """The answer to what was asked ahead."""
        return self._awaited(self._ahead[_question(name, headers)])

    def _asked(self, wanted: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[Message]:
        source = iter(wanted)
        waiting: dict[str, Message | None] = {}
        while True:
            if len(waiting) <= _WINDOW // 2:  # many actions in one network packet
                self._send(list(itertools.islice(source, _WINDOW - len(waiting))), waiting)
            if not waiting:
                return
            first = next(iter(waiting))
            deadline = time.monotonic() + self._timeout
            while waiting[first] is None:
                self._take_response(waiting, deadline)
            yield waiting.pop(first) or Message(())

    def failed(
        self, wanted: Iterable[Action], usual: Mapping[str, str], counted: Callable[[int], None] = lambda done: None
    ) -> Iterator[tuple[Action, Message]]:
        """Sends many actions, as `actions` does, and yields those that did not succeed, each with its answer; `counted`
        is told from time to time how many were answered. `usual`: by name of action, the message of a success. Another
        message is no failure, but answers are then read one by one.
        """
        blocks = self._blocks(wanted)
        waiting: deque[Block] = deque()
        sent = done = 0
        while True:
            while sent - done <= _WINDOW - _BLOCK and (block := next(blocks, None)):
                waiting.append(block)
                self._send_block(block)
                sent += len(block)
            if not waiting:
                return
            expected = waiting[0].all_succeeded(usual.get(waiting[0].name, ""))
            if self._connection.take(expected, time.monotonic() + self._timeout):
                done += len(waiting.popleft())
            else:
                yield from self._failed_of(waiting)
                done = sent
                waiting.clear()
            counted(done)

    def _failed_of(self, blocks: Iterable[Block]) -> Iterator[tuple[Action, Message]]:
        """The actions of these that did not succeed; takes the answers to all of them one by one."""
        asked = {identifier: action for block in blocks for identifier, action in zip(block.identifiers, block.actions)}
        waiting: dict[str, Message | None] = dict.fromkeys(asked)
        for identifier, action in asked.items():
            deadline = time.monotonic() + self._timeout
            while (answer := waiting[identifier]) is None:
                self._take_response(waiting, deadline)
            if not answer.succeeded:
                yield action, answer

    def _blocks(self, wanted: Iterable[Action]) -> Iterator[Block]:
        """The actions in blocks of one name each."""
        for name, actions in groupby(wanted, key=itemgetter(0)):
            while part := [headers for _, headers in itertools.islice(actions, _BLOCK)]:
                yield Block(next(self._ids), name, part)

    def _send_block(self, block: Block) -> None:
        self._connection.send(block.packets())

    def listing(self, name: str, headers: Mapping[str, str] | None = None, absent: str = "") -> list[Message]:
        """The events of a list action, without the closing one; empty where `found` returns None."""
        response = self.found(name, headers, absent)
        if response is None:
            return []
        wanted = response.get("ActionID")
        items: list[Message] = []
        for event in self._stream(self._timeout):
            if event.get("ActionID") == wanted:
                if event.get("EventList").lower() == "complete":
                    return items
                items.append(event)
        raise self._connection.gone("timeout")

    def found(self, name: str, headers: Mapping[str, str] | None = None, absent: str = "") -> Message | None:
        """The response; None for an error that contains `absent`, or where no loaded module has such an action.

        Raises SideUnavailable for any other error: a refusal must not look like "there is none".
        """
        response = self.action(name, headers)
        if response.succeeded:
            return response
        text = response.get("Message")
        if absent in text or text.startswith(_NO_SUCH_ACTION):
            return None
        raise self.denied(name, text)

    def command(self, line: str) -> list[str]:
        """The output lines of a CLI command. Raises SideUnavailable where this user may not run commands."""
        response = self.action("Command", {"Command": line})
        text = response.get("Message")
        if not response.succeeded and text != _COMMAND_FAILED:
            raise self.denied(f"Command {line}", text)
        return response.all("Output")

    def may_not(self, actions: Iterable[str]) -> list[Finding]:
        """A finding where this user may not use some of these actions, as far as ListCommands shows."""
        allowed = self.action("ListCommands")
        if not allowed.get("Ping"):  # everybody may ping: then the list shows nothing
            return []
        missing = [name for name in actions if not allowed.get(name)]
        return list(self.denied(", ".join(missing), "ListCommands").findings) if missing else []

    def denied(self, action: str, text: str) -> SideUnavailable:
        """The error that tells of an action which this user may not ask for; `text` is Asterisk's answer."""
        address = self._address
        values = {"host": address.host, "port": address.port, "user": address.user, "action": action}
        return SideUnavailable(error("ami.denied", **values, text=shown(text)))

    def events(self, seconds: float) -> Iterator[Message]:
        """The events that arrive within `seconds`. The caller may stop earlier."""
        yield from self._stream(seconds)

    def _connect(self) -> AmiConnection:
        return AmiConnection(self._address, self._timeout)

    def _login(self, events: str, first: Sequence[Action]) -> list[Message]:
        banner = self._connection.read_line(time.monotonic() + self._timeout)
        if not banner.startswith(b"Asterisk Call Manager"):
            raise self._connection.gone("banner")
        login = {"Username": self._address.user, "Secret": self._address.secret, "Events": events}
        answers = self.ask([("Login", login), *first])
        if not next(answers).succeeded:
            raise SideUnavailable(
                error("ami.refused", host=self._address.host, port=self._address.port, user=self._address.user)
            )
        return list(answers)

    def _send(self, batch: list[tuple[str, Mapping[str, str]]], waiting: dict[str, Message | None]) -> None:
        packets = []
        for name, headers in batch:
            identifier = f"pbxlink-{next(self._ids)}"
            waiting[identifier] = None
            packets.append(packet_of(name, identifier, headers))
        if packets:
            self._connection.send(b"".join(packets))

    def _take_response(self, waiting: dict[str, Message | None], deadline: float) -> None:
        message = Message(packet=self._connection.read_packet(deadline))
        identifier = message.action_id
        if identifier in waiting and (message.succeeded or message.get("Response")):
            waiting[identifier] = message
        elif identifier in self._ahead_answers and message.get("Response"):
            self._ahead_answers[identifier] = message
        elif message.get("Event"):
            self._events.append(message)

    def _stream(self, seconds: float) -> Iterator[Message]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._events:
                yield self._events.pop(0)
                continue
            try:
                message = Message(packet=self._connection.read_packet(deadline))
            except TimeoutError:
                return
            if message.get("Event"):
                yield message


_Question = tuple[str, tuple[tuple[str, str], ...]]


def _question(name: str, headers: Mapping[str, str]) -> _Question:
    return name, tuple(headers.items())
