"""Excel out, written as it comes: a sheet of a million rows takes no more memory than one of ten.

An .xlsx file is a zip archive of XML (ECMA-376, part 1, SpreadsheetML). Whole columns become
cells at once; texts are inline strings, so that no table of them grows in memory, and carry the
number format of a text: Excel computes none and keeps the zeros of codes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geodata.errors import TooLarge
from geodata.exchange.outgoing import Outgoing, times_as_text, truth_as_text
from geodata.exchange.tables_out import all_harmless, harmless, with_inner_points, with_points

MOST_ROWS: Final = 1_048_576 - 1
"""Below the header."""
_MOST_CELL: Final = 32_767
# XML 1.0 has no place for these.
_UNPRINTABLE: Final = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml."

_PARTS: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}worksheet+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2"'
        f' Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # Format 49 is that of a text.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/>'
        '</font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
        '<patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/>'
        '<right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf'
        ' numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf'
        ' numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0"'
        ' fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}


def write_excel(rows: Outgoing, path: Path, name: str) -> None:
    """One sheet, row after row; shapes as a point inside each."""
    placed = rows.changed(with_points if rows.shape == "Point" else with_inner_points)
    table = placed.changed(lambda batch: truth_as_text(times_as_text(batch)))
    write_sheet(path, name, table.schema.names, table.batches)


def write_sheet(
    path: Path, name: str, columns: Sequence[str], batches: Iterable[pa.RecordBatch]
) -> int:
    """Batches of texts and numbers, as they come, below a line of ``columns``; gives their rows.

    Raises:
        TooLarge: more rows than a sheet has.
    """
    title = quoteattr("".join(sign for sign in name if sign not in "[]:*?/\\")[:31] or "Sheet1")
    workbook = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name={title}'
        ' sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    # Most of the time would go into packing tighter.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for part, content in (_PARTS | {"xl/workbook.xml": workbook}).items():
            book.writestr(part, _HEAD + content)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            heading = [[harmless(column)] for column in columns]
            sheet.write(_lines(pa.RecordBatch.from_arrays(heading, list(columns)), 1))
            number = 2
            for batch in batches:
                if number + len(batch) - 2 > MOST_ROWS:
                    raise TooLarge(
                        "A sheet of Excel has at most %(most)s rows; choose fewer, or CSV.",
                        most=MOST_ROWS,
                    )
                sheet.write(_lines(all_harmless(batch), number))
                number += len(batch)
            sheet.write(b"</sheetData></worksheet>")
    return number - 2


def _lines(batch: pa.RecordBatch, first: int) -> bytes:
    """The rows of a batch as XML, numbered from ``first``."""
    if not len(batch):
        return b""
    numbers = pa.array(np.arange(first, first + len(batch))).cast(pa.string())
    cells = [_cells(column, _letters(k), numbers) for k, column in enumerate(batch.columns)]
    lines = pc.binary_join_element_wise('<row r="', numbers, '">', *cells, "</row>", "")
    # Texts of a column lie one behind the other.
    _there, ends, text = lines.buffers()
    offsets = np.frombuffer(ends, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return bytes(text[int(offsets[0]) : int(offsets[-1])])


def _cells(column: pa.Array, letters: str, numbers: pa.Array) -> pa.Array:
    """Each value as a cell; nothing where there is none."""
    start = f'<c r="{letters}'
    if pa.types.is_string(column.type):
        opening = '" s="1" t="inlineStr"><is><t xml:space="preserve">'
        text = _escaped(pc.utf8_slice_codeunits(column, 0, _MOST_CELL))
        cells = pc.binary_join_element_wise(start, numbers, opening, text, "</t></is></c>", "")
        return pc.if_else(pc.fill_null(pc.not_equal(column, ""), fill_value=False), cells, "")
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
    value = column.cast(pa.string())
    return pc.fill_null(
        pc.binary_join_element_wise(start, numbers, '"><v>', value, "</v></c>", ""), ""
    )


def _escaped(text: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring_regex(text, _UNPRINTABLE)).as_py():
        text = pc.replace_substring_regex(text, _UNPRINTABLE, "")
    for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = pc.replace_substring(text, sign, escaped)
    return text


def _letters(place: int) -> str:
    """The name of a column: A to Z, then AA and so on."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name
