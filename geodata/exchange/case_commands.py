"""``wangge cases``: hotspots of a file, without a database; places for cases that wait for one."""

from __future__ import annotations

import signal
import threading
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geodata.exchange import options
from geodata.exchange.commands import _day, _opened, _pairs
from geodata.exchange.progress_bar import progress_bar
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.cases.whereabouts.placing_all import Told as Placed
    from geodata.exchange.crowding import Told
    from geodata.settings import Settings

_SHOWN = 30


@click.group("cases", help="Hotspots of cases, and places for old ones.")
def cases() -> None:
    """Cases in files and in the database."""


@cases.command("place", help="Give the cases that wait for a place the one their address says.")
@click.option("--json", "as_json", is_flag=True, help="The counts as JSON on stdout.")
@click.pass_obj
def place(settings: Settings, /, *, as_json: bool) -> None:
    """Place all waiting cases; Ctrl-C stops after the part that is under way."""
    from geodata.accounts import Actor  # noqa: PLC0415 - the help answers at once
    from geodata.cases.whereabouts.placing_all import place_all  # noqa: PLC0415
    from geodata.profiles import load_profile  # noqa: PLC0415

    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        with (
            _opened(settings) as database,
            progress_bar(Console(stderr=True), settings.language) as tell,
        ):

            def told(so_far: Placed) -> None:
                tell(_("looking for the places of addresses"), so_far.looked / so_far.whole)

            done = place_all(
                database,
                Actor.terminal(),
                load_profile(settings.profile),
                told=told,
                cancelled=stop.is_set,
            )
    finally:
        signal.signal(signal.SIGINT, before)
    if as_json:
        click.echo(orjson.dumps(done.as_dict(), option=orjson.OPT_INDENT_2))
        return
    words = _(
        "%(looked)s of %(whole)s cases were looked at: %(placed)s have a place now, %(doubtful)s "
        "have candidates and wait in the queue, %(none)s addresses say nothing."
    )
    click.echo(translate(words, settings.language, **done.as_dict()))
    if done.stopped:
        click.echo(translate(_("Stopped; what was done by then stays."), settings.language))


@cases.command("hotspots", help="Find where the cases in FILE crowd together.")
@click.argument("file", type=options.FILE)
@click.option("--areas", type=options.FILE, help="A file of areas to count on, instead of cells.")
@click.option("--population", metavar="COL", help="The areas' column with households, as the base.")
@click.option(
    "--cell", type=float, default=250, show_default=True, help="The side of a cell in metres."
)
@click.option("--from", "since", callback=_day, help="The first day, as 2026-06-01.")
@click.option("--to", "until", callback=_day, help="The last day, included.")
@click.option(
    "--compare",
    "earlier",
    type=click.IntRange(0, 24),
    default=6,
    show_default=True,
    help="With how many earlier periods as long; needs --from.",
)
@click.option(
    "--permutations",
    type=click.IntRange(99, 99_999),
    default=999,
    show_default=True,
    help="How often chance is drawn for each cell.",
)
@click.option("--seed", type=int, default=1, help="The same one gives the same answer.")
@options.CRS
@click.option("--areas-crs", help="The same for the file of areas.")
@options.LAYER
@click.option(
    "--map",
    "mapping",
    multiple=True,
    callback=_pairs,
    metavar="FIELD=COLUMN",
    help="Say which column is which field; may be repeated.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the cells or areas are written with their figures; by its ending.",
)
@click.option("--json", "as_json", is_flag=True, help="The hotspots as JSON on stdout.")
@click.pass_obj
def hotspots(
    settings: Settings,
    /,
    file: Path,
    *,
    out: Path | None,
    as_json: bool,
    since: date | None,
    until: date | None,
    **wish: Any,
) -> None:
    """Find where the cases in FILE crowd together; needs no database."""
    from geodata.exchange import crowded_files, crowding  # noqa: PLC0415 - the help answers at once
    from geodata.exchange.checked_out import refuse_ending  # noqa: PLC0415
    from geodata.exchange.writing import write_frame  # noqa: PLC0415
    from geodata.profiles import load_profile  # noqa: PLC0415

    language = settings.language
    if out is not None:
        refuse_ending(out)
    console = Console(stderr=True)
    with nullcontext(lambda *_: None) if as_json else progress_bar(console, language) as progress:
        told = crowded_files.hotspots_of_file(
            file,
            crowding.Wish(since=since, until=until, **wish),
            profile=load_profile(settings.profile),
            progress=progress,
        )
    for message, values in told.notes:
        words = translate(message, language, **values)
        console.print(words, style="yellow", highlight=False, markup=False)
    if as_json:
        click.echo(orjson.dumps(told.as_dict(), option=orjson.OPT_INDENT_2))
    else:
        _show(told, Console(), language)
    if out is not None:
        write_frame(told.cells, out, name="hotspots")
        words = translate(_("%(file)s was written."), language, file=str(out))
        console.print(words, highlight=False, markup=False)


def _show(told: Told, console: Console, language: str) -> None:
    """A table of the hotspots, and sentences."""
    from geodata.cases.hotspots.telling import why_not  # noqa: PLC0415 - numba behind it

    def say(message: str, **values: Any) -> str:
        return translate(message, language, **values)

    if told.found.reason:
        console.print(why_not(told.found.reason, language))
        return
    if not told.hotspots:
        console.print(
            say(
                _("No hotspot: %(cases)s cases in %(cells)s places lie as chance would have them."),
                cases=told.cases,
                cells=told.found.tested,
            )
        )
    else:
        console.print(_table(told, say, language))
    for one in told.hotspots[:_SHOWN]:
        console.print(f"{one['id']}. {escape(one['sentence'][language])}", highlight=False)
    if told.clusters:
        console.print(say(_("What has flared up:")), style="bold")
        for one in told.clusters[:_SHOWN]:
            console.print(f"· {escape(one['sentence'][language])}", highlight=False)
    if len(told.hotspots) > _SHOWN:
        more = _("%(count)s more are in the answer of --json.")
        console.print(say(more, count=len(told.hotspots) - _SHOWN))


def _table(told: Told, say: Any, language: str) -> Table:
    from geodata.cases.hotspots.telling import TRENDS  # noqa: PLC0415 - numba behind it

    table = Table(show_edge=False)
    headings = (_("place"), _("cases"), _("expected"), _("confidence"), _("p, controlled"))
    for heading in ("", *headings, _("trend")):
        table.add_column(say(heading) if heading else "")
    for one in told.hotspots[:_SHOWN]:
        place = one["place"][language] or f"{one['lon']:.5f}, {one['lat']:.5f}"
        trend = say(TRENDS[one["trend"]]) if one["trend"] else ""
        table.add_row(
            str(one["id"]),
            escape(place),
            str(one["cases"]),
            f"{one['expected']:.1f}",
            f"{one['confidence']} %" if one["confidence"] else "",
            f"{one['p_adjusted']:.4g}",
            trend,
        )
    return table
