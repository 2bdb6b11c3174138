"""What stands around a map that is a file of its own: title, legend, records on a click."""

from __future__ import annotations

from typing import Any

from webmap.elements.module_element import ModuleElement


class Sheet(ModuleElement):
    """Title, date, legend with switches, and the record of what is clicked.

    Args:
        title: What the map is called.
        day: The ISO date that it shows.
        synthetic: Whether the data are generated; then it says so.
        words: Names of the profile's keys: ``levels``, ``compound_types``, ``facility_kinds``.
        minutes: Minutes of the service circles shown, if any.
        language: ``zh`` or ``en``.
    """

    module = "wangge/modes/sheet.js"

    def __init__(
        self,
        *,
        title: str,
        day: str,
        synthetic: bool,
        words: dict[str, Any],
        minutes: float | None = None,
        language: str = "zh",
    ) -> None:
        options = {
            "title": title,
            "day": day,
            "synthetic": synthetic,
            "words": words,
            "minutes": minutes,
        }
        super().__init__("sheet", options, language=language)
