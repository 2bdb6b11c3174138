"""The one place where the rooms are joined: ``create_app`` and the command line ``wangge``."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geodata import terminal
from geodata.words import sentence as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from geodata.database import Database
    from geodata.processes import Child
    from geodata.settings import Settings

COMMANDS = {
    "import": ("geodata.exchange.commands", _("Take a file into a layer.")),
    "export": ("geodata.exchange.commands", _("Write a layer to a file.")),
    "coords": ("geodata.exchange.commands", _("Turn a file's coordinates.")),
    "user": ("geodata.accounts.commands", _("Accounts.")),
    "token": ("geodata.accounts.commands", _("Make an API token, shown once.")),
    "calendar": ("geodata.cases.clocks.commands", _("Which days are worked.")),
    "demo": ("geodata.demo.commands", _("The generated city.")),
    "plan": ("geodata.exchange.plan_commands", _("Nets of grids in files.")),
    "cases": ("geodata.exchange.case_commands", _("Hotspots of cases, and places for old ones.")),
    "reach": (
        "geodata.exchange.reach_commands",
        _("Who is within reach on foot, and where the next places belong."),
    ),
    "map": ("webmap.commands", _("Write a map as one file.")),
}
"""The rooms' commands: where each is and what it says of itself. A room is loaded when asked."""

JOBS = (
    "geodata.cases.clocks.jobs",
    "geodata.cases.hotspots.stored.jobs",
    "geodata.cases.whereabouts.jobs",
    "geodata.exchange.jobs",
    "geodata.demo.jobs",
    "geodata.plans.jobs",
    "geodata.plans.fit_jobs",
    "geodata.reach.siting.jobs",
)
"""Modules that register kinds of long work."""


# ---------------------------------------------------------------- the application


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The whole system as a WSGI application.

    Opens the database of ``settings`` unless one is given; the caller closes what it gave.
    """
    import api  # noqa: PLC0415 - the command line must answer without it
    import webmap  # noqa: PLC0415
    from api import observing  # noqa: PLC0415
    from geodata.database import open_database  # noqa: PLC0415
    from geodata.profiles import load_profile  # noqa: PLC0415

    profile = load_profile(settings.profile)
    register_jobs()
    app = api.application("app")
    observing.join(app)
    database = database or open_database(settings)
    for room in (api, webmap):
        if hasattr(room, "register"):
            room.register(app, database, settings, profile)
    return app


def from_environment() -> Flask:
    """The application of one server process."""
    from api.server import before_the_end  # noqa: PLC0415
    from api.v1 import case_stream, screens  # noqa: PLC0415
    from geodata.logs import set_up_logs  # noqa: PLC0415
    from geodata.reach.warming import serve_ready  # noqa: PLC0415
    from geodata.settings import Settings  # noqa: PLC0415

    settings = Settings()
    set_up_logs(process="http", data_dir=settings.data_dir, language=settings.language)
    app = create_app(settings)
    joined = app.extensions["webmap"]
    serve_ready(joined.database, joined.profile)

    def end_streams() -> None:
        case_stream.end(app)
        screens.end(app)

    before_the_end(end_streams)
    return app


def register_jobs() -> None:
    """Make the rooms' kinds of long work known to this process."""
    for name in JOBS:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


# ---------------------------------------------------------------- the command line


