"""A small AMI client: one connection, one action at a time, a time limit on everything."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from types import TracebackType

Message = dict[str, list[str]]


class AmiError(Exception):
    """Asterisk does not answer, refuses the login, or answers an action with an error."""


class AmiSession:
    """A logged-in AMI connection; use as a context manager."""

    def __init__(self, host: str, port: int, user: str, secret: str, timeout: float = 10.0) -> None:
        """`timeout` (seconds) bounds connecting and each answer. Raises AmiError."""
        self._count = 0
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout)
        except OSError as error:
            raise AmiError(f"AMI {host}:{port} does not answer: {error}") from error
        self._socket.settimeout(timeout)
        self._file = self._socket.makefile("rb")
        try:
            self._greet(f"{host}:{port}")
            self.action("Login", Username=user, Secret=secret, Events="off")
        except AmiError:
            self.close()
            raise

    def __enter__(self) -> AmiSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a second time does nothing."""
        self._file.close()
        self._socket.close()

    def action(self, name: str, **headers: str) -> Message:
        """Send one action; return its response's headers, each a list of values. Raises AmiError."""
        self._count += 1
        self._send({"Action": name, "ActionID": str(self._count), **headers})
        while True:
            answer = self._message()
            if "Response" in answer and answer.get("ActionID") == [str(self._count)]:
                break
        if answer["Response"] == ["Error"]:
            raise AmiError(f"AMI {name}: {' '.join(answer.get('Message', []))}")
        return answer

    def command(self, line: str) -> str:
        """Run a CLI command and return what it printed."""
        return "\n".join(self.action("Command", Command=line).get("Output", []))

    def database_put(self, family: str, key: str, value: str) -> None:
        """Write one AstDB key."""
        self.action("DBPut", Family=family, Key=key, Val=value)

    def database_delete_tree(self, family: str) -> None:
        """Remove a family of AstDB; one that is not there is no error."""
        try:
            self.action("DBDelTree", Family=family)
        except AmiError as error:
            if "not found" not in str(error):
                raise

    def database(self, family: str) -> dict[str, str]:
        """Every AstDB key under `family` (with the family's name, from the first slash) and its value."""
        found = {}
        for line in self.command(f"database show {family}").splitlines():
            key, colon, value = line.partition(":")
            if colon and key.startswith("/"):
                found[key.strip()] = value.strip()
        return found

    def _greet(self, where: str) -> None:
        greeting = self._line()
        if not greeting.startswith("Asterisk Call Manager"):
            raise AmiError(f"{where} is not an AMI")

    def _send(self, headers: Mapping[str, str]) -> None:
        for key, value in headers.items():
            if "\n" in value or "\r" in value:
                raise AmiError(f"AMI header {key} has a line break")
        text = "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"
        try:
            self._socket.sendall(text.encode())
        except OSError as error:
            raise AmiError(f"AMI connection lost: {error}") from error

    def _line(self) -> str:
        try:
            raw = self._file.readline()
        except OSError as error:
            raise AmiError(f"AMI gives no answer: {error}") from error
        if not raw:
            raise AmiError("AMI connection closed")
        return raw.decode("utf-8", "replace").rstrip("\r\n")

    def _message(self) -> Message:
        message: Message = {}
        while True:
            line = self._line()
            if not line:
                if message:
                    return message
                continue
            key, _, value = line.partition(":")
            message.setdefault(key, []).append(value[1:] if value.startswith(" ") else value)
