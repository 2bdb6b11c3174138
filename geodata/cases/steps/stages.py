"""Which steps a case may take now, and who may take them; the profile says it.

A case whose state the profile no longer knows may take the steps of one that was just reported, so
that nothing is stuck when a city changes its words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.errors import Conflict, InvalidInput, NotAllowed

if TYPE_CHECKING:
    from geodata.profiles import Profile
    from geodata.profiles.profile import Step


def counts_as(profile: Profile, state: str) -> str:
    """The state itself, or the first one where the profile does not know it."""
    return state if state in profile.keys("states") else profile.first_state


def permitted(profile: Profile, state: str, role: str) -> tuple[Step, ...]:
    """The steps that somebody with ``role`` may take with a case in ``state``, in their order."""
    known = counts_as(profile, state)
    return tuple(
        step
        for step in profile.steps
        if known in step.from_states and (role == "admin" or role in step.roles)
    )


def taken(profile: Profile, key: str, *, state: str, role: str, reason: str) -> Step:
    """The step of that key, if a case in ``state`` may take it now.

    Args:
        profile: Says what steps there are.
        key: Of the step.
        state: The case's.
        role: Of who wants it.
        reason: What was given; needed where the step says so.

    Raises:
        NotFound: no such step.
        NotAllowed: the role may not take it, whatever the state.
        Conflict: not from this state.
        InvalidInput: a reason is wanted and none was given.
    """
    step = profile.step(key)
    known = counts_as(profile, state)
    if role != "admin" and role not in step.roles:
        raise NotAllowed("The step “%(step)s” is taken by others.", step=step.name.model_dump())
    if known not in step.from_states:
        raise Conflict(
            "A case that is “%(state)s” cannot take the step “%(step)s”.",
            state=profile.state(known).name.model_dump(),
            step=step.name.model_dump(),
        )
    if step.reason and not reason.strip():
        raise InvalidInput("Say why: this step is kept with its reason.")
    return step
