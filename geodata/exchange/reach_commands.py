"""``wangge reach areas`` and ``site``: reach in files, without a database."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geodata.exchange import options
from geodata.exchange.progress_bar import progress_bar
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.exchange.reaching import Areas
    from geodata.exchange.siting import Sited
    from geodata.settings import Settings

_SHOWN = 40
_STAGES = {
    "reading": _("reading the files"),
    "measuring": _("measuring the ways"),
    "choosing": _("choosing the places"),
    "drawing": _("drawing the areas"),
}
_OUT = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the result is written."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
_SPEED = click.option(
    "--speed", "speed_kmh", type=float, default=4.5, show_default=True, help="Kilometres an hour."
)
_STREETS = click.option("--streets", type=options.FILE, help="A file of streets.")


@click.group("reach", help="Who is within reach on foot, and where the next places belong.")
def reach() -> None:
    """Reach in files."""


@reach.command("areas", help="Draw what is within so many minutes on foot of each place.")
@click.option("--streets", type=options.FILE, required=True, help="A file of streets.")
@click.option("--places", type=options.FILE, required=True, help="A file of places.")
@click.option(
    "--minutes",
    type=float,
    multiple=True,
    default=(15.0,),
    show_default=True,
    help="How long people walk; may be given several times.",
)
@_SPEED
@click.option(
    "--together",
    type=click.Choice(["each", "merged", "nearest"]),
    default="each",
    show_default=True,
    help="Each place by itself, all as one, or each spot to its nearest place.",
)
@click.option("--no-steps", is_flag=True, help="Steps cannot be taken: prams, wheelchairs.")
@click.option("--compounds", type=options.FILE, help="A file of closed compounds.")
@click.option("--gates", type=options.FILE, help="A file of their gates, where one gets in alone.")
@options.CRS
@options.LAYER
@click.option("--places-layer", help="Which layer of the file of places.")
@_OUT
@_JSON
@click.pass_obj
def areas(
    settings: Settings, /, *, out: Path | None, as_json: bool, no_steps: bool, **wish: Any
) -> None:
    """Draw service areas; needs no database."""
    from geodata.exchange import reaching  # noqa: PLC0415 - the help answers at once
    from geodata.exchange.writing import write_frame  # noqa: PLC0415

    language = settings.language
    console = Console(stderr=True)
    _refuse_ending(out)
    with progress_bar(console, language) as tell:
        found = reaching.areas_of_files(
            reaching.AreaWish(steps=not no_steps, **wish),
            progress=lambda stage, share: tell(_STAGES[stage], share),
        )
    if as_json:
        answer = found.summary | {"notes": _said(found.notes, language)}
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    else:
        _show_areas(found, Console(), language)
        _show_notes(found.notes, console, language)
    if out is not None:
        write_frame(found.areas, out, name="areas")
        _tell_written(out, console, language)
        if out.suffix.lower() == ".xlsx":
            words = _("An Excel sheet holds the figures and a point of each area, not its shape.")
            console.print(translate(words, language), highlight=False, markup=False)


@reach.command("site", help="Choose the next places so that they serve most people.")
@click.option("--demand", type=options.FILE, required=True, help="A file of where people are.")
@click.option("--weight", required=True, metavar="COL", help="Its column with how many.")
@click.option(
    "--candidates", type=options.FILE, required=True, help="A file of where places could be."
)
@click.option("--count", type=int, help="How many places are to be chosen.")
@click.option("--minutes", type=float, help="How long people walk at most, along the streets.")
@_STREETS
@click.option("--metres", type=float, help="How far people walk at most.")
@_SPEED
@click.option("--existing", type=options.FILE, help="A file of what stands already.")
@click.option(
    "--model",
    type=click.Choice(["cover", "cover_all", "walk"]),
    default="cover",
    show_default=True,
    help="Most people covered, all covered by the fewest places, or the shortest walk.",
)
@click.option("--curve", is_flag=True, help="Also what fewer places would cover.")
@click.option(
    "--seconds", type=float, default=30.0, show_default=True, help="How long a proof is sought."
)
@click.option(
    "--gap",
    "enough",
    type=float,
    default=0.0,
    show_default=True,
    help="How far from the best is good enough: 0.01 is 1%. Ctrl-C takes the best so far.",
)
@options.CRS
@click.option("--demand-layer", help="Which layer of the file of where people are.")
@click.option("--candidates-layer", help="Which layer of the file of where places could be.")
@click.option("--streets-layer", help="Which layer of the file of streets.")
@click.option("--existing-layer", help="Which layer of the file of what stands already.")
@_OUT
@_JSON
@click.pass_obj
def site(settings: Settings, /, *, out: Path | None, as_json: bool, **wish: Any) -> None:
    """Choose the next places; needs no database."""
    from geodata.exchange import site_wish, siting  # noqa: PLC0415 - the help answers at once
    from geodata.exchange.writing import write_frame  # noqa: PLC0415

    language = settings.language
    console = Console(stderr=True)
    asked = site_wish.SiteWish(**wish)
    site_wish.check(asked)
    _refuse_ending(out)
    with progress_bar(console, language) as tell, _interrupted() as stop:
        choosing = _STAGES["choosing"]

        def progress(stage: str, share: float) -> None:
            stop.listens = _STAGES[stage] == choosing
            tell(_STAGES[stage], share)

        found = siting.site_files(asked, progress=progress, stop=lambda: stop.asked)
    if stop.asked:
        words = translate(_("Stopped: this is the best so far."), language)
        console.print(words, highlight=False, markup=False)
    if as_json:
        answer = found.summary | {"notes": _said(found.notes, language)}
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    else:
        _show_sited(found, Console(), language)
        _show_notes(found.notes, console, language)
    if out is not None:
        write_frame(found.chosen, out, name="chosen")
        _tell_written(out, console, language)


@dataclass
class _Stop:
    """Whether Ctrl-C was pressed while there is a best so far."""

    listens: bool = False
    asked: bool = False

    def __call__(self, number: int, frame: Any) -> None:
        """Take note once; a second time, or where nothing is found yet, end at once."""
        if not self.listens or self.asked:
            signal.default_int_handler(number, frame)
        self.asked = True


@contextmanager
def _interrupted() -> Iterator[_Stop]:
    """Ctrl-C ends the search and keeps its best so far."""
    stop = _Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _tell_written(out: Path, console: Console, language: str) -> None:
    words = translate(_("%(file)s was written."), language, file=str(out))
    console.print(words, highlight=False, markup=False)


def _refuse_ending(out: Path | None) -> None:
    from geodata.exchange.checked_out import refuse_ending  # noqa: PLC0415

    if out is not None:
        refuse_ending(out)


def _said(notes: Sequence[tuple[str, dict[str, Any]]], language: str) -> list[str]:
    return [translate(message, language, **params) for message, params in notes]


def _show_notes(
    notes: Sequence[tuple[str, dict[str, Any]]], console: Console, language: str
) -> None:
    for words in _said(notes, language):
        console.print(f"· {words}", highlight=False, markup=False)


def _show_areas(found: Areas, console: Console, language: str) -> None:
    """Each area beside the circle of the same walk."""

    def say(message: str) -> str:
        return translate(message, language)

    rows = found.summary["areas"]
    table = Table(show_edge=False)
    table.add_column(say(_("name")))
    for heading in (
        _("minutes"),
        _("area, ha"),
        _("circle, ha"),
        _("differ by"),
        _("streets, km"),
    ):
        table.add_column(say(heading), justify="right")
    for one in rows[:_SHOWN]:
        circle, differs = one["circle_area_m2"], one["differs"]
        table.add_row(
            escape(str(one.get("name", say(_("all together"))))),
            f"{one['minutes']:g}",
            "—" if one["area_m2"] is None else f"{one['area_m2'] / 1e4:,.1f}",
            "" if circle is None else f"{circle / 1e4:,.1f}",
            "" if differs is None else f"{differs:.0%}",
            "" if one["streets_m"] is None else f"{one['streets_m'] / 1e3:,.1f}",
        )
    console.print(table)
    if len(rows) > _SHOWN:
        words = translate(_("and %(count)s more rows"), language, count=len(rows) - _SHOWN)
        console.print(words, highlight=False, markup=False)


def _show_sited(found: Sited, console: Console, language: str) -> None:
    """The chosen places as a table, and what they cover."""

    def say(message: str, **params: Any) -> str:
        return translate(message, language, **params)

    summary = found.summary
    table = Table(show_edge=False)
    table.add_column(say(_("place")), justify="right")
    table.add_column(say(_("name")))
    table.add_column(say(_("adds")), justify="right")
    table.add_column(say(_("longitude, latitude")), no_wrap=True)
    for one in summary["chosen"][:_SHOWN]:
        table.add_row(
            str(one["place"]),
            escape(one["name"]),
            f"{one['adds']:,}",
            f"{one['lon']:.6f}, {one['lat']:.6f}",
        )
    console.print(table)
    if len(summary["chosen"]) > _SHOWN:
        left = len(summary["chosen"]) - _SHOWN
        console.print(say(_("and %(count)s more rows"), count=left), highlight=False, markup=False)
    covered = _(
        "%(places)s places: %(covered)s of %(total)s within %(metres)s m (%(share)s), "
        "%(before)s of them by what stands already."
    )
    straight = _(
        "%(places)s places: %(covered)s of %(total)s within %(metres)s m in a straight line "
        "(%(share)s), %(before)s of them by what stands already."
    )
    words = say(
        covered if summary["along"] == "streets" else straight,
        places=len(summary["chosen"]),
        covered=f"{summary['covered']:,}",
        total=f"{summary['total']:,}",
        metres=f"{summary['metres']:,.0f}",
        share=f"{summary['share']:.1%}",
        before=f"{summary['before']:,}",
    )
    console.print(words, highlight=False, markup=False)
    if summary["status"] == "optimal":
        proof = say(_("Proven: no other choice is better."))
    else:
        proof = say(
            _("Not proven: another choice may be better by %(gap)s at most."),
            gap="<0.01%" if summary["gap"] < 1e-4 else f"{summary['gap']:.2%}",
        )
    console.print(proof, highlight=False, markup=False)
    lost = summary["unreachable"]
    if lost["rows"]:
        words = say(
            _("%(weight)s in %(count)s rows can be reached by no candidate."),
            weight=f"{lost['weight']:,}",
            count=len(lost["rows"]),
        )
        console.print(words, highlight=False, markup=False)
    for point in summary.get("curve", ()):
        words = say(
            _("with %(count)s places: %(covered)s (%(share)s)"),
            count=point["count"],
            covered=f"{point['covered']:,}",
            share=f"{point['covered'] / summary['total']:.1%}",
        )
        if point["status"] != "optimal":
            words += " " + say(_("not proven, %(gap)s more at most"), gap=f"{point['gap']:.2%}")
        console.print(f"  {words}", highlight=False, markup=False)
