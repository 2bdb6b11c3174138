"""``wangge plan check`` and ``propose``: nets in files, without a database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geodata.exchange import options
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.exchange.checking import Checked
    from geodata.plans.coverage import Change, Mended
    from geodata.settings import Settings

_SHOWN = 40
_SHOWN_CHANGES = 20
_COLOURS = {"error": "red", "warning": "yellow", "note": "white"}


@click.group("plan", help="Nets of grids in files.")
def plan() -> None:
    """Nets of grids in files."""


@plan.command("check", help="Find what is wrong with the net in FILE.")
@click.argument("file", type=options.FILE)
@click.option("--compounds", type=options.FILE, help="A file of compounds.")
@click.option("--boundary", type=options.FILE, help="The ground to be filled, or the communities.")
@click.option("--other-net", type=options.FILE, help="Another net over the same place.")
@click.option("--households", metavar="COL", help="The column with households.")
@click.option("--low", type=int, help="Fewest households of a grid.")
@click.option("--high", type=int, help="Most households of a grid.")
@options.CRS
@options.LAYER
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the mended net and the findings are written.",
)
@click.option(
    "--snap",
    type=float,
    default=0.5,
    show_default=True,
    help="Borders nearer than so many metres become one.",
)
@click.option(
    "--widest-gap",
    type=float,
    default=5.0,
    show_default=True,
    help="Gaps up to so many metres wide are closed.",
)
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON on stdout.")
@click.pass_obj
def check(
    settings: Settings,
    /,
    file: Path,
    *,
    out: Path | None,
    snap: float,
    widest_gap: float,
    as_json: bool,
    **wish: Any,
) -> None:
    """Find what is wrong with the net in FILE; needs no database."""
    from geodata.exchange import checked_out, checking  # noqa: PLC0415 - the help answers at once
    from geodata.profiles import load_profile  # noqa: PLC0415

    language = settings.language
    if out is not None:
        checked_out.refuse_ending(out)
    checked = checking.check_file(
        file, profile=load_profile(settings.profile), wish=checking.Wish(**wish)
    )
    console = Console(stderr=True)
    mended = None
    if out is not None:
        mended = checking.mend_checked(checked, snap_m=snap, widest_gap_m=widest_gap)
    if as_json:
        answer = checked.as_dict(language)
        if mended is not None:
            answer["changes"] = [_change(checked, one) for one in mended.changes]
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))
    else:
        _show(checked, Console(), language)
        if mended is not None:
            _show_changes(checked, mended, Console(), language)
    if out is not None and mended is not None:
        for one in checked_out.write_checked(checked, mended, out, language=language):
            words = translate(_("%(file)s was written."), language, file=str(one))
            console.print(words, highlight=False, markup=False)


@plan.command("propose", help="Propose a net of grids for the units in UNITS.")
@click.argument("units", type=options.FILE)
@click.option("--weight", required=True, metavar="COL", help="The column with households.")
@click.option("--low", type=float, help="Fewest households of a grid.")
@click.option("--high", type=float, help="Most households of a grid.")
@click.option("--count", type=int, help="How many grids, instead of a band.")
@click.option("--tolerance", type=float, help="With --count: the share that a grid may differ.")
@click.option("--whole", metavar="COL", help="Units of one value in it stay in one grid.")
@click.option("--streets", type=options.FILE, help="A file of streets that borders shall follow.")
@click.option("--seed", type=int, default=0, help="The same one gives the same net.")
@click.option("--seconds", type=float, help="How long better nets are looked for.")
@options.CRS
@options.LAYER
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the grids, and the units with their grids, are written.",
)
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON on stdout.")
@click.pass_obj
def propose(
    settings: Settings, /, units: Path, *, out: Path | None, as_json: bool, **demand: Any
) -> None:
    """Propose a net of grids for the units in UNITS; needs no database."""
    from geodata.exchange import checked_out, proposing  # noqa: PLC0415 - the help answers at once
    from geodata.spreading import Hands  # noqa: PLC0415

    language = settings.language
    if out is not None:
        checked_out.refuse_ending(out)
    hands = Hands(scheduler=settings.scheduler)
    found = proposing.propose_file(units, proposing.Demand(**demand), hands=hands)
    console = Console(stderr=as_json)
    if as_json:
        click.echo(orjson.dumps(found.summary, option=orjson.OPT_INDENT_2))

    def say(message: str, **params: Any) -> None:
        words = translate(message, language, **params)
        console.print(words, highlight=False, markup=False)

    if found.obstacle is not None:
        say(found.obstacle.message, **found.obstacle.params)
        rows = found.summary["obstacle"]["rows"]
        say(
            _("These units are in rows %(rows)s."),
            rows=", ".join(map(str, rows[:_SHOWN])) + (" …" if len(rows) > _SHOWN else ""),
        )
    of = found.summary["objective"]
    say(
        _("%(in_band)s of %(grids)s grids have %(low)s to %(high)s (%(seconds)s s)."),
        low=f"{of['low']:,.6g}",
        high=f"{of['high']:,.6g}",
        **{name: found.summary[name] for name in ("in_band", "grids", "seconds")},
    )
    if out is not None:
        for one in proposing.write_proposed(found, out):
            say(_("%(file)s was written."), file=str(one))


def _change(checked: Checked, one: Change) -> dict[str, Any]:
    import shapely  # noqa: PLC0415

    from geodata.exchange.polygons import moved  # noqa: PLC0415

    point = moved([shapely.Point(one.x, one.y)], checked.metres, 4326)[0]
    return {
        "kind": one.kind,
        "from": None if one.loses is None else checked.ids[one.loses],
        "to": None if one.gains is None else checked.ids[one.gains],
        "area_m2": round(one.area_m2, 3),
        "point": [round(point.x, 7), round(point.y, 7)],
    }


def _show(checked: Checked, console: Console, language: str) -> None:
    """The findings as a table, and a summary."""
    from geodata.plans.findings import SEVERITIES, TITLES  # noqa: PLC0415

    def say(message: str, **params: Any) -> str:
        return translate(message, language, **params)

    if checked.findings:
        table = Table(show_edge=False)
        for heading in (_("weight"), _("finding"), _("place")):
            table.add_column(say(heading), no_wrap=heading == _("place"))
        for one in checked.findings[:_SHOWN]:
            table.add_row(
                f"[{_COLOURS[one.severity]}]{say(SEVERITIES[one.severity])}[/]",
                escape(one.read(language)),
                f"{one.where.lon:.6f}, {one.where.lat:.6f}",
            )
        console.print(table)
    if len(checked.findings) > _SHOWN:
        rest = Counter(one.rule for one in checked.findings[_SHOWN:])
        words = ", ".join(f"{say(TITLES[rule])} {count}" for rule, count in rest.most_common())
        console.print(say(_("and more: %(rules)s"), rules=words), highlight=False, markup=False)
    summary = checked.summary
    words = say(
        _(
            "%(file)s: %(polygons)s polygons, %(findings)s findings, of which %(errors)s must be "
            "mended (%(seconds)s s)"
        ),
        errors=summary["severities"]["error"],
        **{name: summary[name] for name in ("file", "polygons", "findings", "seconds")},
    )
    console.print(words, highlight=False, markup=False)
    if summary["in_band"] is not None:
        words = say(
            _("%(in_band)s of %(polygons)s grids have %(low)s to %(high)s households."),
            **{name: summary[name] for name in ("in_band", "polygons", "low", "high")},
        )
        console.print(words, highlight=False, markup=False)
    if summary["skipped"]:
        words = say(_("%(rows)s rows hold no polygon and were left out."), rows=summary["skipped"])
        console.print(words, highlight=False, markup=False)


def _show_changes(checked: Checked, mended: Mended, console: Console, language: str) -> None:
    """What mending changed."""
    from geodata.exchange.checked_out import read_change  # noqa: PLC0415

    for one in mended.changes[:_SHOWN_CHANGES]:
        words = read_change(checked, one, language)
        console.print(words, highlight=False, markup=False)
    words = translate(_("Mended with %(number)s changes."), language, number=len(mended.changes))
    console.print(words, highlight=False, markup=False)
