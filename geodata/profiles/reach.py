"""How people walk, and what is to be within their reach."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from geodata.profiles.terms import Frozen, Key, Term

MetresPerSecond = Annotated[float, Field(gt=0, le=5)]
Minutes = Annotated[float, Field(gt=0, le=120)]


class Circle(Frozen):
    """What is within so many minutes' walk of a service place."""

    minutes: Minutes


class Walking(Frozen):
    """How people walk: metres a second, and how much longer a way is than the crow's.

    ``not_walked`` are the kinds of street that nobody may walk; ``barriers`` those that nobody can
    cross but by a bridge or a tunnel. Both name kinds as they stand in the layer of streets.
    """

    speed_m_per_s: MetresPerSecond
    detour_factor: Annotated[float, Field(ge=1, le=5)]
    not_walked: tuple[str, ...] = ("motorway", "motorway_link", "construction", "proposed")
    barriers: tuple[str, ...] = ("river", "canal", "rail", "railway", "wall", "city_wall")


class WalkerKind(Term):
    """Whose legs are reckoned with; a metre of steps is worth ``steps_factor`` on the flat."""

    speed_m_per_s: MetresPerSecond
    steps: bool = True
    steps_factor: Annotated[float, Field(ge=1, le=20)] = 1.0


class Standard(Term):
    """What everybody is to have near: a facility of each of ``kinds``.

    Near is within ``minutes`` on foot, or, with ``in_compound``, in the compound itself: then it is
    the compounds that are counted. ``share`` of the households is to have it.
    """

    kinds: Annotated[tuple[Key, ...], Field(min_length=1)]
    minutes: Minutes | None = None
    in_compound: bool = False
    share: Annotated[float, Field(gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _says_how_near(self) -> Standard:
        if self.in_compound == (self.minutes is not None):
            message = f"the standard {self.key} needs either minutes or in_compound = true"
            raise ValueError(message)
        return self
