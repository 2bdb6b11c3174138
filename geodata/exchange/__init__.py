"""Files in and out: any kind that people send, in any coordinates, whole or not at all.

A file is looked at first (``preview``), then taken in one transaction (``import_file``): what was
wrong with it is mended and named, or refused with its row; nothing is guessed silently. A file
that came before changes nothing. What goes out (``export_layer``) carries personal data only for
who may see it, and a spreadsheet computes none of it. The rooms below know nothing of files.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geodata.exchange.exporting import export_layer
    from geodata.exchange.findings import Finding, Findings, Report
    from geodata.exchange.importing import import_file
    from geodata.exchange.previewing import Preview, preview

__all__ = ["Finding", "Findings", "Preview", "Report", "export_layer", "import_file", "preview"]

_HOMES = {
    "export_layer": "exporting",
    "Finding": "findings",
    "Findings": "findings",
    "Report": "findings",
    "import_file": "importing",
    "Preview": "previewing",
    "preview": "previewing",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: the readers and writers of files take seconds to load."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
