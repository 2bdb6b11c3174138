"""Options that several commands over files have."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

FILE: Final = click.Path(path_type=Path)
CRS: Final = click.option("--crs", help="gcj02, bd09, wgs84 or EPSG:n; else what the file says.")
LAYER: Final = click.option("--layer", help="Which layer, sheet or file inside the zip.")
