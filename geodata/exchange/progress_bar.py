"""How far a command over files has come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from geodata.exchange.findings import STAGES
from geodata.words import translate


@contextmanager
def progress_bar(console: Console, language: str) -> Iterator[Any]:
    """A bar while work goes on; what it gives is called with a stage and a share of 0…1."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def tell(stage: str, share: float) -> None:
            words = translate(STAGES.get(stage, stage), language)
            bar.update(task, description=words, completed=share)

        yield tell
