"""The examples of docs/open311.md are run as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from PIL import Image
from served import serving
from sqlalchemy import text

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import list_users

if TYPE_CHECKING:
    from flask import Flask

    from geodata.database import Database

PAGE = Path(__file__).parents[3] / "docs" / "open311.md"
CURL = shutil.which("curl")


@pytest.fixture
def base(app: Flask) -> Iterator[str]:
    with serving(app) as address:
        yield address


@pytest.mark.skipif(CURL is None, reason="needs curl")
@pytest.mark.usefixtures("people")
def test_every_example_of_the_page_works(base: str, database: Database, tmp_path: Path) -> None:
    commander = next(
        one for one in list_users(database, Actor.terminal()) if one.name == "commander"
    )
    key = make_token(database, Actor.terminal(), user_id=commander.id)[1]
    Image.new("RGB", (400, 300), "green").save(tmp_path / "photo.jpg")
    examples = re.findall(r"^curl .+$", PAGE.read_text(), re.MULTILINE)
    assert len(examples) > 10
    for example in examples:
        words = shlex.split(example.replace("$BASE", base).replace("$KEY", key))
        if "--json" in words:  # older curls do not know it
            place = words.index("--json")
            words[place : place + 1] = ["-H", "Content-Type: application/json", "-d"]
        run = subprocess.run(
            [str(CURL), "-sS", "--fail-with-body", *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
            env={"PATH": os.environ["PATH"]},
        )
        assert run.returncode == 0, (example, run.stdout, run.stderr)
    with database.read() as connection:
        kept = connection.execute(text("select count(*), max(external_id) from cases")).one()
        photos = connection.execute(text("select count(*) from case_photos")).scalar_one()
    assert tuple(kept) == (4, "LY20260601002")
    assert photos == 1
    sheet = openpyxl.load_workbook(tmp_path / "cases.xlsx").active
    assert sheet is not None
    assert sheet.max_row == 3
