"""Files in: looked at first, then taken whole or not at all."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from datetime import time as clock
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import sqlalchemy as sa

from geodata.accounts import Actor, record, require
from geodata.cases.clocks import calendar
from geodata.cases.incoming.entering import By
from geodata.cases.incoming.storing import CaseLoad
from geodata.cases.whereabouts.addresses import Found, find
from geodata.database import Database, Transaction
from geodata.errors import Cancelled, Conflict, InvalidInput
from geodata.exchange.addresses_in import AddressFinder
from geodata.exchange.cases_in import (
    PLACED_BY,
    CaseReader,
    holders_of_cases,
    place_earlier_cases,
    tell_unplaced,
)
from geodata.exchange.columns import fixed_values
from geodata.exchange.coordinates import Placing, find_placing
from geodata.exchange.fields import SHAPES
from geodata.exchange.findings import Report
from geodata.exchange.guessing import guess_shift
from geodata.exchange.mapping import ColumnMapping, map_columns
from geodata.exchange.over_published import refuse_over_published
from geodata.exchange.places_in import Incoming, complete, read_places, tell_outside
from geodata.exchange.reading import MOST_BYTES, open_source
from geodata.exchange.rooms_in import read_rooms, tell_refused
from geodata.exchange.source import Chunk, Source
from geodata.exchange.tables import imports
from geodata.exchange.wishes import Wish, require_import
from geodata.places.locating import get_ready
from geodata.places.storing import is_empty, lock, store_versions
from geodata.profiles import Profile, load_profile
from geodata.reach.rooms import ledger
from geodata.words import sentence as _

Progress = Callable[[str, float], None]

_LARGE = 20_000
_LARGE_BYTES = 2 * 2**20


class _NotStored(Exception):
    """Ends a transaction whose outcome is a report and no change."""


def import_file(
    database: Database,
    actor: Actor,
    layer: str,
    path: str | Path,
    *,
    profile: Profile | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    most_bytes: int = MOST_BYTES,
    **wish: Any,
) -> Report:
    """Bring a file into a layer, in one transaction and with one audit entry.

    Args:
        database: Where to.
        actor: Who; needs the permission ``import``, and the areas of duty that the rows lie in.
        layer: One of the layers, or ``rooms``.
        path: The file.
        profile: The city's words; absent: the shipped one.
        progress: Called with what is being done and the share done, 0 to 1.
        cancelled: Asked after each chunk; a yes raises Cancelled and keeps nothing.
        most_bytes: How large the file may be, also unpacked.
        **wish: The fields of ``Wish``.

    Returns:
        What became of each row. ``stored`` is false if rows were refused and ``skip_bad`` was
        not said, and for a dry run: then nothing has changed.

    Raises:
        InvalidInput: The file cannot be read at all, or what was said about it makes no sense.
        NotAllowed: The role, or an area of duty, does not reach so far.
        Cancelled: ``cancelled`` said so.
        Conflict: Somebody else brought the same cases meanwhile, or ``since`` is too early.
        Unavailable: The database went away; nothing was kept.
    """
    said = Wish(**wish)
    profile = profile or load_profile("linyi")
    start = time.monotonic()
    require_import(actor, layer)
    path = Path(path)
    if layer == "cases" and path.is_file() and path.stat().st_size > _LARGE_BYTES:
        # What places them is loaded while the file is being opened and the database waited for.
        threading.Thread(target=get_ready, name="getting ready", daemon=True).start()
    with open_source(
        path,
        target=layer,
        layer=said.layer_name,
        filename=said.filename,
        most_bytes=most_bytes,
    ) as source:
        look_up = partial(find, database, profile)
        work = _Import(source, layer, profile, said, progress, cancelled, look_up)
        try:
            with database.begin() as tx:
                work.run(tx, actor)
                report = work.report
                work.leave_if_not_wanted()
                report.stored = True
                report.seconds = round(time.monotonic() - start, 2)
                work.conclude(tx, actor)
        except _NotStored:
            report.import_id = None
        except (sa.exc.IntegrityError, psycopg.IntegrityError) as error:
            raise Conflict("Somebody else changed the same records just now; try again.") from error
    report.seconds = round(time.monotonic() - start, 2)
    return report


class _Import:
    """One import while it runs."""

    def __init__(
        self,
        source: Source,
        layer: str,
        profile: Profile,
        said: Wish,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
        find: Callable[[Sequence[str]], list[Found]],
    ) -> None:
        self._source = source
        self._find = find
        self._layer = layer
        self._profile = profile
        self._said = said
        self._progress = progress or (lambda _stage, _share: None)
        self._cancelled = cancelled or (lambda: False)
        self.report = Report(layer, source.filename, dry_run=said.dry_run, findings=source.findings)
        self._mapping: ColumnMapping
        self._placing: Placing
        self._fixed = fixed_values(layer, said.values, profile)

    def run(self, tx: Transaction, actor: Actor) -> None:
        """Read and store all, but for the last entries."""
        self._tell("reading", 0.0)
        chunks = self._source.chunks()
        first = next(chunks, None)
        if first is None or not len(first):
            if self.report.findings.counts.get("ragged_row"):
                raise InvalidInput("No row of %(file)s can be read.", file=self._source.filename)
            raise InvalidInput("The file %(file)s holds no rows.", file=self._source.filename)
        self._understand(first)
        self._note_file(tx, actor)
        if self._layer == "cases":
            self._cases(tx, actor, first, chunks)
        elif self._layer == "rooms":
            self._rooms(tx, actor, _joined([first, *chunks]))
        else:
            self._places(tx, actor, _joined([first, *chunks]))

    def leave_if_not_wanted(self) -> None:
        """End the transaction of a dry run, and of a file that has bad rows."""
        if self._said.dry_run or (self.report.refused and not self._said.skip_bad):
            raise _NotStored

    def conclude(self, tx: Transaction, actor: Actor) -> None:
        """The report beside the data, the change feed, the audit."""
        report = self.report
        happened = report.added + report.changed + report.ended
        if happened:
            tx.connection.execute(
                sa.update(imports)
                .where(imports.c.id == report.import_id)
                .values(report=report.as_dict())
            )
            if self._layer in SHAPES:  # what maps show and pages follow
                tx.changed(
                    self._layer,
                    None,
                    "loaded",
                    added=report.added,
                    changed=report.changed,
                    ended=report.ended,
                    import_id=report.import_id,
                )
        else:
            tx.connection.execute(sa.delete(imports).where(imports.c.id == report.import_id))
            report.import_id = None
        record(
            tx,
            actor,
            "imported",
            self._layer,
            filename=report.filename,
            added=report.added,
            changed=report.changed,
            unchanged=report.unchanged,
            ended=report.ended,
            refused=report.refused,
            import_id=report.import_id,
        )

    def _understand(self, first: Chunk) -> None:
        self._mapping = map_columns(
            self._layer,
            first.table.column_names,
            said=self._said.mapping,
            has_geometry=first.geometry is not None,
        )
        self._placing = find_placing(
            self._source,
            first,
            self._mapping,
            declared=self._said.crs,
            found=self.report.findings,
        )
        if self._placing.way is None and self._layer in SHAPES and self._layer != "cases":
            raise InvalidInput(
                "The file %(file)s has no geometry, and no columns of longitude and latitude.",
                file=self._source.filename,
            )
        self.report.crs = self._placing.crs
        self.report.crs_reason = self._placing.reason
        self.report.mapping = self._mapping.as_dict()
        self.report.unmapped = self._mapping.unmapped

    def _note_file(self, tx: Transaction, actor: Actor) -> None:
        self.report.import_id = tx.connection.execute(
            sa.insert(imports)
            .values(
                layer=self._layer,
                filename=self._source.filename,
                sha256=_digest(self._source.path),
                crs=self._placing.crs,
                mapping=self.report.mapping,
                attribution=self._said.attribution,
                user_id=actor.user_id,
            )
            .returning(imports.c.id)
        ).scalar_one()

    def _cases(self, tx: Transaction, actor: Actor, first: Chunk, rest: Any) -> None:
        reader = CaseReader(
            self._mapping,
            self._placing,
            self._profile,
            self._fixed,
            self.report.findings,
            holders_of_cases(tx.connection, self._profile),
            self.report.import_id,
            calendar.workdays(tx.connection, self._profile),
            AddressFinder(self._find),
        )
        load = CaseLoad(
            tx.connection,
            by=By(actor.user_id, actor.name, self.report.import_id),
            only_new=reader.only_new,
            large=first.share < 1 or len(first) > _LARGE,
        )
        # One thread reads and checks the next chunk while the database takes the last one.
        with ThreadPoolExecutor(1, "storing") as storing:
            before: Future[None] | None = None
            chunk: Chunk | None = first
            while chunk is not None:
                self.report.rows += len(chunk)
                columns = reader.read(chunk)
                if before is not None:
                    before.result()
                self._tell("storing", 0.8 * chunk.share)
                before = storing.submit(load.add, columns, cancelled=self._cancelled)
                chunk = next(rest, None)
            if before is not None:
                before.result()
        self._tell("finishing", 0.8)
        stored = load.finish()
        ragged = self.report.findings.counts.get("ragged_row", 0)
        self.report.rows += ragged
        self.report.refused = reader.refused + ragged
        self.report.added = stored.added
        self.report.changed = stored.changed
        self.report.unchanged = stored.unchanged
        self.report.unplaced = reader.unplaced
        tell_unplaced(self.report)
        if reader.finder is not None:
            reader.finder.tell(self.report.findings)
        if stored.held:
            self.report.findings.add(
                "state_held",
                "note",
                _(
                    "%(number)s cases are worked on here; the state that the file gives them was"
                    " left out."
                ),
                number=stored.held,
            )
        if stored.repeated:
            self.report.findings.add(
                "repeated_case",
                "note",
                _("%(number)s rows name a case that another row had named; the last one holds."),
                number=stored.repeated,
            )
        require(actor, "import", area_codes=reader.areas, connection=tx.connection)
        self._tell("finishing", 1.0)

    def _places(self, tx: Transaction, actor: Actor, chunk: Chunk) -> None:
        report = self.report
        report.rows = len(chunk)
        self._tell("checking", 0.2)
        incoming = read_places(
            self._layer,
            chunk,
            self._mapping,
            self._placing,
            self._profile,
            self._fixed,
            report.findings,
        )
        ragged = report.findings.counts.get("ragged_row", 0)
        report.rows += ragged
        report.refused = incoming.refused + ragged
        report.mended = incoming.mended
        if not len(incoming.shapes) and not report.refused:
            raise InvalidInput("The file %(file)s holds no rows.", file=self._source.filename)
        if not len(incoming.shapes):
            return
        self._tell("placing", 0.5)
        self._doubt(tx, incoming)
        lock(tx.connection, self._layer)
        complete(tx.connection, self._layer, incoming, self._profile, report)
        if self._layer != "streets":
            named = "code" if self._layer == "areas" else "area_code"
            require(
                actor,
                "import",
                area_codes=set(incoming.texts(named)),
                connection=tx.connection,
            )
        self._tell("storing", 0.7)
        since = _instant(self._said.since, self._profile)
        if self._layer == "grids":
            refuse_over_published(
                tx.connection,
                codes=incoming.texts("code"),
                communities=incoming.texts("area_code"),
                shapes=incoming.shapes,
                since=since,
                replace=self._said.replace,
            )
        first = is_empty(tx.connection, self._layer)
        stored = store_versions(
            tx.connection,
            self._layer,
            {**incoming.columns, "geom": incoming.shapes},
            since=since,
            worked_out=incoming.worked_out,
            import_id=report.import_id,
            replace=self._said.replace,
        )
        report.added, report.changed = stored.added, stored.changed
        report.unchanged, report.ended = stored.unchanged, stored.ended
        if first and self._layer in PLACED_BY:
            place_earlier_cases(tx, self._layer, self._profile, report)
        self._tell("storing", 1.0)

    def _rooms(self, tx: Transaction, actor: Actor, chunk: Chunk) -> None:
        if self._said.replace or self._said.since is not None:
            raise InvalidInput(
                "A ledger of rooms ends nothing, and its own columns say since when."
            )
        report = self.report
        self._tell("checking", 0.2)
        lines = read_rooms(
            chunk, self._mapping, self._placing, self._profile, self._fixed, report.findings
        )
        self._tell("storing", 0.5)
        taken = ledger.take(tx, actor, self._profile, lines)
        tell_refused(taken, report.findings)
        ragged = report.findings.counts.get("ragged_row", 0)
        report.rows = len(chunk) + ragged
        report.refused = report.rows - taken.added - taken.changed - taken.unchanged
        report.added, report.changed = taken.added, taken.changed
        report.unchanged, report.unplaced = taken.unchanged, taken.unplaced
        tell_outside(report)
        self._tell("storing", 1.0)

    def _doubt(self, tx: Transaction, incoming: Incoming) -> None:
        """Say so if another coordinate system would fit better."""
        guess = guess_shift(
            tx.connection,
            self._layer,
            incoming.shapes,
            self._placing,
            names=incoming.texts("name"),
        )
        if guess is not None:
            self.report.findings.add("shifted", "note", guess.message, **guess.params)

    def _tell(self, stage: str, share: float) -> None:
        self._progress(stage, share)
        if self._cancelled():
            raise Cancelled("Stopped; nothing was kept.")


def _joined(chunks: list[Chunk]) -> Chunk:
    if len(chunks) == 1:
        return chunks[0]
    geometry = None
    if chunks[0].geometry is not None:
        geometry = np.concatenate([c.geometry for c in chunks if c.geometry is not None])
    return Chunk(
        np.concatenate([c.rows for c in chunks]),
        pa.concat_tables([c.table for c in chunks], promote_options="permissive"),
        geometry,
    )


def _digest(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _instant(since: date | datetime | None, profile: Profile) -> datetime | None:
    if since is None:
        return None
    if isinstance(since, datetime):
        return since if since.tzinfo else since.replace(tzinfo=profile.zone)
    return datetime.combine(since, clock.min, tzinfo=profile.zone)
