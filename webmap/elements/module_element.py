"""A Folium element whose browser side is an ES module of ours."""

from __future__ import annotations

from typing import Any, cast

from branca.element import Element, Figure, MacroElement
from folium.template import Template

from webmap import assets
from webmap.figure import LocalFigure, as_json, module_scripts

BOOT = "globalThis.wangge ??= {elements: {}};"


class ModuleAssets(Element):
    """What the modules of a plain Folium map need, inside the document: once for all elements."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.modules: set[str] = set()
        self.language = language

    def render(self, **_kwargs: Any) -> str:
        """The import map and the words."""
        return "\n".join([_tokens_style(), *module_scripts(self.modules, self.language)])


class ModuleElement(MacroElement):
    """Calls ``add(map, options)`` of an ES module and keeps the promise of its layer.

    In the browser, ``wangge.elements[key]`` is the promise; pages await it by ``element(key)`` of
    ``wangge/core/elements.js``. Options must be plain values; they reach the page as escaped JSON.
    """

    module = ""
    """The specifier of the module, such as ``wangge/layers/places.js``."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            {{ this.boot }}
            wangge.elements[{{ this.key_json }}] = {{ this.wait }}
                import({{ this.module_json }}){{ ")" if this.wait }}
                .then(({ add }) => add({{ this._parent.get_name() }}, {{ this.options_json }}));
        {% endmacro %}
        """
    )
    boot = BOOT

    def __init__(self, key: str, options: dict[str, Any], *, language: str = "zh") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = type(self).__name__
        self.key = key
        self.options = options
        self.language = language

    @property
    def wait(self) -> str:
        """What comes before the module, as JavaScript: on a patient map, the page's word."""
        return "wangge.begun.then(() => " if getattr(self._parent, "patient", False) else ""

    @property
    def key_json(self) -> str:
        """The key as a JavaScript literal."""
        return as_json(self.key)

    @property
    def module_json(self) -> str:
        """The specifier as a JavaScript literal."""
        return as_json(self.module)

    @property
    def options_json(self) -> str:
        """The options as a JavaScript literal."""
        return as_json({"key": self.key, **self.options})

    def render(self, **kwargs: Any) -> str:
        """Ask the document for the module, then write the call."""
        figure = self.get_root()
        if isinstance(figure, LocalFigure):
            figure.use(self.module)
        elif isinstance(figure, Figure):
            _assets_of(figure, self.language).modules.add(self.module)
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        return ""


def _assets_of(figure: Figure, language: str) -> ModuleAssets:
    """The one element of a plain figure's head that carries our modules."""
    children = figure.header._children  # noqa: SLF001 - branca has no other way
    return cast("ModuleAssets", children.setdefault("wangge_assets", ModuleAssets(language)))


def _tokens_style() -> str:
    """The colours that our layers draw with."""
    return f"<style>{assets.inline_stylesheet('css/tokens.css')}</style>"
