"""What a profile says, checked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from geodata.errors import NotFound
from geodata.profiles.handling import Handling, Rule, Rung, TimeLimit, contradictions
from geodata.profiles.open311 import Attribute, Open311
from geodata.profiles.reach import Circle, Standard, WalkerKind, Walking
from geodata.profiles.reports import Reports
from geodata.profiles.terms import Colour, Frozen, Key, Name, Term
from geodata.profiles.twins import Twins
from geodata.profiles.whistle import Whistle
from geodata.profiles.working import Working

Language = Literal["zh", "en"]
Kind = Literal[
    "levels", "compound_types", "facility_kinds", "equipment", "sources", "categories", "states",
    "steps", "departments",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)


class Level(Term):
    """A level of areas, from the largest to the smallest."""


class CompoundType(Term):
    """A type of residential estate with its fill colour."""

    color: Colour


class FacilityKind(Term):
    """A kind of staffed place; ``circle`` says that a service circle is drawn round it."""

    circle: bool = False


class Source(Term):
    """Where cases come from."""


class Category(Term):
    """What a case is about; ``limit_days`` is the time that its handling may take."""

    color: Colour
    limit_days: Annotated[float, Field(gt=0)] | None = None
    """Calendar days that its handling may take."""
    limit: TimeLimit | None = None
    """The same in hours or days, worked or not."""
    urgent: bool = False
    """Sudden (突发): told of at once."""
    description: Name | None = None
    """Says more than the name."""
    attributes: tuple[Attribute, ...] = ()
    """Questions that are asked of who reports one from a neighbouring system."""

    @field_validator("attributes")
    @classmethod
    def _each_once(cls, value: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
        codes = [one.code for one in value]
        if len(codes) != len(set(codes)):
            raise ValueError("two attributes have one code: give each its own")
        return value

    @model_validator(mode="after")
    def _one_limit(self) -> Category:
        if self.limit is not None and self.limit_days is not None:
            raise ValueError("limit and limit_days say the same: keep one of both")
        return self

    @property
    def whole_limit(self) -> TimeLimit | None:
        """How long its handling may take; None: as long as it takes."""
        if self.limit_days is not None:
            return TimeLimit(days=self.limit_days, worked=False)
        return self.limit

    @property
    def about_days(self) -> float | None:
        """Its limit in days, roughly: eight worked hours are one."""
        said = self.whole_limit
        if said is None:
            return None
        return said.days or (said.hours or 0) / (8 if said.worked else 24)


class State(Term):
    """How far a case has come; ``open`` until it is closed.

    ``limit``: how long a case may stay in it.
    """

    open: bool
    limit: TimeLimit | None = None


class Step(Term):
    """What may be done with a case: from which states to which, by which roles.

    ``reason``: a reason must be given. ``assigns``: somebody must be named whom it goes to.
    ``photos``: of which time it wants a photo; ``photos_needed``: without one it is refused.
    """

    from_states: Annotated[tuple[Key, ...], Field(min_length=1)]
    to_state: Key
    roles: Annotated[
        tuple[Literal["admin", "planner", "commander", "worker"], ...], Field(min_length=1)
    ]
    reason: bool = False
    assigns: bool = False
    photos: Literal["before", "after"] | None = None
    photos_needed: bool = False
    on_spot: bool = False
    """Whether it may be taken in one call with the report."""
    first_owner: Literal["takes", "ends"] | None = None
    """Who takes it stays responsible (首问负责), until a step that ends it."""


class Department(Term):
    """An office that can be called to a case; ``categories`` are what it is called to first."""

    categories: tuple[Key, ...] = ()


class Band(Frozen):
    """The households that a grid should have, both ends included."""

    low: Annotated[int, Field(ge=1)]
    high: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Band:
        if self.low > self.high:
            raise ValueError("low is above high: exchange them")
        return self


Weight = Annotated[float, Field(ge=0, le=1_000)]


class Workload(Frozen):
    """What each thing that is counted in a grid weighs in its worker's load; a household is 1."""

    households: Weight = 1.0
    rented: Weight = 0.5
    elderly: Weight = 0.3
    shops: Weight = 1.0
    cases: Weight = 2.0


class Staff(Frozen):
    """Who a grid needs: cadres + workers + building heads (1+1+N)."""

    cadres: Annotated[int, Field(ge=0, le=100)] = 1
    workers: Annotated[int, Field(ge=0, le=100)] = 1
    residents_per_worker: Annotated[int, Field(ge=1)] | None = 1_500
    """Another worker for every so many residents begun; None: never another one."""
    heads_per_building: Annotated[float, Field(ge=0, le=100)] = 1.0


