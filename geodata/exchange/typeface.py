"""A typeface with Chinese for what is drawn without a browser."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from geodata.errors import Unavailable
from geodata.settings import Settings

NAME: Final = "wangge"
# TrueType outlines alone can be put into a PDF; of a collection the first face is taken.
FACES: Final = (
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wenquanyi/wqy-zenhei/wqy-zenhei.ttc",
    "/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts-droid-fallback/truetype/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/Library/Fonts/Arial Unicode.ttf",
)


@cache
def register() -> str:
    """Make the typeface known to ReportLab, once in a process; gives its name there.

    Raises:
        Unavailable: there is none on this machine; the message names the package.
    """
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - most processes draw nothing
    from reportlab.pdfbase.ttfonts import TTFError, TTFont  # noqa: PLC0415

    own = Settings().typeface
    for path in (*([own] if own else []), *map(Path, FACES)):
        if path.is_file():
            try:
                pdfmetrics.registerFont(TTFont(NAME, str(path)))
            except TTFError:
                continue  # PostScript outlines, or damaged
            return NAME
    raise Unavailable(
        "There is no Chinese typeface for the PDF on the server: install the package"
        " fonts-wqy-zenhei, or name a TrueType file in WANGGE_TYPEFACE."
    )
