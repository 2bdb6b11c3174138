"""The terminal in the user's language: click's own words, and the help of our commands.

Commands are written with English help. ``in_words`` gives a copy of a command that says everything
in the language of ``WANGGE_LANGUAGE``; click's own sentences ("Usage", "No such option") go through
the same catalogue as everything else.
"""

from __future__ import annotations

import copy
import inspect
import os
import re
import unicodedata
from typing import TYPE_CHECKING, TypeVar

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.termui
import click.types
import click.utils

from geodata.settings import Settings
from geodata.words import LANGUAGES, translate
from geodata.words import sentence as _

if TYPE_CHECKING:
    from collections.abc import Iterable

AnyCommand = TypeVar("AnyCommand", bound=click.Command)

_SPEAKERS = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types", "utils")
KINDS = frozenset({"file", "directory", "path"})
"""Words that click asks for when a command is written, not when it is shown: they stay."""
_WIDE = r"\u2e80-\u9fff\uff00-\uffef"
_PIECES = re.compile(rf"\s+|(?:[{_WIDE}]|[^\s{_WIDE}]+)[，。；：、！？）》”’]*")
_OPTIONS, _SUBCOMMAND = _("[OPTIONS]"), _("COMMAND [ARGS]...")


def language() -> str:
    """The language of this terminal, known before any setting is read."""
    wish = os.environ.get("WANGGE_LANGUAGE", "").strip().lower()
    return wish if wish in LANGUAGES else str(Settings.model_fields["language"].default)


def say(message: str) -> str:
    """A sentence in the language of this terminal."""
    return message if message in KINDS else translate(message, language())


def say_many(one: str, many: str, number: int) -> str:
    """The sentence for one thing, or the one for several."""
    return say(one if number == 1 else many)


def in_words(command: AnyCommand) -> AnyCommand:
    """A copy of ``command``, and of all commands below it, that speaks the user's language."""
    told = copy.copy(command)
    if command.help:
        told.help = say(inspect.cleandoc(command.help))
        told.short_help = told.help.split("\n\n")[0]
    told.params = [_param(one) for one in command.params]
    told.context_class = Context
    told._help_option = None  # noqa: SLF001 - made anew, in the language of now
    if command.options_metavar:
        told.options_metavar = say(command.options_metavar)
    if isinstance(told, click.Group) and isinstance(command, click.Group):
        told.commands = {name: in_words(one) for name, one in command.commands.items()}
        told.subcommand_metavar = say(command.subcommand_metavar)
    return told


def _param(param: click.Parameter) -> click.Parameter:
    told = copy.copy(param)
    if isinstance(told, click.Option) and told.help:
        told.help = say(told.help)
    return told


class Formatter(click.HelpFormatter):
    """Help whose lines are as wide as they look: a Chinese character takes two cells."""

    def write_text(self, text: str) -> None:
        """One paragraph or several."""
        indent = " " * self.current_indent
        for number, paragraph in enumerate(text.split("\n\n")):
            self.write("\n" if number else "")
            for line in wrap(paragraph, self.width - self.current_indent):
                self.write(f"{indent}{line}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Terms and what they mean."""
        rows = list(rows)
        first = min(max((cells(term) for term, _meaning in rows), default=0), col_max)
        first += col_spacing
        for term, meaning in rows:
            self.write(" " * self.current_indent + term)
            room = first - cells(term)
            lines = wrap(meaning, max(self.width - first - self.current_indent, 10))
            if room < col_spacing and lines:
                self.write("\n" + " " * (first + self.current_indent))
                room = 0
            gap = "\n" + " " * (first + self.current_indent)
            self.write(" " * room * bool(lines) + gap.join(lines) + "\n")


class Context(click.Context):
    """A context whose help is laid out by cells."""

    formatter_class = Formatter


def cells(text: str) -> int:
    """How many cells of a terminal ``text`` takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells; no line begins with a closing sign."""
    lines: list[str] = []
    line = ""
    for piece in _PIECES.findall(text):
        part = " " if piece.isspace() else piece
        if line and cells(line) + cells(part) > width:
            lines.append(line.rstrip())
            line = ""
        line += part if line else part.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _teach_click() -> None:
    """Let click ask our catalogue; it binds gettext in each of its modules."""
    for name in _SPEAKERS:
        module = getattr(click, name)
        for word, own in (("_", say), ("ngettext", say_many)):
            if hasattr(module, word):
                setattr(module, word, own)


_teach_click()
