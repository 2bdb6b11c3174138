"""A review as an Excel file: the figures on one sheet, each table on one of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from geodata.cases.reviews.sheets import Document
from geodata.exchange.workbook import add_table, line, put, sheet_name, titled
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from datetime import tzinfo

    from openpyxl.worksheet.worksheet import Worksheet


def write_excel(document: Document, *, zone: tzinfo, language: str) -> bytes:
    """The document as an .xlsx file; texts are texts, so no cell is ever a formula."""
    book = Workbook()
    first: Worksheet = book.active  # type: ignore[assignment]
    _overview(first, document, zone, language)
    for table in document.tables:
        add_table(book, table, document.subtitle, zone)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _overview(sheet: Worksheet, document: Document, zone: tzinfo, language: str) -> None:
    sheet.title = sheet_name(document.title)
    titled(sheet, document.title, (document.subtitle, *document.notes))
    row = 3 + len(document.notes) + 1
    heads = ("", translate(_("this period"), language), document.before_name)
    line(sheet, row, [*heads, document.last_year_name], head=True)
    for one in document.headlines:
        row += 1
        values = (one.name, one.value, one.before, one.last_year)
        for k, value in enumerate(values):
            put(sheet, row, k + 1, value, "text" if k == 0 else one.kind, zone)
    row += 2
    title, bars = document.chart
    line(sheet, row, [title, ""], head=True)
    for name, value in bars:
        row += 1
        put(sheet, row, 1, name, "text", zone)
        put(sheet, row, 2, value, "count", zone)
    for k, width in enumerate((34, 14, 14, 18)):
        sheet.column_dimensions[get_column_letter(k + 1)].width = width
