"""The document around a Folium map, with every asset our own.

Folium asks content delivery networks for 72 files. ``LocalFigure`` replaces each link by one of
our own files, *served* (addresses below ``/static``) or *inline* (all inside one file), and
refuses a link that it cannot replace.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any, Literal

from branca.element import CssLink, Element, Figure, JavascriptLink
from markupsafe import Markup

from webmap import assets

Mode = Literal["served", "inline"]

# What Folium's links are in our folder. An empty path: not needed by any element that we allow.
LOCAL_FILES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"/leaflet@1\.9\.\d+/dist/leaflet\.js$"), "vendor/leaflet/leaflet.js"),
    (re.compile(r"/leaflet@1\.9\.\d+/dist/leaflet\.css$"), "vendor/leaflet/leaflet.css"),
    (
        re.compile(r"/leaflet[.-]heat(@[\d.]+)?/.*leaflet-heat\.js$"),
        "vendor/leaflet.heat/leaflet-heat.js",
    ),
    (re.compile(r"/leaflet_heat(\.min)?\.js$"), "vendor/leaflet.heat/leaflet-heat.js"),
    (re.compile(r"/jquery-[\d.]+(\.min)?\.js$"), ""),
    (re.compile(r"/bootstrap"), ""),
    (re.compile(r"awesome"), ""),
)

FIRST, LATER = 'rel="modulepreload"', 'data-rel="modulepreload"'
"""Modules that are fetched at once, and those that wait for the page's word (``patient``)."""
_TAG = re.compile(r"<(script|style)(?![^>]*\bnonce=)")


def local_file(address: str) -> str:
    """The path below ``static`` that stands for ``address``; empty if it is to be left out.

    Raises:
        UnknownAsset: the address is of none of our files.
    """
    if address.startswith("static:"):
        path = address.removeprefix("static:")
        assets.read(path)
        return path
    for pattern, path in LOCAL_FILES:
        if pattern.search(address):
            return path
    message = f"{address} is not among our files; vendor it and name it in webmap/figure.py"
    raise assets.UnknownAsset(message)


def as_json(value: Any) -> str:
    """JSON that can stand inside a ``<script>``: no ``<``, no line separators."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


@dataclass(frozen=True)
class Parts:
    """A rendered figure, to be put into a page of ours."""

    head: Markup
    body: Markup
    script: Markup


class LocalFigure(Figure):
    """A Figure whose links are our own files.

    ``modules`` are ES modules that the page itself starts, beside those of its elements; they are
    fetched first.
    """

    def __init__(
        self,
        *,
        mode: Mode = "inline",
        language: str = "zh",
        title: str = "",
        nonce: str | None = None,
        modules: tuple[str, ...] = (),
    ) -> None:
        super().__init__(title=title)
        self.mode: Mode = mode
        self.language = language
        self.nonce = nonce or secrets.token_urlsafe(16)
        self.first = modules
        self.patient = False
        self.modules = set(modules)

    def use(self, *modules: str) -> None:
        """Add ES modules that an element needs."""
        self.modules.update(modules)

    def parts(self) -> Parts:
        """Head, body and script of the document, rendered once."""
        for child in self._children.values():
            child.render()
        links = [self._link(child) for child in _children(self.header)]
        head = "\n".join([*links, *self._module_assets()])
        return Parts(
            head=Markup(self._with_nonce(head)),  # noqa: S704 - built from our own files
            body=Markup(self.html.render()),  # noqa: S704 - Folium's own containers
            script=Markup(  # noqa: S704 - elements write their options as escaped JSON
                f'<script nonce="{self.nonce}">\n{self.script.render()}\n</script>'
            ),
        )

    def render(self, **_kwargs: Any) -> str:
        """The whole document, for a map that stands alone."""
        parts = self.parts()
        policy = ""
        if self.mode == "inline":
            policy = (
                '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
                f"script-src 'nonce-{self.nonce}' 'strict-dynamic' data:; "
                "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
                "form-action 'none'\">"
            )
        title = Markup.escape(self.title or "")
        language = "zh-CN" if self.language == "zh" else "en"
        return (
            f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n{policy}\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n{parts.head}\n</head>\n"
            f'<body class="map-alone">\n{parts.body}\n{parts.script}\n</body>\n</html>\n'
        )

    def _link(self, child: Element) -> str:
        """One child of the header as markup, its address one of ours."""
        if not isinstance(child, JavascriptLink | CssLink):
            return str(child.render())
        path = local_file(child.url)
        if not path:
            return ""
        is_script = isinstance(child, JavascriptLink)
        if self.mode == "served":
            address = assets.base_address() + path
            if is_script:
                return f'<script src="{address}"></script>'
            return f'<link rel="stylesheet" href="{address}">'
        if is_script:
            source = re.sub(r"</(?=script)", r"<\\/", assets.read(path))
            source = re.sub(r"//# sourceMappingURL=.*", "", source)
            return f"<script>{source}</script>"
        return f"<style>{assets.inline_stylesheet(path)}</style>"

    def _module_assets(self) -> list[str]:
        """The import map, the words and, when served, what to fetch ahead."""
        if not self.modules:
            return []
        if self.mode == "inline":
            return module_scripts(self.modules, self.language)
        base = assets.base_address()
        return [
            f'<script type="importmap">{as_json({"imports": assets.import_map()})}</script>',
            *words_script(self.modules, self.language),
            *(
                f"<link {FIRST if is_first or not self.patient else LATER}"
                f' href="{base}{assets.path_of(name)}">'
                for name, is_first in assets.in_order(self.first, self.modules)
            ),
        ]

    def _with_nonce(self, markup: str) -> str:
        return _TAG.sub(rf'<\1 nonce="{self.nonce}"', markup)


def _children(element: Element) -> list[Element]:
    return list(element._children.values())  # noqa: SLF001 - branca has no other way


def words_script(modules: set[str], language: str) -> list[str]:
    """The words of these modules as a block of data."""
    known = {"language": language, "words": assets.words(modules, language)}
    return [f'<script type="application/json" id="wangge-words">{as_json(known)}</script>']


def module_scripts(modules: set[str], language: str) -> list[str]:
    """Everything that these modules need, inside the document."""
    mapped = {"imports": assets.inline_import_map(modules)}
    return [
        f'<script type="importmap">{as_json(mapped)}</script>',
        *words_script(modules, language),
    ]
