"""The Chinese of every English sentence, for the terminal and for the server alike.

One catalogue (``geodata/translations``) serves all: the English sentence is the key. The readable
``.po`` file is compiled beside itself when the project is installed (``make``) or first used.
"""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from geodata.errors import WanggeError

TRANSLATIONS = Path(__file__).parent / "translations"
LANGUAGES = ("zh", "en")
LONGEST_QUOTED = 500
"""Characters of a value that an answer repeats."""


def compile_catalogue(language: str = "zh") -> Path:
    """Write ``messages.mo`` beside ``messages.po`` if it is missing or older; gives its path."""
    source = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    target = source.with_suffix(".mo")
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        with source.open("rb") as file:
            catalogue = read_po(file, locale=language)
        part = target.with_suffix(f".{os.getpid()}.part")  # several may start at once
        with part.open("wb") as file:
            write_mo(file, catalogue)
        part.replace(target)
    return target


@cache
def _translations(language: str) -> _gettext.NullTranslations:
    if language == "en":
        return _gettext.NullTranslations()
    compile_catalogue(language)
    return _gettext.translation("messages", TRANSLATIONS, languages=[language], fallback=True)


def translate(message: str, language: str, **params: Any) -> str:
    """``message`` in ``language`` with its ``%(named)s`` values filled in."""
    words = _translations(language).gettext(message) if message else message
    return words % params if params else words


def explain(error: WanggeError, language: str) -> str:
    """What an error says, in the user's language."""
    params = {name: quotable(_named(value, language)) for name, value in error.params.items()}
    return translate(error.message, language, **params)


def _named(value: Any, language: str) -> Any:
    """A term of the city comes with its name in each language; the rest is itself."""
    return value.get(language, "") if isinstance(value, Mapping) else value


def quotable(value: Any) -> Any:
    """A value as it can stand in a sentence: not endless, and no sign that nobody sees."""
    if not isinstance(value, str):
        return value
    text = value if len(value) <= LONGEST_QUOTED else value[:LONGEST_QUOTED] + "…"
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in text)


def sentence(message: str) -> str:
    """Mark a sentence that stands in a table: it is in the catalogue and translated when shown.

    Import it as ``_``, so that the check of the catalogue finds what it marks.
    """
    return message