class Plans(Frozen):
    """What a net needs before it is published."""

    second_person: bool = False
    """Whether somebody other than who submitted it must approve it."""
    blocking: tuple[Key, ...] = ("overlap", "invalid", "not_contiguous", "compound_cut")
    """The rules whose findings must be mended first."""
    noted: tuple[Key, ...] = ("no_worker", "duplicate_name", "other_net", "sliver")
    """The rules whose findings are only worth knowing; those of all others are warnings."""
    narrow_m: Annotated[float, Field(gt=0, le=100)] = 3.0
    """A strip of a grid that is narrower is a sliver, metres."""
    street_m: Annotated[float, Field(ge=0, le=100)] = 10.0
    """A border belongs on a street that runs within this distance, metres."""
    on_line_m: Annotated[float, Field(ge=0, le=100)] = 2.0
    """A border this near to a street or wall lies on it, metres."""
    workload: Workload = Workload()
    staff: Staff = Staff()

    def severity(self, rule: str) -> Literal["error", "warning", "note"]:
        """How grave a finding of a rule is."""
        if rule in self.blocking:
            return "error"
        return "note" if rule in self.noted else "warning"


class Codes(Frozen):
    """Digits that each level adds to the code of the one above, and that a grid adds."""

    levels: tuple[Annotated[int, Field(ge=1, le=12)], ...]
    grid: Annotated[int, Field(ge=1, le=6)]


_T = TypeVar("_T", bound=Term)