class Rooms(click.Group):
    """Commands of all rooms; an error is one red line in the user's language and exit code 1."""

    context_class = terminal.Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, without loading the rooms."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command in the user's language; only its own room is loaded."""
        if cmd_name not in COMMANDS:
            command = super().get_command(ctx, cmd_name)
            return None if command is None else terminal.in_words(command)
        module = importlib.import_module(COMMANDS[cmd_name][0])
        found = (thing for thing in vars(module).values() if isinstance(thing, click.Command))
        return terminal.in_words(next(command for command in found if command.name == cmd_name))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help of ``wangge`` itself."""
        click.Group.format_help(terminal.in_words(self), ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in ``wangge --help``."""
        rows = []
        for name in self.list_commands(ctx):
            if name in COMMANDS:
                rows.append((name, _say(ctx, COMMANDS[name][1])))
            else:
                command = super().get_command(ctx, name)
                if command is not None and not command.hidden:
                    rows.append((name, command.get_short_help_str(1000)))
        with formatter.section(_say(ctx, "Commands")):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run, and say what went wrong."""
        from geodata.errors import WanggeError  # noqa: PLC0415

        try:
            return super().invoke(ctx)
        except WanggeError as error:
            from geodata.words import explain  # noqa: PLC0415

            words = explain(error, _language(ctx))
        except KeyboardInterrupt:
            words = _say(ctx, "Stopped.")
        click.secho(words, fg="red", err=True)
        raise SystemExit(1)


def _language(ctx: click.Context) -> str:
    return ctx.obj.language if ctx.obj is not None else terminal.language()


def _say(ctx: click.Context, message: str, **params: Any) -> str:
    from geodata.words import translate  # noqa: PLC0415

    return translate(message, _language(ctx), **params)


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    package_name="wangge", message="%(prog)s %(version)s", help="Show the version and exit."
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Wangge: map-based grid management for city neighbourhoods."""
    from pydantic import ValidationError  # noqa: PLC0415

    from geodata.errors import SetUpIncomplete  # noqa: PLC0415
    from geodata.settings import Settings  # noqa: PLC0415

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end)  # so that what was started is stopped
    try:
        ctx.obj = Settings()
    except ValidationError as error:
        names = ", ".join(f"WANGGE_{fault['loc'][0]}".upper() for fault in error.errors())
        raise SetUpIncomplete(
            "These settings cannot be understood: %(names)s.", names=names
        ) from None


