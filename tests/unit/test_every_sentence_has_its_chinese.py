"""Nothing that a person reads is left in English on a Chinese page or terminal."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

import api
import app
from api.v1 import BLUEPRINTS
from geodata import errors
from geodata.terminal import KINDS
from geodata.words import LANGUAGES, TRANSLATIONS

ROOT = Path(__file__).parents[2]
ROOMS = ("geodata", "api", "webmap")
REFUSALS = [name for name, kind in vars(errors).items() if isinstance(kind, type)]
LOGGED = ("warning", "error", "exception", "critical")
"""What the log says of these levels is shown at the terminal."""
KEYWORDS: dict[str, tuple[int, ...] | None] = dict.fromkeys(
    ("_", "t", "gettext", "lazy_gettext", "translate", "sentence", *LOGGED, *REFUSALS)
) | {"ngettext": (1, 2), "_say": (2,)}
METHODS = [
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2"),
]
OF_MODULES = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)*)"')
"""What the browser's modules say; Babel does not look into the templates among their strings."""
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)(?:![rs])?\}")
CHINESE = re.compile(r"[\u3400-\u9fff]")

CLICK_ROOMS = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")
OF_PROGRAMMERS = re.compile(
    r"defined twice|DeprecationWarning|declaration|decls|No options defined|cannot use the same"
    r"|Invalid start character|Unknown color|Choice\(|must be an iterable|Press any key"
    r"|^deprecated$"
)
"""What click says to who writes commands, not to who types them."""


def _flat(found: Iterator[tuple[object, ...]], place: str) -> Iterator[tuple[str, str]]:
    for one in found:
        message = next(part for part in one if isinstance(part, str | tuple) and part is not one[0])
        line = next(part for part in one if isinstance(part, int))
        name = f"/{one[0]}" if isinstance(one[0], str) else ""
        for sentence in message if isinstance(message, tuple) else (message,):
            if isinstance(sentence, str) and sentence:
                yield sentence, f"{place}{name}:{line}"


def _of_modules() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "webmap/static/js").rglob("*.js")):
        for found in OF_MODULES.finditer(path.read_text()):
            yield json.loads(f'"{found[1]}"'), path.name


def _of_click() -> Iterator[tuple[str, str]]:
    """What click says to people at the terminal."""
    folder = Path(click.__file__).parent
    for room in CLICK_ROOMS:
        words = {"_": None, "ngettext": (1, 2)}
        found = extract_from_file("python", folder / f"{room}.py", keywords=words)
        for sentence, place in _flat(found, f"click/{room}.py"):
            if sentence not in KINDS and not OF_PROGRAMMERS.search(sentence):
                yield sentence, place
    yield "required", "click/core.py"


def _of_command(command: click.Command, place: str) -> Iterator[tuple[str, str]]:
    """The help of a command, of its options and of the commands below it."""
    if command.help:
        yield inspect.cleandoc(command.help), place
    for param in command.params:
        if isinstance(param, click.Option) and param.help:
            yield param.help, f"{place} {param.opts[0]}"
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from _of_command(one, f"{place} {name}")


def _of_commands() -> Iterator[tuple[str, str]]:
    yield from _of_command(app.main, "wangge")
    for name, (module, words) in app.COMMANDS.items():
        yield words, f"wangge {name}"
        for thing in vars(importlib.import_module(module)).values():
            if isinstance(thing, click.Command) and thing.name == name:
                yield from _of_command(thing, f"wangge {name}")


def _of_the_api() -> Iterator[tuple[str, str]]:
    """What ``/api/docs`` says, which is written in docstrings and fields."""
    described = api.application("described")
    for blueprint in BLUEPRINTS:
        described.register_blueprint(blueprint)
    with described.app_context():
        for text in api.description.sentences(described.spec):
            yield text, "api/docs"


@cache
def sentences() -> tuple[tuple[str, str], ...]:
    """Every sentence meant for people, with the place that says it."""
    said = [*_of_click(), *_of_modules(), *_of_commands(), *_of_the_api()]
    said += _flat(extract_from_file("python", ROOT / "app.py", keywords=KEYWORDS), "app.py")
    for room in ROOMS:
        found = extract_from_dir(
            ROOT / room,
            method_map=METHODS,
            keywords=KEYWORDS,
            options_map={"**.html": {"silent": "false"}},
            directory_filter=lambda path: "vendor" not in Path(path).parts,
        )
        said += _flat(found, room)
    return tuple(said)


@cache
def catalogue() -> dict[str, str]:
    with (TRANSLATIONS / "zh" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        entries = read_po(file, locale="zh")
    return {
        str(entry.id): str(entry.string)
        for entry in entries
        if entry.id and isinstance(entry.id, str)
    }


def written(text: str) -> bool:
    """Whether the text stands anywhere in our sources as one literal or inside a page."""
    return text in _literals() or any(text in page for page in _pages())


@cache
def _literals() -> frozenset[str]:
    sources = [ROOT / "app.py", *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]
    nodes = (node for path in sources for node in ast.walk(ast.parse(path.read_text())))
    return frozenset(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def _pages() -> tuple[str, ...]:
    files = (
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.suffix in {".html", ".js"} and "vendor" not in path.parts
    )
    return tuple(path.read_text() for path in files)


def test_there_are_two_languages_and_one_catalogue() -> None:
    assert set(LANGUAGES) == {"zh", "en"}


def test_every_sentence_has_its_chinese() -> None:
    known = catalogue()
    missing = sorted({f"{place}: {text}" for text, place in sentences() if not known.get(text)})
    assert not missing, "\n".join([f"{len(missing)} sentences without Chinese:", *missing])


def test_no_chinese_is_kept_for_a_sentence_that_nobody_says() -> None:
    said = {text for text, _place in sentences()}
    left = sorted(text for text in catalogue() if text not in said and not written(text))
    assert not left, "\n".join([f"{len(left)} entries that nobody uses:", *left])


@pytest.mark.parametrize("english", sorted(catalogue()))
def test_a_translation_keeps_the_values_of_its_sentence(english: str) -> None:
    assert set(PLACEHOLDER.findall(catalogue()[english])) <= set(PLACEHOLDER.findall(english))


def test_chinese_sentences_have_chinese_stops() -> None:
    mixed = re.compile(r"[\u3400-\u9fff](?:[,;!?]|\.$|: )|[,;](?=[\u3400-\u9fff])")
    odd = [text for text in catalogue().values() if CHINESE.search(text) and mixed.search(text)]
    assert not odd, "\n".join(odd)
