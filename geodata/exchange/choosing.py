"""A file that holds several layers, and nobody said which one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from geodata.errors import InvalidInput, WanggeError

SAID: Final = 20
"""Layers that the sentence names."""
TOLD: Final = 500
"""Layers that programs are told, to choose from."""


def several_layers(file: str, layers: Sequence[str]) -> InvalidInput:
    """The refusal at the terminal; its member ``layers`` has their names one by one."""
    error = InvalidInput(
        "The file %(file)s holds several layers (%(layers)s); choose one with --layer.",
        file=file,
        layers=", ".join(layers[:SAID]),
    )
    error.members["layers"] = list(layers[:TOLD])
    return error


def several_layers_in_a_form(error: WanggeError) -> InvalidInput | None:
    """The same in the words of a form; None if it is another refusal."""
    if "layers" not in error.members:
        return None
    said = InvalidInput(
        "The file holds several layers (%(layers)s); say which one.",
        layers=error.params["layers"],
    )
    said.members["layers"] = error.members["layers"]
    return said
