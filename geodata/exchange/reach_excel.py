"""The reach of one area as an Excel file: its figures on one sheet, each table on its own."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from geodata.accounts import record, require
from geodata.exchange.workbook import add_table, put, sheet_name, titled
from geodata.reach import covering
from geodata.reach.coverage.reporting import Report, report

if TYPE_CHECKING:
    from datetime import tzinfo

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.reach.covering import Wish


def reach_file(
    database: Database,
    actor: Actor,
    profile: Profile,
    area: str,
    wish: Wish,
    *,
    at: datetime | None = None,
    calendar: Any = None,
    language: str = "zh",
) -> tuple[str, bytes]:
    """Name and content of the file; that it was taken is recorded.

    Raises:
        NotAllowed: the role may not export.
        NotFound: no area of that code.
        InvalidInput: a walker, an hour or a day that makes no sense.
    """
    require(actor, "export")
    found = covering.sheet_of(database, actor, profile, area, wish, at=at, calendar=calendar)
    as_of = at or datetime.now(UTC)
    told = report(found, profile, as_of=as_of, language=language)
    content = write_excel(told, zone=profile.zone)
    with database.begin() as tx:
        record(tx, actor, "exported", "areas", by="reach", area=area)
    return f"reach-{area}-{as_of.astimezone(profile.zone):%Y%m%d}.xlsx", content


def write_excel(told: Report, *, zone: tzinfo) -> bytes:
    """The report as an .xlsx file; texts are texts, so no cell is ever a formula."""
    book = Workbook()
    first = book.active
    if first is None:  # a new workbook has one
        first = book.create_sheet()
    first.title = sheet_name(told.title)
    titled(first, told.title, (told.subtitle, *told.notes))
    row = 3 + len(told.notes)
    for one in told.headlines:
        row += 1
        put(first, row, 1, one.name, "text", zone)
        put(first, row, 2, one.value, one.kind, zone)
    for k, width in enumerate((34, 14)):
        first.column_dimensions[get_column_letter(k + 1)].width = width
    for table in told.tables:
        add_table(book, table, told.subtitle, zone)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
