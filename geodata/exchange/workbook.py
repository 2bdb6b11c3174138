"""Tables as an Excel file for people to work with: titled, in the formats of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from geodata.sheets import Cell, ColumnKind, Table

if TYPE_CHECKING:
    from datetime import tzinfo

    from openpyxl import Workbook
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


def add_table(book: Workbook, table: Table, about: str, zone: tzinfo) -> None:
    """A table on a sheet of its own."""
    sheet = book.create_sheet(sheet_name(table.title))
    titled(sheet, table.title, (about, table.note))
    rows: Iterable[tuple[Cell, ...]] = table.rows or ((table.empty,),)
    _laid(sheet, 4, [one.name for one in table.columns], rows, table, zone)


def titled(sheet: Worksheet, title: str, notes: tuple[str, ...]) -> None:
    """The title and what is to be said of it; a line each."""
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
    line(sheet, row, heads, head=True)
    widths = [_width(head) for head in heads]
    for number, values in enumerate(rows, start=row + 1):
        for k, value in enumerate(values):
            cell = put(sheet, number, k + 1, value, table.columns[k].kind, zone)
            if table.rows:
                widths[k] = max(widths[k], _width(cell.value))
    for k, width in enumerate(widths):
        sheet.column_dimensions[get_column_letter(k + 1)].width = min(width + 2.5, _WIDEST)
    sheet.freeze_panes = f"A{row + 1}"


def line(sheet: Worksheet, row: int, values: list[str], *, head: bool) -> None:
    """A line of texts, perhaps as the head of what follows."""
    for k, value in enumerate(values):
        cell = sheet.cell(row, k + 1, value)
        if head:
            cell.font, cell.fill, cell.border = Font(bold=True), _HEAD, _LINE


def put(
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


def sheet_name(title: str) -> str:
    """A title as the name of a sheet may be."""
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:31]
