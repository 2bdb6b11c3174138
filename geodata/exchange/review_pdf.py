"""A review as PDF: A4 upright, light, its typeface inside; no browser, nothing from outside."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
)
from reportlab.platypus import Table as Grid

from geodata.cases.reviews.sheets import Document, Headline
from geodata.exchange.typeface import register
from geodata.sheets import Cell, Column, Table, shown
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from datetime import tzinfo

MARGIN: Final = 16 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
INK: Final = HexColor("#1c242c")
QUIET: Final = HexColor("#5a6672")
LINE: Final = HexColor("#dde2e7")
SUNKEN: Final = HexColor("#f3f5f7")
ACCENT: Final = HexColor("#2563eb")
LATE: Final = HexColor("#c2362b")
BAR: Final = HexColor("#c9d9fb")
SHARES: Final = {
    "category": (3, 2.2, 1.3, 1.2, 1.5, 1.2, 1.2),
    "source": (3, 2.2, 1.3, 1.2, 1.5, 1.2, 1.2),
    "place": (3, 2.2, 1.3, 1.2, 1.5, 1.2, 1.2),
    "compound": (3.4, 2.8, 1.6, 1.1, 1.4),
    "late": (2.15, 1.15, 2.0, 2.7, 0.95, 0.95, 1.35, 0.95),
    "whistle": (0.8, 2.6, 1.2, 1.7, 1.4, 1.4, 1.5),
    "decision": (2.05, 1.1, 2.1, 3, 1.5, 1.3, 0.95, 1.3),
}
"""How wide the columns are, against each other."""
_TEXTS: Final = ("text", "code", "day", "moment")


class _Styles:
    def __init__(self) -> None:
        face = register()

        def style(name: str, size: float, color: Color = INK, **more: Any) -> ParagraphStyle:
            more = {"leading": size * 1.35, "wordWrap": "CJK"} | more
            return ParagraphStyle(name, fontName=face, fontSize=size, textColor=color, **more)

        self.face = face
        self.title = style("title", 19)
        self.subtitle = style("subtitle", 11, QUIET, spaceAfter=2 * mm)
        self.heading = style("heading", 12, spaceBefore=5 * mm, spaceAfter=0.5 * mm)
        self.note = style("note", 7.5, QUIET, spaceAfter=1.5 * mm)
        self.head = style("head", 7.5, QUIET)
        self.head_right = style("head_right", 7.5, QUIET, alignment=2)
        self.cell = style("cell", 8.5)
        self.code = style("code", 7.2, leading=11.5)
        self.cell_right = style("cell_right", 8.5, alignment=2)
        self.cell_late = style("cell_late", 8.5, LATE, alignment=2)


def write_pdf(
    document: Document, *, zone: tzinfo, language: str, made_at: datetime, city: str
) -> bytes:
    """The document as a PDF file.

    Raises:
        Unavailable: the machine has no typeface with Chinese.
    """
    styles = _Styles()
    story: list[Flowable] = [
        Paragraph(escape(document.title), styles.title),
        Paragraph(escape(document.subtitle), styles.subtitle),
        _headlines(document, styles, zone),
        Spacer(1, 2 * mm),
        *(Paragraph(escape(note), styles.note) for note in document.notes),
        *_chart(document, styles),
    ]
    for table in document.tables:
        story += _table(table, styles, zone)
    foot = translate(
        _("%(city)s · made %(moment)s"),
        language,
        city=city,
        moment=f"{made_at.astimezone(zone):%Y-%m-%d %H:%M}",
    )
    return _built(document, story, styles.face, foot, language)


def _built(document: Document, story: list[Flowable], face: str, foot: str, language: str) -> bytes:
    file = io.BytesIO()
    words = translate(_("Page %(page)s of %(pages)s"), language, page="{page}", pages="{pages}")

    class Numbered(Canvas):  # type: ignore[misc]
        """Knows how many pages there are before it writes the first."""

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - ReportLab's word
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                self.setFont(face, 7.5)
                self.setFillColor(QUIET)
                self.drawString(MARGIN, 9 * mm, foot)
                told = words.format(page=number, pages=len(self._pages))
                self.drawRightString(A4[0] - MARGIN, 9 * mm, told)
                super().showPage()
            super().save()

    frame = Frame(MARGIN, 15 * mm, WIDTH, A4[1] - 15 * mm - MARGIN, 0, 0, 0, 0)
    template = BaseDocTemplate(
        file,
        pagesize=A4,
        title=f"{document.title} {document.subtitle}",
        author="Wangge",
        lang="zh-CN" if language == "zh" else "en",
    )
    template.addPageTemplates([PageTemplate(frames=[frame])])
    template.build(story, canvasmaker=Numbered)
    return file.getvalue()


def _headlines(document: Document, styles: _Styles, zone: tzinfo) -> Drawing:
    """The large figures side by side, each with what it was before."""
    count = len(document.headlines)
    gap, height = 3 * mm, 24 * mm
    wide = (WIDTH - gap * (count - 1)) / count
    drawing = Drawing(WIDTH, height)
    for k, one in enumerate(document.headlines):
        left = k * (wide + gap)
        drawing.add(
            Rect(left, 0, wide, height, 4, 4, fillColor=SUNKEN, strokeColor=None, strokeWidth=0)
        )
        ink = LATE if one.tone == "late" else INK

        def say(text: str, y: float, size: float, color: Color, left: float = left) -> None:
            drawing.add(
                String(left + 3 * mm, y * mm, text, fontName=styles.face, fontSize=size,
                       fillColor=color)
            )  # fmt: skip

        say(one.name, 18.4, 7.5, QUIET)
        say(shown(one.value, one.kind, zone=zone), 10.4, 17, ink)
        say(_against(one, document.before_name, one.before, zone), 6, 6.8, QUIET)
        if one.last_year is not None:
            say(_against(one, document.last_year_name, one.last_year, zone), 2.4, 6.8, QUIET)
    return drawing


def _against(one: Headline, name: str, value: Cell, zone: tzinfo) -> str:
    return f"{name} {shown(value, one.kind, zone=zone)}"


def _chart(document: Document, styles: _Styles) -> list[Flowable]:
    """Bars over hours or days, the largest told by its figure."""
    title, bars = document.chart
    most = max((value for _name, value in bars), default=0)
    height, base = 26 * mm, 5 * mm
    drawing = Drawing(WIDTH, height)
    step = WIDTH / max(1, len(bars))
    wide = min(step * 0.72, 11 * mm)
    drawing.add(Line(0, base, WIDTH, base, strokeColor=LINE, strokeWidth=0.7))
    for k, (name, value) in enumerate(bars):
        tall = (height - base - 4 * mm) * value / most if most else 0
        left = (k + 0.5) * step - wide / 2
        if value:
            drawing.add(
                Rect(left, base, wide, tall, fillColor=ACCENT, strokeColor=None,
                     strokeWidth=0)
            )  # fmt: skip
        middle = k * step + step / 2
        figure = f"{value:,}" if value else ""
        for text, y, color in ((name, 1.4 * mm, QUIET), (figure, base + tall + 2, INK)):
            if text:
                drawing.add(
                    String(middle, y, text, fontName=styles.face, fontSize=6.5, fillColor=color,
                           textAnchor="middle")
                )  # fmt: skip
    return [Paragraph(escape(title), styles.heading), Spacer(1, 1 * mm), drawing]


class _BarCell(Flowable):  # type: ignore[misc]
    """A figure over a bar whose length is its share of the column's largest."""

    def __init__(self, text: str, share: float, styles: _Styles) -> None:
        super().__init__()
        self._text, self._share, self._styles = text, share, styles

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width, self.height = width, self._styles.cell.leading
        return self.width, self.height

    def draw(self) -> None:
        figure = 13 * mm
        self.canv.setFillColor(BAR)
        self.canv.rect(figure + 2 * mm, 2.2, (self.width - figure - 2 * mm) * self._share, 6, 0, 1)
        self.canv.setFillColor(INK)
        self.canv.setFont(self._styles.face, 8.5)
        self.canv.drawRightString(figure, 2.4, self._text)


