"""A review as tables in one language: what its page, its PDF and its Excel file all lay out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from geodata.cases.reviews.reviewing import COMPOUND_DAYS, LONGEST_LIST, Figures, Group, Review
from geodata.sheets import Cell, Column, ColumnKind, Table, Words
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.profiles import Profile


@dataclass(frozen=True)
class Headline:
    """One of the large figures: its name, value, and what it was before and a year ago."""

    key: str
    name: str
    kind: ColumnKind
    value: Cell
    before: Cell
    last_year: Cell
    tone: Literal["", "late"] = ""


@dataclass(frozen=True)
class Document:
    """A whole review, ready to be laid out."""

    title: str
    subtitle: str
    notes: tuple[str, ...]
    before_name: str
    last_year_name: str
    headlines: tuple[Headline, ...]
    chart: tuple[str, tuple[tuple[str, int], ...]]
    tables: tuple[Table, ...]


def document(review: Review, profile: Profile, *, language: str) -> Document:
    """The review in ``language``: ``zh`` or ``en``."""
    say = Words(profile, language)
    daily = review.kind == "daily"
    area = say(_("the whole district"))
    if review.areas:
        area = ", ".join(review.names.get(code, code) for code in review.areas)
    first, last = review.since.date(), review.last_day
    span = say.day(first) if daily else f"{say.day(first)} – {say.day(last)}"
    return Document(
        title=say(_("Daily report of people's concerns")) if daily else say(_("Weekly review")),
        subtitle=f"{area} · {span}",
        notes=_notes(review, say),
        before_name=say(_("day before")) if daily else say(_("week before")),
        last_year_name=_last_year_name(review, say),
        headlines=_headlines(review, say),
        chart=_chart(review, say),
        tables=tuple(_tables(review, say)),
    )


def _last_year_name(review: Review, say: Words) -> str:
    day = say.day(review.last_year_since.date())
    return day if review.kind == "daily" else say(_("week from %(day)s"), day=day)


def _notes(review: Review, say: Words) -> tuple[str, ...]:
    notes = [say(_("As of %(moment)s."), moment=say.moment(review.as_of))]
    if review.as_of < review.until:
        notes.append(say(_("The period is not over: what comes after is not in it.")))
    notes.append(
        say(
            _(
                "Reported and closed: in the period; open and late: at its end. On-time rate: of"
                " the cases closed in the period that have a time limit, those closed within it."
            )
        )
    )
    if review.figures.reports > review.figures.came:
        notes.append(
            say(
                _(
                    "Several cases that were joined count as one; with each report counted by"
                    " itself %(count)s came."
                ),
                count=review.figures.reports,
            )
        )
    if review.last_year is None:
        notes.append(say(_("There are no cases of a year ago to compare with.")))
    return tuple(notes)


def _headlines(review: Review, say: Words) -> tuple[Headline, ...]:
    now, before, year = review.figures, review.before, review.last_year
    shown: tuple[tuple[str, str, ColumnKind], ...] = (
        ("came", say(_("Reported, cases")), "count"),
        ("closed", say(_("Closed, cases")), "count"),
        ("on_time_rate", say(_("On-time rate")), "share"),
        ("open", say(_("Open, cases")), "count"),
        ("late", say(_("Late, cases")), "count"),
    )
    return tuple(
        Headline(
            key,
            name,
            kind,
            getattr(now, key),
            getattr(before, key),
            None if year is None else getattr(year, key),
            "late" if key == "late" and now.late else "",
        )
        for key, name, kind in shown
    )


_DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


def _chart(review: Review, say: Words) -> tuple[str, tuple[tuple[str, int], ...]]:
    if review.kind == "daily":
        bars = tuple((f"{hour}", review.times.get(hour, 0)) for hour in range(24))
        return say(_("Cases reported by hour of the day")), bars
    first = review.since.date()
    days = [first + timedelta(days=k) for k in range(7)]
    bars = tuple(
        (f"{say(_DAYS[k])} {one:%m-%d}", review.times.get(k + 1, 0)) for k, one in enumerate(days)
    )
    return say(_("Cases reported by day")), bars


def _tables(review: Review, say: Words) -> Iterable[Table]:
    of_period = say(_("Cases of the period; ± before: against the period before."))
    by = (
        ("category", say(_("By category")), say(_("Category")), review.categories, "categories"),
        ("source", say(_("By source")), say(_("Source")), review.sources, "sources"),
    )
    for key, title, column, groups, kind in by:
        named = [(say.term(kind, group.key), group) for group in groups]
        yield _grouped(key, title, of_period, column, named, say)
    level = say.term("levels", review.place_level)
    places = [
        (say(_("in no area")) if one.key is None else review.names.get(one.key, one.key), one)
        for one in review.places
    ]
    yield _grouped("place", say(_("By area")), of_period, level, places, say)
    yield _compounds(review, say)
    yield _late(review, say)
    if say.profile.departments:
        yield _whistles(review, say)
    if review.kind == "weekly":
        yield _decisions(review, say)


def _grouped(
    key: str,
    title: str,
    note: str,
    column: str,
    groups: Sequence[tuple[str, Group]],
    say: Words,
) -> Table:
    columns = (
        Column(column),
        Column(say(_("Reported")), "count", bar=True),
        Column(say(_("± before")), "change"),
        Column(say(_("Closed")), "count"),
        Column(say(_("On-time rate")), "share"),
        Column(say(_("Open")), "count"),
        Column(say(_("Late")), "count"),
    )
    rows = tuple((name, *_figures(one.now, one.before)) for name, one in groups)
    return Table(key, title, note, columns, rows, say(_("No case in this period.")))


def _figures(now: Figures, before: Figures) -> tuple[Cell, ...]:
    return (
        *(now.came, now.came - before.came, now.closed, now.on_time_rate),
        *(now.open, now.late),
    )


def _compounds(review: Review, say: Words) -> Table:
    since = (review.as_of - timedelta(days=COMPOUND_DAYS)).astimezone(say.profile.zone)
    note = say(
        _(
            "Cases per 10,000 households from %(since)s to %(until)s, drawn towards the mean of all"
            " compounds (%(mean)s) the more the fewer households there are, so that a small"
            " compound does not lead by chance. Households of %(until)s."
        ),
        since=say.day(since.date()),
        until=say.day(review.as_of.astimezone(say.profile.zone).date()),
        mean="–" if review.compound_mean is None else f"{review.compound_mean:.1f}",
    )
    columns = (
        Column(say(_("Compound"))),
        Column(say(_("Smoothed rate per 10,000 households")), "rate", bar=True),
        Column(say(_("Rate as counted")), "rate"),
        Column(say(_("Cases")), "count"),
        Column(say(_("Households")), "count"),
    )
    rows = tuple(
        (one.name, one.smooth, one.raw, one.cases, one.households) for one in review.compounds
    )
    empty = say(_("No compound with known households had a case."))
    return Table("compound", say(_("Compounds with the most cases")), note, columns, rows, empty)


def _place(review: Review, row: dict[str, Any]) -> str:
    codes = (row["area_code"], row["compound_code"])
    return " · ".join(review.names.get(code, code) for code in codes if code)


def _late(review: Review, say: Words) -> Table:
    note = say(
        _("Open and past their time at %(moment)s, what is over for longest first."),
        moment=say.moment(review.as_of),
    )
    if review.figures.late > len(review.late):
        note += " " + say(
            _("The first %(shown)s of %(all)s."), shown=LONGEST_LIST, all=review.figures.late
        )
    columns = (
        Column(say(_("Number")), "code"),
        Column(say(_("Category"))),
        Column(say(_("Title"))),
        Column(say(_("Place"))),
        Column(say(_("State now"))),
        Column(say(_("In hand of"))),
        Column(say(_("Due")), "moment"),
        Column(say(_("Over by, days")), "rate"),
    )
    rows = tuple(
        (
            one["external_id"] or str(one["id"]),
            say.term("categories", one["category"]),
            one["title"] or "",
            _place(review, one),
            say.term("states", one["state"]),
            one["in_hand_of"] or "",
            one["due_at"],
            (review.as_of - one["due_at"]) / timedelta(days=1),
        )
        for one in review.late
    )
    empty = say(_("No case was late."))
    links = tuple(one["id"] for one in review.late)
    return Table("late", say(_("Late cases")), note, columns, rows, empty, links)


def _whistles(review: Review, say: Words) -> Table:
    found = review.whistles
    note = say(
        _("Calls made in the period; departments with at least %(least)s calls are ranked."),
        least=found.min_ranked,
    )
    columns = (
        Column(say(_("Rank")), "count"),
        Column(say(_("Department"))),
        Column(say(_("Calls")), "count"),
        Column(say(_("Median time to answer, minutes")), "minutes"),
        Column(say(_("Share that came")), "share"),
        Column(say(_("On-time rate")), "share"),
        Column(say(_("Mean rating, smoothed")), "rate"),
    )
    rows = tuple(
        (
            one.rank,
            say.term("departments", one.department),
            one.calls,
            one.answer_median_min,
            one.arrival_rate,
            one.on_time_rate,
            one.rating_smooth,
        )
        for one in found.departments
    )
    title = say(_("Whistles"))
    return Table("whistle", title, note, columns, rows, say(_("No department was called.")))


def _decisions(review: Review, say: Words) -> Table:
    columns = (
        Column(say(_("Number")), "code"),
        Column(say(_("Category"))),
        Column(say(_("Place"))),
        Column(say(_("Decision of the meeting"))),
        Column(say(_("Responsible"))),
        Column(say(_("Until")), "day"),
        Column(say(_("State now"))),
        Column(say(_("Week of")), "day"),
    )
    rows = tuple(
        (
            one["external_id"] or str(one["case_id"]),
            say.term("categories", one["category"]),
            _place(review, one),
            one["opinion"],
            one["responsible"],
            one["until"],
            say.term("states", one["state"]),
            one["week"],
        )
        for one in review.decisions
    )
    note = say(_("Decided in this review, and of earlier ones what is still open."))
    links = tuple(one["case_id"] for one in review.decisions)
    empty = say(_("Nothing was decided yet."))
    return Table("decision", say(_("Decisions of the review")), note, columns, rows, empty, links)
