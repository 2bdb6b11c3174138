"""The files that a browser gets: where they lie, what they are called, what they need.

Modules name each other by bare specifiers (``wangge/core/words.js``, ``flatbush``), which an
import map resolves: to addresses of ours when served, to ``data:`` addresses inside one file.
"""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from geodata.words import translate

WEBMAP = Path(__file__).parent
STATIC = WEBMAP / "static"

_IMPORT = re.compile(r"""(?:^|[\s;])(?:import|export)\s[^"';()]*?["']([^"']+)["']""")
_BARE_IMPORT = re.compile(r"""(?:^|[\s;=(])import\s*\(?\s*["']([^"']+)["']""")
_WORDS = re.compile(r"""\bt\(\s*("(?:[^"\\]|\\.)*")""")
_URL = re.compile(r"""url\(\s*['"]?([^'")#]+)['"]?\s*\)""")
_MEDIA = {".png": "image/png", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


class UnknownAsset(LookupError):
    """A map element wants a file that is not ours; nothing is ever fetched from elsewhere."""


@cache
def version() -> str:
    """A digest of all files, so that their addresses can be cached for ever."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(STATIC)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def base_address() -> str:
    """The address below which the files are served."""
    return f"/static/{version()}/"


@cache
def _vendored_modules() -> dict[str, str]:
    lock = tomllib.loads((WEBMAP / "vendor.lock").read_text())
    return {
        package["module"]["specifier"]: f"vendor/{package['module']['path']}"
        for package in lock["package"]
        if "module" in package
    }


def path_of(specifier: str) -> str:
    """The path below ``static`` of a module; raises UnknownAsset."""
    if specifier.startswith("wangge/"):
        path = "js/" + specifier.removeprefix("wangge/")
    else:
        path = _vendored_modules().get(specifier, "")
    if not path or not (STATIC / path).is_file():
        message = f"no module {specifier!r} among our files"
        raise UnknownAsset(message)
    return path


@cache
def read(path: str) -> str:
    """The text of a file below ``static``; raises UnknownAsset."""
    file = (STATIC / path).resolve()
    if not file.is_relative_to(STATIC) or not file.is_file():
        message = f"no file {path!r} among ours"
        raise UnknownAsset(message)
    return file.read_text(encoding="utf-8")


@cache
def imports_of(specifier: str) -> tuple[str, ...]:
    """The specifiers that a module imports, in order."""
    source = read(path_of(specifier))
    found = _IMPORT.findall(source) + _BARE_IMPORT.findall(source)
    return tuple(dict.fromkeys(name for name in found if _is_ours(name)))


def _is_ours(specifier: str) -> bool:
    return specifier.startswith("wangge/") or specifier in _vendored_modules()


def closure(specifiers: Iterable[str]) -> list[str]:
    """These modules and all that they import, each once."""
    found: dict[str, None] = {}
    waiting = list(specifiers)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting.extend(imports_of(name))
    return sorted(found)


def in_order(first: Iterable[str], all_of_them: Iterable[str]) -> list[tuple[str, bool]]:
    """The closure of ``all_of_them``, each with whether ``first`` cannot run without it.

    What ``first`` imports comes first; what it only asks for later (``import(…)``) does not count.
    """
    needed: dict[str, None] = {}
    waiting = list(first)
    while waiting:
        name = waiting.pop(0)
        if name not in needed:
            needed[name] = None
            waiting.extend(n for n in _IMPORT.findall(read(path_of(name))) if _is_ours(n))
    rest = [name for name in closure(all_of_them) if name not in needed]
    return [(name, True) for name in needed] + [(name, False) for name in rest]


def import_map() -> dict[str, str]:
    """Specifier to served address."""
    base = base_address()
    vendored = {name: base + path for name, path in _vendored_modules().items()}
    return {"wangge/": base + "js/", **vendored}


def inline_import_map(specifiers: Iterable[str]) -> dict[str, str]:
    """Specifier to ``data:`` address for these modules and all that they import."""
    return {
        name: data_address(read(path_of(name)).encode(), "text/javascript")
        for name in closure(specifiers)
    }


def data_address(content: bytes, media: str) -> str:
    """``content`` as an address of its own."""
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


def inline_stylesheet(path: str) -> str:
    """A stylesheet with the images that it names inside it."""
    folder = (STATIC / path).parent

    def put_inside(match: re.Match[str]) -> str:
        target = (folder / match[1]).resolve()
        if not target.is_relative_to(STATIC) or not target.is_file():
            return match[0]
        media = _MEDIA[target.suffix]
        return f"url({data_address(target.read_bytes(), media)})"

    return _URL.sub(put_inside, read(path))


@cache
def sentences_of(specifier: str) -> frozenset[str]:
    """The English sentences that a module shows: every literal ``t("…")``."""
    source = read(path_of(specifier))
    return frozenset(match[1:-1].replace('\\"', '"') for match in _WORDS.findall(source))


def words(specifiers: Iterable[str], language: str) -> dict[str, str]:
    """English sentence to its words in ``language`` for all that these modules show."""
    if language == "en":
        return {}
    used = {
        s for name in closure(specifiers) if name.startswith("wangge/") for s in sentences_of(name)
    }
    return {sentence: translate(sentence, language) for sentence in sorted(used)}
