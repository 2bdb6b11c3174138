"""A case that is one with another: what is asked of it is asked of the case that leads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geodata.errors import Conflict


def refuse_joined(case: Mapping[str, Any]) -> None:
    """Let a case of its own pass.

    Raises:
        Conflict: it is joined to another, which the message names; ``leader`` and ``case`` among
            the error's members.
    """
    if case["joined_to"] is None:
        return
    problem = Conflict(
        "This case is one with case %(leader)s; take the step there, or part it first.",
        leader=str(case["joined_to"]),
    )
    problem.members["leader"] = case["joined_to"]
    problem.members["case"] = dict(case)
    raise problem
