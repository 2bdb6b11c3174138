"""``wangge import``, ``wangge export`` and ``wangge coords``."""

# ruff: noqa: SIM905 - words in a row read better than quoted one by one

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
from rich.console import Console
from rich.table import Table

from geodata.crs import title
from geodata.errors import InvalidInput
from geodata.exchange import options
from geodata.exchange.fields import IMPORTED, LAYER_FIELDS
from geodata.exchange.findings import WEIGHTS, weightiest
from geodata.exchange.progress_bar import progress_bar
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.exchange.findings import Report
    from geodata.settings import Settings

_SHOWN = 30
_COLOURS = {"refused": "red", "mended": "yellow", "changed": "cyan", "note": "white"}


def _pairs(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    answer = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name:
            raise InvalidInput("“%(text)s” must be FIELD=COLUMN.", text=one)
        answer[name.strip()] = value.strip()
    return answer


def _day(_ctx: click.Context, _param: click.Parameter, given: str | None) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise InvalidInput("“%(text)s” is no date like 2026-06-01.", text=given) from None


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    from geodata.database import open_database  # noqa: PLC0415 - the help must answer at once
    from geodata.database.migrations import upgrade  # noqa: PLC0415

    with open_database(settings, pool_size=2) as database:
        upgrade(database)
        yield database


@click.command("import", help="Take a file into a layer.")
@click.argument("layer", type=click.Choice(list(IMPORTED)))
@click.argument("file", type=click.Path(path_type=Path))
@options.CRS
@click.option(
    "--map",
    "mapping",
    multiple=True,
    callback=_pairs,
    metavar="FIELD=COLUMN",
    help="Say which column is which field; may be repeated.",
)
@click.option(
    "--set",
    "values",
    multiple=True,
    callback=_pairs,
    metavar="FIELD=VALUE",
    help="Give a field the same value in every row; may be repeated.",
)
@click.option("--layer", "layer_name", help="Which layer, sheet or file inside the zip.")
@click.option("--since", callback=_day, help="From which day it holds, as 2026-06-01.")
@click.option("--attribution", default="", help="Whose data it is; shown on the maps.")
@click.option("--skip-bad", is_flag=True, help="Take the good rows of a file with bad ones.")
@click.option("--replace", is_flag=True, help="End what the file no longer has.")
@click.option("--dry-run", is_flag=True, help="Do everything, store nothing.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on stdout.")
@click.pass_obj
def import_command(
    settings: Settings, /, layer: str, file: Path, *, as_json: bool, **wish: Any
) -> None:
    """Take a file into a layer and print what became of its rows."""
    from geodata.accounts import Actor  # noqa: PLC0415
    from geodata.exchange.importing import import_file  # noqa: PLC0415
    from geodata.profiles import load_profile  # noqa: PLC0415

    language = settings.language
    console = Console(stderr=True)
    with _opened(settings) as database, progress_bar(console, language) as progress:
        report = import_file(
            database,
            Actor.terminal(),
            layer,
            file,
            profile=load_profile(settings.profile),
            progress=progress,
            **wish,
        )
    if as_json:
        click.echo(orjson.dumps(report.as_dict(language), option=orjson.OPT_INDENT_2))
    else:
        show_report(report, console, language, beside=file)
    if report.refused and not wish["skip_bad"]:
        raise SystemExit(1)


def show_report(report: Report, console: Console, language: str, *, beside: Path) -> None:
    """Print a report; what does not fit goes into a table beside the file."""

    def say(message: str, **params: Any) -> str:
        return translate(message, language, **params)

    if report.findings.kept:
        table = Table(show_edge=False)
        for heading in (_("row"), _("name"), _("what"), _("rows")):
            table.add_column(say(heading))
        for one in weightiest(report.findings, _SHOWN):
            table.add_row(
                "" if one.row is None else str(one.row),
                one.name,
                f"[{_COLOURS[one.weight]}]{say(WEIGHTS[one.weight])}[/] "
                + _plain(one.read(language)),
                str(one.count) if one.count > 1 else "",
            )
        console.print(table)
    if len(report.findings.kept) > _SHOWN:
        target = beside.with_name(beside.name + ".report.csv")
        report.write_csv(target, language)
        console.print(say(_("All findings are in %(file)s."), file=str(target)))
    console.print(
        say(
            _(
                "%(filename)s → %(layer)s: %(rows)s rows, %(added)s added, %(changed)s changed, "
                "%(unchanged)s unchanged, %(ended)s ended, %(mended)s mended, %(refused)s refused "
                "(read as %(crs)s, %(seconds)s s)"
            ),
            **{
                name: getattr(report, name)
                for name in "filename rows added changed unchanged ended mended refused "
                "seconds".split()
            },
            layer=say(IMPORTED[report.layer]),
            crs=title(report.crs),
        ),
        highlight=False,
        markup=False,
    )
    if report.dry_run:
        console.print(say(_("A dry run: nothing was stored.")))
    elif not report.stored:
        console.print(
            say(
                _("Nothing was stored: mend the refused rows, or add --skip-bad to leave them out.")
            ),
            style="red",
        )


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


@click.command("export", help="Write a layer to a file.")
@click.argument("layer", type=click.Choice(list(LAYER_FIELDS)))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--at", help="As it was at the end of that day, or at that instant.")
@click.pass_obj
def export_command(settings: Settings, layer: str, file: Path, *, at: str | None) -> None:
    """Write a layer to a file, by its ending."""
    from geodata.accounts import Actor  # noqa: PLC0415
    from geodata.exchange.exporting import export_layer  # noqa: PLC0415
    from geodata.exchange.wishes import parse_at  # noqa: PLC0415
    from geodata.profiles import load_profile  # noqa: PLC0415

    moment = parse_at(at)
    console = Console(stderr=True)
    with _opened(settings) as database, progress_bar(console, settings.language) as progress:
        count = export_layer(
            database,
            Actor.terminal(),
            layer,
            file,
            at=moment,
            profile=load_profile(settings.profile),
            progress=progress,
        )
    words = _("%(number)s features were written to %(file)s.")
    click.echo(translate(words, settings.language, number=count, file=str(file)), err=True)


@click.command("coords", help="Turn a file's coordinates.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "from_", required=True, help="gcj02, bd09, wgs84 or EPSG:n.")
@click.option("--to", required=True, help="gcj02, bd09, wgs84 or EPSG:n.")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the turned file is written.",
)
@click.option("--layer", "layer_name", help="Which layer, sheet or file inside the zip.")
@click.pass_obj
def coords_command(
    settings: Settings, file: Path, *, from_: str, to: str, out: Path, layer_name: str | None
) -> None:
    """Turn the coordinates of any file that can be read; needs no database."""
    from geodata.exchange.turning import turn_file  # noqa: PLC0415

    count = turn_file(file, out, from_=from_, to=to, layer_name=layer_name)
    words = _("%(number)s features were written to %(file)s.")
    click.echo(translate(words, settings.language, number=count, file=str(out)), err=True)