def _table(table: Table, styles: _Styles, zone: tzinfo) -> list[Flowable]:
    head: list[Flowable] = [CondPageBreak(40 * mm), Paragraph(escape(table.title), styles.heading)]
    head.append(Paragraph(escape(table.note), styles.note))
    if not table.rows:
        return [*head, Paragraph(escape(table.empty), styles.cell)]
    shares = SHARES[table.key]
    widths = [WIDTH * share / sum(shares) for share in shares]
    most = [_most(table.rows, k) for k in range(len(table.columns))]
    lines: list[list[Flowable]] = [
        [
            Paragraph(
                escape(column.name),
                styles.head if column.kind in _TEXTS or column.bar else styles.head_right,
            )
            for column in table.columns
        ]
    ]
    lines += [
        [
            _cell(value, column, most[k], styles, zone)
            for k, (value, column) in enumerate(zip(row, table.columns, strict=True))
        ]
        for row in table.rows
    ]
    grid = Grid(lines, colWidths=widths, repeatRows=1)
    grid.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.9, QUIET),
            ("LINEBELOW", (0, 1), (-1, -1), 0.5, LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ]
    )
    return [*head, grid]


def _most(rows: Sequence[tuple[Cell, ...]], place: int) -> float:
    figures = [row[place] for row in rows if isinstance(row[place], int | float)]
    return float(max(figures, default=0))  # type: ignore[arg-type,type-var]


def _cell(value: Cell, column: Column, most: float, styles: _Styles, zone: tzinfo) -> Flowable:
    text = shown(value, column.kind, zone=zone)
    if column.bar and isinstance(value, int | float):
        return _BarCell(text, max(0.0, value / most) if most > 0 else 0.0, styles)
    if column.kind == "code":
        return Paragraph(escape(text), styles.code)
    return Paragraph(escape(text), styles.cell if column.kind in _TEXTS else styles.cell_right)