class Profile(Frozen):
    """One city's way of working. Frozen: a changed profile is another profile."""

    name: Name
    timezone: str
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    codes: Codes
    compound_types: Annotated[tuple[CompoundType, ...], Field(min_length=1)]
    facility_kinds: Annotated[tuple[FacilityKind, ...], Field(min_length=1)]
    equipment: tuple[Term, ...] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=9)]
    states: Annotated[tuple[State, ...], Field(min_length=1)]
    steps: tuple[Step, ...] = ()
    service_circles: Annotated[tuple[Circle, ...], Field(min_length=1)]
    walking: Walking
    walkers: tuple[WalkerKind, ...] = ()
    standards: tuple[Standard, ...] = ()
    grid_band: Band
    plans: Plans = Plans()
    working: Working = Working()
    departments: tuple[Department, ...] = ()
    cases: Reports = Reports()
    handling: Handling = Handling()
    escalation: tuple[Rung, ...] = ()
    dispatch: tuple[Rule, ...] = ()
    whistle: Whistle = Whistle()
    twins: Twins = Twins()
    open311: Open311 = Open311()

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            message = f"{value} is no IANA time zone: write one like Asia/Shanghai"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Profile:
        for kind in KINDS:
            means: dict[str, int] = {}
            for place, term in enumerate(self.terms(kind)):
                for word in (term.key, *_readings(term)):
                    if means.setdefault(word, place) != place:
                        message = f"{kind} has {word} twice: give each its own word"
                        raise ValueError(message)
        if len(self.codes.levels) != len(self.levels):
            raise ValueError("codes.levels and levels differ in length: one entry for each level")
        if not any(state.open for state in self.states):
            raise ValueError("no state is open: a new case needs one")
        return self

    @model_validator(mode="after")
    def _standards_name_what_it_has(self) -> Profile:
        kinds = {kind.key for kind in self.facility_kinds}
        for standard in self.standards:
            for unknown in sorted(set(standard.kinds) - kinds):
                message = f"the standard {standard.key} names {unknown}, which is no facility kind"
                raise ValueError(message)
        for kind, terms in (("walkers", self.walkers), ("standards", self.standards)):
            if len({one.key for one in terms}) < len(terms):
                message = f"{kind} has a key twice: give each its own"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _names_what_it_has(self) -> Profile:
        states = {state.key for state in self.states}
        for step in self.steps:
            for unknown in sorted({*step.from_states, step.to_state} - states):
                message = f"the step {step.key} names {unknown}, which is no state"
                raise ValueError(message)
        source = self.cases.anonymous_source
        if source is not None and source not in {one.key for one in self.sources}:
            message = f"cases.anonymous_source names {source}, which is no source"
            raise ValueError(message)
        wrong = contradictions(self)
        if wrong is not None:
            raise ValueError(wrong)
        categories = {category.key for category in self.categories}
        self._open311_names_what_it_has()
        for department in self.departments:
            for unknown in sorted(set(department.categories) - categories):
                message = f"the department {department.key} names {unknown}, which is no category"
                raise ValueError(message)
        return self

    def _open311_names_what_it_has(self) -> None:
        said = self.open311
        own = () if said.source is None else (said.source,)
        for kind, named in (
            ("sources", (*own, *said.public_texts)),
            ("steps", said.public_reasons),
            ("categories", said.without_place),
        ):
            for unknown in sorted(set(named) - {term.key for term in getattr(self, kind)}):
                message = f"open311 names {unknown}, which is none of the {kind}"
                raise ValueError(message)

    # --- lookups -----------------------------------------------------------------------------

    def terms(self, kind: Kind) -> Sequence[Term]:
        """All terms of one kind, in the file's order."""
        terms: Sequence[Term] = getattr(self, kind)
        return terms

    def keys(self, kind: Kind) -> tuple[str, ...]:
        """The stored keys of one kind, in the file's order."""
        return tuple(term.key for term in self.terms(kind))

    def names(self, kind: Kind, language: str) -> dict[str, str]:
        """Key → name in ``language``, in the file's order."""
        return {term.key: term.name.read(language) for term in self.terms(kind)}

    def colors(self, kind: Literal["compound_types", "categories"]) -> dict[str, str]:
        """Key → ``#RRGGBB``, in the file's order."""
        return {term.key: term.color for term in getattr(self, kind)}

    def key_of(self, kind: Kind, word: str) -> str | None:
        """The key that ``word`` means: a key, a name in either language, or an ``also`` word.

        Case and surrounding space do not matter. None if nobody is called so.
        """
        return self._words[kind].get(word.strip().casefold())

    def level(self, key: str) -> Level:
        """The level of that key; raises NotFound."""
        return _find(self.levels, key, "levels")

    def compound_type(self, key: str) -> CompoundType:
        """The compound type of that key; raises NotFound."""
        return _find(self.compound_types, key, "compound_types")

    def facility_kind(self, key: str) -> FacilityKind:
        """The kind of facility of that key; raises NotFound."""
        return _find(self.facility_kinds, key, "facility_kinds")

    def source(self, key: str) -> Source:
        """The source of that key; raises NotFound."""
        return _find(self.sources, key, "sources")

    def category(self, key: str) -> Category:
        """The category of that key; raises NotFound."""
        return _find(self.categories, key, "categories")

    def step(self, key: str) -> Step:
        """The step of that key; raises NotFound."""
        return _find(self.steps, key, "steps")

    def department(self, key: str) -> Department:
        """The department of that key; raises NotFound."""
        return _find(self.departments, key, "departments")

    def state(self, key: str) -> State:
        """The state of that key; raises NotFound."""
        return _find(self.states, key, "states")

    @property
    def smallest_level(self) -> Level:
        """The level that grids belong to, such as the community."""
        return self.levels[-1]

    @property
    def open_states(self) -> tuple[str, ...]:
        """Keys of the states in which a case still waits for somebody."""
        return tuple(state.key for state in self.states if state.open)

    @property
    def first_state(self) -> str:
        """The state of a case that was just reported."""
        return next(state.key for state in self.states if state.open)

    @property
    def anonymous_source(self) -> str:
        """The source of what people without an account report."""
        keys = self.keys("sources")
        return self.cases.anonymous_source or ("snap" if "snap" in keys else keys[0])

    @property
    def circle_kinds(self) -> tuple[str, ...]:
        """Keys of the kinds of facility that service circles are drawn round."""
        return tuple(kind.key for kind in self.facility_kinds if kind.circle)

    def radius_m(self, minutes: float) -> float:
        """How far, as the crow flies, people get in ``minutes``: metres."""
        return minutes * 60.0 * self.walking.speed_m_per_s / self.walking.detour_factor

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which this city's days begin and end."""
        return ZoneInfo(self.timezone)

    @cached_property
    def _words(self) -> dict[str, dict[str, str]]:
        words: dict[str, dict[str, str]] = {}
        for kind in KINDS:
            words[kind] = {
                word: term.key for term in self.terms(kind) for word in (term.key, *_readings(term))
            }
        return words


def _readings(term: Term) -> tuple[str, ...]:
    return tuple(word.casefold() for word in (term.name.zh, term.name.en, *term.also))


def _find(terms: Sequence[_T], key: str, kind: str) -> _T:
    for term in terms:
        if term.key == key:
            return term
    raise NotFound(
        "The profile has no %(key)s among its %(kind)s: it has %(known)s.",
        key=key,
        kind=kind,
        known=", ".join(term.key for term in terms),
    )
