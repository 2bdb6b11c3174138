"""The reach of one area as tables in one language: what its page and its Excel file lay out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geodata.sheets import Cell, Column, ColumnKind, Table, Words
from geodata.words import sentence as _

if TYPE_CHECKING:
    from datetime import datetime

    from geodata.profiles import Profile
    from geodata.reach.coverage.recording import (
        KindHere,
        Lacked,
        NearestPlace,
        PlaceHere,
        Sheet,
        StandardHere,
    )

PEOPLE: Final = {
    "households": _("households"),
    "residents": _("residents"),
    "elderly": _("elderly people"),
}
REASONS: Final = {
    "far": _("too far from any street"),
    "island": _("near streets that lead nowhere"),
    "walled": _("behind a wall whose gates lead to no street"),
    "nowhere": _("without a place"),
}
_LAYERS: Final = {
    "facilities": _("facility"),
    "buildings": _("building"),
    "compounds": _("compound"),
    "areas": _("area"),
}
_DAYS: Final = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
    _("Sunday"),
)  # fmt: skip


@dataclass(frozen=True)
class Headline:
    """One of the large figures."""

    name: str
    kind: ColumnKind
    value: Cell


@dataclass(frozen=True)
class Report:
    """The reach of one area, ready to be laid out."""

    title: str
    subtitle: str
    notes: tuple[str, ...]
    headlines: tuple[Headline, ...]
    tables: tuple[Table, ...]


def report(sheet: Sheet, profile: Profile, *, as_of: datetime, language: str) -> Report:
    """The report of an area in ``language``: ``zh`` or ``en``.

    Args:
        sheet: What was worked out.
        profile: Which names things.
        as_of: The moment whose version of the district it tells.
        language: Of all texts.
    """
    say = Words(profile, language)
    tables = [_bands(sheet, say), _standards(sheet, say)]
    tables += [_compounds(one, say) for one in sheet.standards]
    tables += [_places(sheet, say), _apart(sheet, say)]
    above = " › ".join(name or code for code, name in sheet.above)
    return Report(
        title=say(_("%(area)s: who is within reach"), area=sheet.name or sheet.code),
        subtitle=" · ".join(
            filter(None, [above, f"{say.term('levels', sheet.level)} {sheet.code}"])
        ),
        notes=tuple(_notes(sheet, say, as_of)),
        headlines=tuple(_headlines(sheet, say)),
        tables=tuple(one for one in tables if one.rows or one.empty),
    )


def _notes(sheet: Sheet, say: Words, as_of: datetime) -> Iterable[str]:
    yield say(_("As of %(moment)s."), moment=say.moment(as_of))
    speed = f"{sheet.asked.legs.speed_m_per_s * 3.6:.1f}"
    walker = next(
        (
            one.name.read(say.language)
            for one in say.profile.walkers
            if one.key == sheet.asked.walker
        ),
        say(_("People")),
    )
    if sheet.way == "network":
        steps = "" if sheet.asked.legs.steps else say(_(" without steps"))
        words = _("%(walker)s walk %(speed)s km/h along the streets%(steps)s.")
        yield say(words, walker=walker, speed=speed, steps=steps)
    else:
        words = _(
            "No streets are known: ways are as the crow flies, made %(factor)s times longer; "
            "%(walker)s walk %(speed)s km/h."
        )
        factor = f"{say.profile.walking.detour_factor:g}"
        yield say(words, walker=walker, speed=speed, factor=factor)
    if sheet.hours is not None:
        moment = sheet.hours.moment.astimezone(say.profile.zone)
        words = _("Only places that are open on %(day)s, %(weekday)s, at %(hour)s.")
        yield say(
            words, day=say.day(moment), weekday=say(_DAYS[moment.weekday()]), hour=f"{moment:%H:%M}"
        )
        if sheet.unknown_hours:
            words = (
                _("%(count)s places whose hours are not known count as open.")
                if sheet.asked.wish.unknown_is_open
                else _("%(count)s places whose hours are not known count as closed.")
            )
            yield say(words, count=len(sheet.unknown_hours))
    if sheet.basis != "buildings":
        words = (
            _("Households are not known by building: they are spread over the ground of compounds.")
            if sheet.basis == "compounds"
            else _("Households are known by area alone: they are spread over its ground.")
        )
        yield say(words)


def _headlines(sheet: Sheet, say: Words) -> Iterable[Headline]:
    yield Headline(say(_("Households")), "count", sheet.households)
    yield Headline(say(_("Residents")), "count", sheet.residents)
    yield Headline(say(_("Elderly people")), "count", sheet.elderly)
    for band in sorted(sheet.bands, key=lambda one: one.minutes):
        words = _("Households within %(minutes)s minutes")
        yield Headline(say(words, minutes=f"{band.minutes:g}"), "share", band.households.share)


def _bands(sheet: Sheet, say: Words) -> Table:
    columns = [Column(say(_("On foot")))]
    rows: list[tuple[Cell, ...]] = []
    for name in (_("Households"), _("Residents"), _("Elderly people")):
        columns += [Column(say(name), "count"), Column(say(_("share")), "share")]
    for band in sorted(sheet.bands, key=lambda one: one.minutes):
        sums = (band.households, band.residents, band.elderly)
        name = say(_("%(minutes)s minutes"), minutes=f"{band.minutes:g}")
        rows.append((name, *(cell for one in sums for cell in (one.covered, one.share))))
    kinds = [say.term("facility_kinds", kind) for kind in sheet.asked.kinds]
    note = say(_("To the nearest of: %(kinds)s."), kinds=_and(kinds, say))
    return Table("bands", say(_("Who is within reach")), note, tuple(columns), tuple(rows))


def _standards(sheet: Sheet, say: Words) -> Table:
    columns = (
        Column(say(_("Standard"))),
        Column(say(_("Kind of facility"))),
        Column(say(_("here")), "count"),
        Column(say(_("wanted")), "share"),
        Column(say(_("have it")), "share", bar=True),
        Column(say(_("without it")), "count"),
        Column(say(_("Result"))),
        Column(say(_("Nearest for those without"))),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.standard.name.read(say.language),
            say.term("facility_kinds", kind.kind),
            kind.facilities,
            one.standard.share,
            kind.sum.share,
            kind.sum.total - kind.sum.covered,
            _result(kind, say),
            "" if kind.met and kind.sum.covered == kind.sum.total else _nearest(kind.nearest, say),
        )
        for one in sheet.standards
        for kind in one.kinds
    ]
    people = say(PEOPLE[sheet.asked.wish.weight])
    note = say(_("Counted are %(people)s; of a standard for compounds, compounds."), people=people)
    empty = say(_("The profile of this city names no standards."))
    return Table("standards", say(_("Standards")), note, columns, tuple(rows), empty)


def _result(kind: KindHere, say: Words) -> str:
    if kind.met is None:
        return say(_("nobody lives here"))
    return f"✓ {say(_('met'))}" if kind.met else f"✗ {say(_('not met'))}"


def _nearest(place: NearestPlace | None, say: Words) -> str:
    if place is None:
        return say(_("none can be reached"))
    return say(
        _("%(name)s, %(minutes)s min"),
        name=place.name or place.code,
        minutes=f"{place.minutes:.0f}",
    )


def _compounds(here: StandardHere, say: Words) -> Table:
    name = here.standard.name.read(say.language)
    columns = (
        Column(say(_("Compound"))),
        Column(say(_("Households")), "count"),
        Column(say(_("kinds")), "count"),
        Column(say(_("What is missing, and the nearest of it"))),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.name or one.code,
            one.households,
            len(one.lacked),
            say(_("; ")).join(_lacked(lacked, say) for lacked in one.lacked),
        )
        for one in here.compounds
    ]
    note = (
        say(_("No such place within their own walls."))
        if here.standard.in_compound
        else say(
            _("At least half of the households are more than %(minutes)s minutes from one."),
            minutes=f"{here.standard.minutes or 0:g}",
        )
    )
    empty = say(_("No compound lacks anything."))
    return Table(
        f"compounds-{here.standard.key}",
        say(_("Compounds that lack something: %(standard)s"), standard=name),
        note,
        columns,
        tuple(rows),
        empty,
    )


def _lacked(lacked: Lacked, say: Words) -> str:
    kind = say.term("facility_kinds", lacked.kind)
    return say(_("%(kind)s (%(nearest)s)"), kind=kind, nearest=_nearest(lacked.nearest, say))


def _places(sheet: Sheet, say: Words) -> Table:
    people = say(PEOPLE[sheet.served])
    columns = (
        Column(say(_("Facility"))),
        Column(say(_("Kind"))),
        Column(say(_("Where"))),
        Column(say(_("Opening hours"))),
        Column(say(_("Room for")), "count"),
        Column(say(_("Come")), "count"),
        Column(say(_("of these from here")), "count"),
        Column(say(_("Remark"))),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.name or one.code,
            say.term("facility_kinds", one.kind) if one.kind else say(_("unknown")),
            say(_("here")) if one.inside else say(_("outside")),
            one.hours or None,
            one.capacity,
            one.people,
            one.here,
            say(_("; ")).join(_remarks(one, say)),
        )
        for one in sheet.facilities
    ]
    note = say(
        _(
            "Places of this area and places outside to which people of it go: %(people)s within "
            "%(minutes)s minutes for whom it is the nearest of its kind."
        ),
        people=people,
        minutes=f"{sheet.asked.wish.minutes:g}",
    )
    empty = say(_("No place serves this area."))
    return Table("places", say(_("Places that serve here")), note, columns, tuple(rows), empty)


def _remarks(place: PlaceHere, say: Words) -> Iterable[str]:
    if place.people is None:
        yield say(_("not joined to the streets"))
    if place.is_open is False:
        yield say(_("closed then"))
    if place.over:
        yield say(_("✗ too small for %(count)s"), count=f"{place.over:,.0f}")


def _apart(sheet: Sheet, say: Words) -> Table:
    columns = (
        Column(say(_("Layer"))),
        Column(say(_("Name"))),
        Column(say(_("Why"))),
        Column(say(_("Households")), "count"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            say(_LAYERS[one.layer]),
            one.name or one.code,
            say(REASONS[one.reason]) if one.reason in REASONS else one.reason,
            None if one.layer == "facilities" else one.people,
        )
        for one in sheet.apart
    ]
    note = say(_("They count as out of reach; mend the streets, the gates or their places."))
    return Table(
        "apart", say(_("What could not be joined to the streets")), note, columns, tuple(rows)
    )


def _and(words: list[str], say: Words) -> str:
    return say(_(", ")).join(words) if words else "–"
