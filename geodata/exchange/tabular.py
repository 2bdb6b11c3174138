"""CSV in any encoding and Excel in any age, every value as the text that the file shows."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from geodata.errors import InvalidInput, NotFound
from geodata.exchange.source import Chunk, Source, unique_names
from geodata.words import sentence as _

BLOCK = 16 * 2**20
ROWS_AT_ONCE = 250_000
_HEAD = 2**18
_BOOKS = (b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How .xlsx, .xlsm, .xlsb and .ods begin, and the .xls of Excel 97 to 2003."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def sniff_encoding(path: Path) -> str:
    """The encoding of a text file: what its first bytes say, else UTF-8, else GB18030.

    Raises:
        InvalidInput: It is neither, or no text at all.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        if b"\0" in head:
            raise InvalidInput("The file %(file)s is not a text table.", file=path.name)
        for name in ("utf-8", "gb18030"):
            file.seek(0)
            decoder = codecs.getincrementaldecoder(name)()
            try:
                while block := file.read(2**22):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            return name
    raise InvalidInput(
        "The text of %(file)s is neither UTF-8 nor GBK; save it as UTF-8.", file=path.name
    )


class CsvSource(Source):
    """A text table; the delimiter is found in its first line."""

    def __init__(self, path: Path, filename: str) -> None:
        super().__init__(path, filename, driver="CSV")
        self.encoding = sniff_encoding(path)
        with path.open(encoding=self.encoding, newline="") as file:
            head = file.read(_HEAD)
        if not head.strip():
            raise InvalidInput("The file %(file)s is empty.", file=filename)
        self.delimiter = _delimiter(head.splitlines()[0])
        try:
            self._header = next(csv.reader(io.StringIO(head), delimiter=self.delimiter))
        except csv.Error as error:
            raise InvalidInput("The file %(file)s is broken.", file=filename) from error
        self.columns = unique_names(self._header)
        if self.encoding == "gb18030":
            self.findings.add("encoding", "note", _("The text was read as GBK."))

    def chunks(self, most: int | None = None) -> Iterator[Chunk]:
        """See ``Source.chunks``."""
        bad: list[int] = []

        def skip(row: Any) -> str:
            bad.append(row.number)
            self.findings.add(
                "ragged_row",
                "refused",
                _("The row has %(found)s columns instead of %(wanted)s."),
                row=row.number,
                found=row.actual_columns,
                wanted=row.expected_columns,
            )
            return "skip"

        size = max(self.path.stat().st_size, 1)
        with self.path.open("rb") as file:
            line = 2
            read = 0
            try:
                for table in self._tables(file, skip, BLOCK if most is None else 2**20):
                    rows, line = _numbered(line, len(table), bad)
                    end = len(table) if most is None else min(len(table), most - read)
                    yield Chunk(rows[:end], table[:end], share=min(file.tell() / size, 1.0))
                    read += end
                    if read == most:
                        return
            except (pa.ArrowException, UnicodeError) as error:
                raise InvalidInput(
                    "The file %(file)s cannot be read as a table: %(reason)s",
                    file=self.filename,
                    reason=str(error)[:200],
                ) from error

    def _tables(self, file: Any, skip: Any, block: int) -> Iterator[pa.Table]:
        text = pa.string()
        reader = pyarrow.csv.open_csv(
            file,
            # Threads lose the number of a row that is refused.
            pyarrow.csv.ReadOptions(encoding=self.encoding, block_size=block, use_threads=False),
            pyarrow.csv.ParseOptions(
                delimiter=self.delimiter, invalid_row_handler=skip, newlines_in_values=True
            ),
            pyarrow.csv.ConvertOptions(
                column_types={name.strip("\ufeff"): text for name in self._header}
                | dict.fromkeys(self._header, text),
                strings_can_be_null=False,
            ),
        )
        waiting: list[pa.RecordBatch] = []
        for batch in reader:
            waiting.append(batch)
            if sum(map(len, waiting)) >= ROWS_AT_ONCE:
                yield self._joined(waiting)
                waiting = []
        if waiting:
            yield self._joined(waiting)

    def _joined(self, batches: list[pa.RecordBatch]) -> pa.Table:
        return pa.Table.from_batches(batches).rename_columns(self.columns)


