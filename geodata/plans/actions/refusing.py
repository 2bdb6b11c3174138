"""What an action says when it does not do what was asked."""

from __future__ import annotations

from typing import Any

from geodata.errors import InvalidInput


class Refused(InvalidInput):
    """The action was not done; the net is as it was.

    Attributes:
        reason: A stable key that pages and programs go by.
    """

    def __init__(self, sentence: str, *, reason: str, **params: Any) -> None:
        super().__init__(sentence, **params)
        self.reason = reason
