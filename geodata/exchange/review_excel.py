"""A review as an Excel file: the figures on one sheet, each table on one of its own."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from geodata.cases.reviews.sheets import Cell, ColumnKind, Document, Table
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from datetime import tzinfo

    from openpyxl.worksheet.worksheet import Worksheet

_FORMATS: Final[dict[ColumnKind, str]] = {
    "count": "#,##0",
    "change": "+#,##0;-#,##0;0",
    "share": "0.0%",
    "rate": "#,##0.0",
    "minutes": "#,##0",
    "moment": "yyyy-mm-dd hh:mm",
    "day": "yyyy-mm-dd",
    "text": "@",
    "code": "@",
}
_WIDEST: Final = 48
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HEAD: Final = PatternFill("solid", fgColor="FFE6EEFD")
_LINE: Final = Border(bottom=Side("thin", "FFB9C2CB"))
_QUIET: Final = Font(color="FF5A6672", size=9)


def write_excel(document: Document, *, zone: tzinfo, language: str) -> bytes:
    """The document as an .xlsx file; texts are texts, so no cell is ever a formula."""
    book = Workbook()
    first: Worksheet = book.active  # type: ignore[assignment]
    _overview(first, document, zone, language)
    for table in document.tables:
        sheet = book.create_sheet(_sheet_name(table.title))
        _titled(sheet, table.title, (document.subtitle, table.note))
        rows: Iterable[tuple[Cell, ...]] = table.rows or ((table.empty,),)
        _laid(sheet, 4, [one.name for one in table.columns], rows, table, zone)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _overview(sheet: Worksheet, document: Document, zone: tzinfo, language: str) -> None:
    sheet.title = _sheet_name(document.title)
    _titled(sheet, document.title, (document.subtitle, *document.notes))
    row = 3 + len(document.notes) + 1
    heads = ("", translate(_("this period"), language), document.before_name)
    _line(sheet, row, [*heads, document.last_year_name], head=True)
    for one in document.headlines:
        row += 1
        values = (one.name, one.value, one.before, one.last_year)
        for k, value in enumerate(values):
            _put(sheet, row, k + 1, value, "text" if k == 0 else one.kind, zone)
    row += 2
    title, bars = document.chart
    _line(sheet, row, [title, ""], head=True)
    for name, value in bars:
        row += 1
        _put(sheet, row, 1, name, "text", zone)
        _put(sheet, row, 2, value, "count", zone)
    for k, width in enumerate((34, 14, 14, 18)):
        sheet.column_dimensions[get_column_letter(k + 1)].width = width


def _titled(sheet: Worksheet, title: str, notes: tuple[str, ...]) -> None:
    sheet.cell(1, 1, title).font = Font(bold=True, size=14)
    for k, note in enumerate(notes):
        sheet.cell(2 + k, 1, note).font = _QUIET
    setup: Any = sheet.page_setup
    setup.orientation, setup.paperSize, setup.fitToWidth, setup.fitToHeight = "landscape", 9, 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]


def _laid(
    sheet: Worksheet,
    row: int,
    heads: list[str],
    rows: Iterable[tuple[Cell, ...]],
    table: Table,
    zone: tzinfo,
) -> None:
    _line(sheet, row, heads, head=True)
    widths = [_width(head) for head in heads]
    for number, values in enumerate(rows, start=row + 1):
        for k, value in enumerate(values):
            put = _put(sheet, number, k + 1, value, table.columns[k].kind, zone)
            if table.rows:
                widths[k] = max(widths[k], _width(put.value))
    for k, width in enumerate(widths):
        sheet.column_dimensions[get_column_letter(k + 1)].width = min(width + 2.5, _WIDEST)
    sheet.freeze_panes = f"A{row + 1}"


def _line(sheet: Worksheet, row: int, values: list[str], *, head: bool) -> None:
    for k, value in enumerate(values):
        cell = sheet.cell(row, k + 1, value)
        if head:
            cell.font, cell.fill, cell.border = Font(bold=True), _HEAD, _LINE


def _put(
    sheet: Worksheet, row: int, column: int, value: Cell, kind: ColumnKind, zone: tzinfo
) -> Any:
    """A value in its format. A text is told to be one: else openpyxl takes ``=…`` for a formula."""
    if isinstance(value, datetime):
        value = value.astimezone(zone).replace(tzinfo=None)
    cell: Any = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = _UNPRINTABLE.sub("", value)[:32_767]
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    else:
        cell.value = value
    cell.number_format = "@" if isinstance(value, str) else _FORMATS[kind]
    return cell


def _width(value: Any) -> int:
    """How wide a text is; a Chinese sign takes two."""
    text = f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value or "")
    longest = max(text.split("\n"), key=len, default="")
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in longest[:_WIDEST])


def _sheet_name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:31]
