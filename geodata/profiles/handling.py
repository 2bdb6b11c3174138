"""What a city says of handling cases: how long things may take, who is told, who gets what."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Share = Annotated[float, Field(gt=0, le=100)]
_TEN_YEARS: Final = 3_660

ACTS: Final = (
    *("note", "urge", "pause", "resume", "extend", "approve", "turn_down"),
    *("hand_over", "ask", "answer", "raise"),
)
"""What may be done with every open case, whatever its state; no step may be called so."""


class TimeLimit(BaseModel):
    """``{ hours = 2 }`` or ``{ days = 3 }``: worked ones, unless ``worked = false``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: Annotated[float, Field(gt=0, le=24 * _TEN_YEARS)] | None = None
    days: Annotated[float, Field(gt=0, le=_TEN_YEARS)] | None = None
    worked: bool = True

    @model_validator(mode="after")
    def _one_of_both(self) -> TimeLimit:
        if (self.hours is None) == (self.days is None):
            raise ValueError("a limit has hours or days, one of the two: write { days = 3 }")
        if self.worked and self.days is not None and self.days != int(self.days):
            raise ValueError("working days are counted whole: write a whole number, or hours")
        return self


class Rung(BaseModel):
    """A level that is told of a late case.

    ``share`` is that of its whole limit, ``stage_share`` that of its state's; 1 is when it is due.
    With both, whichever comes first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Key
    share: Share | None = None
    stage_share: Share | None = None

    @model_validator(mode="after")
    def _some_share(self) -> Rung:
        if self.share is None and self.stage_share is None:
            raise ValueError("no share: write share = 1.0 for the moment at which a case is due")
        return self


class Rule(BaseModel):
    """Who gets which cases; the first rule that fits holds, and what is left out fits all.

    ``to`` is ``worker`` (of the grid), ``department`` or ``commander`` (who sends it on).
    ``at_once`` sends it as soon as it is reported; else it is proposed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: tuple[Key, ...] = ()
    sources: tuple[Key, ...] = ()
    urgent: bool | None = None
    to: Literal["worker", "department", "commander"]
    department: Key | None = None
    at_once: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Rule:
        if (self.to == "department") != (self.department is not None):
            raise ValueError('a rule names a department if its to is "department", else none')
        if self.to == "commander" and self.at_once:
            raise ValueError("a case for the commander waits for a word: leave at_once out")
        return self

    def fits(self, *, category: str, source: str, urgent: bool) -> bool:
        """Whether it says who gets such a case."""
        return (
            (not self.categories or category in self.categories)
            and (not self.sources or source in self.sources)
            and (self.urgent is None or self.urgent == urgent)
        )


class Handling(BaseModel):
    """Who decides on pauses and extensions, and who is told of sudden cases."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approvers: Annotated[
        tuple[Literal["admin", "planner", "commander", "worker"], ...], Field(min_length=1)
    ] = ("commander",)
    """Who pauses, extends and urges, and answers others who ask for it."""
    urgent_level: Key | None = None
    """The level that is told of a sudden case (突发) as soon as it is reported."""
    most_extensions: Annotated[int, Field(ge=0, le=100)] = 2
    """So often a case may be extended until it is closed."""


def contradictions(profile: Any) -> str | None:
    """What is wrong between these words and the others of a profile; None: nothing."""
    levels = [level.key for level in profile.levels]
    for step in profile.steps:
        if step.key in ACTS:
            return f"the step {step.key} is called like something that is always there: rename it"
    told = [rung.level for rung in profile.escalation]
    named = [*told, *([profile.handling.urgent_level] if profile.handling.urgent_level else [])]
    for level in named:
        if level not in levels:
            return f"escalation names {level}, which is none of the levels"
    places = [levels.index(level) for level in told]
    if places != sorted(set(places), reverse=True):
        return "escalation goes from the smallest level to the largest, each once: order it so"
    for shares in ("share", "stage_share"):
        known = [
            getattr(rung, shares)
            for rung in profile.escalation
            if getattr(rung, shares) is not None
        ]
        if known != sorted(known):
            return f"escalation has a larger level with a smaller {shares}: exchange them"
    return _of_rules(profile)


def _of_rules(profile: Any) -> str | None:
    categories = {one.key for one in profile.categories}
    sources = {one.key for one in profile.sources}
    departments = {one.key for one in profile.departments}
    for rule in profile.dispatch:
        for word, known, what in (
            *((one, categories, "category") for one in rule.categories),
            *((one, sources, "source") for one in rule.sources),
            *((one, departments, "department") for one in [rule.department] if one),
        ):
            if word not in known:
                return f"dispatch names {word}, which is no {what}"
    if any(rule.at_once for rule in profile.dispatch) and not any(
        step.assigns and profile.first_state in step.from_states for step in profile.steps
    ):
        return "dispatch is at once, but no step that assigns begins at the first state: add one"
    return None