def _end(*_signal: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database with all its tables, for one command."""
    from geodata.database import open_database  # noqa: PLC0415
    from geodata.database.migrations import upgrade as climb  # noqa: PLC0415

    with open_database(settings, pool_size=2) as database:
        climb(database)
        yield database


@main.command(help="Run the server and the job worker.")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="Server processes.")
@click.option("--demo", is_flag=True, help="Load the demo city first if the database is empty.")
@click.pass_context
def serve(
    ctx: click.Context, host: str | None, port: int | None, workers: int | None, *, demo: bool
) -> None:
    """Run the server and the job worker until Ctrl-C or SIGTERM."""
    from geodata import processes  # noqa: PLC0415
    from geodata.logs import set_up_logs, turn_over  # noqa: PLC0415

    kept = set_up_logs(process="server", data_dir=ctx.obj.data_dir, language=ctx.obj.language)
    if kept is not None:
        click.echo(_say(ctx, "The log is in %(file)s.", file=str(kept)))
    given = {"host": host, "port": port, "workers": workers}
    settings = ctx.obj.model_copy(update={k: v for k, v in given.items() if v is not None})
    settings = settings.model_copy(
        update={"port": processes.free_port(settings.host, settings.port)}
    )
    address = f"http://{settings.host}:{settings.port}"
    with opened(settings) as database:
        if demo:
            _load_demo(ctx, database)
        database.engine.dispose()
        waiting = processes.Readiness(
            f"{address}/readyz",
            lambda: click.echo(
                _say(ctx, "Wangge is ready: %(address)s (Ctrl-C ends it)", address=address)
            ),
        )

        def tend() -> None:
            if database.cluster is not None:
                database.cluster.revive()
            waiting.look()
            if kept is not None:
                turn_over(kept)

        processes.supervise(_children(settings), tend=tend)
    click.echo(_say(ctx, "Stopped."))


def _load_demo(ctx: click.Context, database: Database) -> None:
    """``wangge demo load``, unless there is something already."""
    from geodata.database.backup import holds_anything  # noqa: PLC0415

    if holds_anything(database):
        return
    group = main.get_command(ctx, "demo")
    load = group.get_command(ctx, "load") if isinstance(group, click.Group) else None
    if load is not None:
        ctx.invoke(load)


def _children(settings: Settings) -> list[Child]:
    """The server's processes, in the order in which they are ended."""
    from geodata.cases.hotspots.stored.warming import cache_below  # noqa: PLC0415
    from geodata.processes import Child  # noqa: PLC0415

    counters = settings.data_dir.absolute() / "metrics"
    shutil.rmtree(counters, ignore_errors=True)
    counters.mkdir(parents=True)
    environment = {
        "WANGGE_HOST": settings.host,
        "WANGGE_PORT": str(settings.port),
        "WANGGE_WORKERS": str(settings.workers),
        "PROMETHEUS_MULTIPROC_DIR": str(counters),
        **cache_below(settings.data_dir.absolute()),
    }
    python = [sys.executable, "-m", "app"]
    return [
        Child("http", [*python, "http"], environment, seconds=15),
        Child("worker", [*python, "work"], seconds=30),
    ]


@main.command(hidden=True, help="The HTTP part of serve.")
@click.pass_obj
def http(settings: Settings) -> None:
    """Serve pages and the API, as a child of ``serve``."""
    from api.server import run_server  # noqa: PLC0415
    from geodata.logs import set_up_logs  # noqa: PLC0415
    from geodata.processes import follow_parent  # noqa: PLC0415

    set_up_logs(process="http", data_dir=settings.data_dir, language=settings.language)
    follow_parent()
    run_server(
        "app:from_environment", host=settings.host, port=settings.port, workers=settings.workers
    )


@main.command(hidden=True, help="The job worker of serve.")
@click.pass_obj
def work(settings: Settings) -> None:
    """Run long work, as a child of ``serve``."""
    from geodata.cases.hotspots.stored.warming import warm  # noqa: PLC0415
    from geodata.database import open_database  # noqa: PLC0415
    from geodata.database.working import run_worker  # noqa: PLC0415
    from geodata.logs import set_up_logs  # noqa: PLC0415
    from geodata.minutely import chores_of  # noqa: PLC0415
    from geodata.nightly import CHORES  # noqa: PLC0415
    from geodata.processes import follow_parent  # noqa: PLC0415
    from geodata.profiles import load_profile  # noqa: PLC0415
    from geodata.reach import warming as reach  # noqa: PLC0415

    set_up_logs(process="worker", data_dir=settings.data_dir, language=settings.language)
    follow_parent()
    os.nice(5)  # who waits for a page comes first
    register_jobs()
    warm()
    reach.warm()
    city = load_profile(settings.profile)
    with open_database(settings) as database:
        run_worker(database, chores=CHORES, zone=city.zone, each_minute=chores_of(city))


@main.group(help="The database.")
def db() -> None:
    """Migrations, backup and restore."""


@db.command(help="Bring the tables to the newest step.")
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Migrate."""
    with opened(ctx.obj):
        click.echo(_say(ctx, "The database is up to date."))


@db.command(help="Write a consistent dump to FILE.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def backup(ctx: click.Context, file: Path) -> None:
    """Dump."""
    from geodata.cases.photos import keeping  # noqa: PLC0415
    from geodata.database import backup as dumps  # noqa: PLC0415

    with opened(ctx.obj) as database:
        size = dumps.backup(database, file)
    # after the dump: what its rows name is on the disk
    photos = keeping.pack(ctx.obj.data_dir, _photos_beside(file))
    words = _("Backed up to %(file)s (%(size)s MB).")
    click.echo(_say(ctx, words, file=str(file), size=f"{size / 1e6:.1f}"))
    if photos:
        words = _("%(photos)s photos of cases are beside it in %(file)s; keep both.")
        click.echo(_say(ctx, words, photos=photos, file=str(_photos_beside(file))))


def _photos_beside(file: Path) -> Path:
    """Where the photos of a backup are."""
    return file.with_name(file.name + ".photos.tar")


@db.command(help="Put the dump FILE in the place of the database.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do it though the database holds something.")
@click.pass_context
def restore(ctx: click.Context, file: Path, *, yes: bool) -> None:
    """Restore."""
    from geodata.cases.photos import keeping  # noqa: PLC0415
    from geodata.database import backup as dumps  # noqa: PLC0415
    from geodata.database import open_database  # noqa: PLC0415
    from geodata.errors import Conflict  # noqa: PLC0415

    with open_database(ctx.obj, pool_size=2) as database:
        if not yes and dumps.holds_anything(database):
            raise Conflict(
                "The database is not empty: add --yes to put the backup in its place; "
                "what is there now is kept under another name."
            )
        kept = dumps.restore(database, file)
    words = _("Restored from %(file)s. What was there before is kept as the database %(kept)s.")
    click.echo(_say(ctx, words, file=str(file), kept=kept))
    if _photos_beside(file).is_file():
        photos = keeping.unpack(_photos_beside(file), ctx.obj.data_dir)
        words = _("%(photos)s photos of cases are back from %(file)s.")
        click.echo(_say(ctx, words, photos=photos, file=str(_photos_beside(file))))


if __name__ == "__main__":
    main()
