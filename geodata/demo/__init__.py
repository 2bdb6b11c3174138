"""The demo city: a district that nobody lives in, drawn, built, populated and troubled by chance.

Everything comes from a seed: the same seed, scale, end and number of cases give the same city to
the byte, whatever machine or process asks. It is marked as synthetic wherever it is stored
(``extra`` of every record, ``report`` of its imports), and it never enters a database that holds
anything else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geodata.demo.city import City, DemoUser, Fault, generate
    from geodata.demo.loading import Loaded, load

__all__ = ["City", "DemoUser", "Fault", "Loaded", "generate", "load"]

_HOMES = {"Loaded": "loading", "load": "loading"}


def __getattr__(name: str) -> Any:
    """The city's modules take seconds to load: only who draws or loads it waits for them."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'city')}"), name)