def _numbered(line: int, count: int, bad: list[int]) -> tuple[np.ndarray, int]:
    """The line numbers of the next ``count`` good rows from ``line``, past the bad ones."""
    rows = np.arange(line, line + count, dtype=np.int64)
    for number in bad:
        rows[rows >= number] += 1
    after = int(rows[-1]) + 1 if count else line
    bad.clear()
    return rows, after


def _delimiter(line: str) -> str:
    counts = {mark: line.count(mark) for mark in ",\t;|"}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def _height(sheet: CalamineSheet) -> int:
    """Rows of a sheet from its very first to its last; its own ``total_height`` is one less."""
    return int(sheet.start[0] + sheet.height) if sheet.start else 0


class ExcelSource(Source):
    """One sheet of a workbook. Lines above the header, such as a title, are passed over."""

    def __init__(self, path: Path, filename: str, sheet: str | None) -> None:
        super().__init__(path, filename, driver="Excel")
        with path.open("rb") as file:
            head = file.read(8)
        if not head.startswith(_BOOKS):
            raise InvalidInput(
                "%(file)s has the ending of an Excel file but is none inside: some systems export "
                "web pages or texts so. Open it in Excel and save it as .xlsx.",
                file=filename,
            )
        try:
            # By what it is, not by its ending: an .xls file is often an .xlsx one inside.
            with path.open("rb") as file:
                self._book = CalamineWorkbook.from_filelike(file)
            self.layers = list(self._book.sheet_names)
            if sheet is not None and sheet not in self.layers:
                raise NotFound(
                    "There is no layer %(layer)s in the file; it has %(known)s.",
                    layer=sheet,
                    known=", ".join(self.layers),
                )
            self.layer = sheet or self._first_filled()
            self._sheet = self._book.get_sheet_by_name(self.layer)
        except (CalamineError, OSError, ValueError) as error:
            raise InvalidInput(
                "The file %(file)s is broken or has a password.", file=filename
            ) from error
        self._above = self._find_header()
        if self._above:
            self.findings.add(
                "title_rows",
                "note",
                _("The header was found in row %(row)s; what stands above it was left out."),
                row=self._above + 1,
            )
        self.total = max(_height(self._sheet) - self._above - 1, 0)

    def _first_filled(self) -> str:
        for name in self.layers:
            if _height(self._book.get_sheet_by_name(name)):
                return name
        raise InvalidInput("The file %(file)s is empty.", file=self.filename)

    def _find_header(self) -> int:
        head: list[list[Any]] = []
        for row in self._rows():
            head.append(row)
            if len(head) == 12:
                break
        widths = [sum(isinstance(cell, str) and bool(cell.strip()) for cell in row) for row in head]
        if not widths or not max(widths):
            raise InvalidInput("The file %(file)s has no header row.", file=self.filename)
        at = next(
            k
            for k, width in enumerate(widths)
            if width * 2 > max(map(len, head)) or width == max(widths)
        )
        self.columns = unique_names(head[at])
        return at

    def _rows(self) -> Iterator[list[Any]]:
        """All rows of the sheet from its very first, also the empty ones above the data."""
        start = self._sheet.start
        for _row in range(start[0] if start else 0):
            yield []
        left = [None] * (start[1] if start else 0)
        for row in self._sheet.iter_rows():
            yield left + list(row)

    def chunks(self, most: int | None = None) -> Iterator[Chunk]:
        """See ``Source.chunks``."""
        waiting: list[list[Any]] = []
        rows: list[int] = []
        read = 0
        for number, row in enumerate(self._rows(), start=1):
            if number <= self._above + 1 or all(cell in (None, "") for cell in row):
                continue
            waiting.append(row)
            rows.append(number)
            read += 1
            if len(waiting) == ROWS_AT_ONCE or read == most:
                yield self._chunk(rows, waiting)
                rows, waiting = [], []
            if read == most:
                return
        if waiting:
            yield self._chunk(rows, waiting)

    def _chunk(self, rows: list[int], values: list[list[Any]]) -> Chunk:
        width = len(self.columns)
        columns = {
            name: pa.array(
                [shown(row[k]) if k < len(row) else "" for row in values], type=pa.string()
            )
            for k, name in enumerate(self.columns[:width])
        }
        share = min(rows[-1] / max(self._above + 1 + (self.total or 1), 1), 1.0)
        return Chunk(np.array(rows, dtype=np.int64), pa.table(columns), share=share)

    def close(self) -> None:
        """Let the workbook go."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._book.close()


def shown(value: Any) -> str:
    """A cell as text: whole numbers without a point, times as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)
