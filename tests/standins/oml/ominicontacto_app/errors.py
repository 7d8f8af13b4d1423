"""Root of the errors that the stand-in raises, named as the real OML's."""

from __future__ import annotations


class OmlError(Exception):
    """Root error; `cause` is the exception that led to it, if any."""

    def __init__(self, message: str | None = None, cause: BaseException | None = None) -> None:
        super().__init__(*([] if message is None else [message]))
        self.cause = cause

    def __str__(self) -> str:
        told = super().__str__()
        return told if self.cause is None else f"{told} ({type(self.cause).__name__}: {self.cause})"
