"""The notebooks of docs run as they stand and show what they say."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "notebooks.py"
STORED = ROOT / "docs" / "notebooks" / "nets.ipynb"


def loaded(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """The notebook run now, by nobody's settings, and its pictures."""
    folder = tmp_path_factory.mktemp("notebooks")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
    env = {
        **clean,
        "TMPDIR": str(folder),
        "WANGGE_DATA_DIR": str(folder / "var"),
        "WANGGE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    done = subprocess.run(
        [sys.executable, SCRIPT, folder], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def shown(notebook: dict, word: str) -> str:
    """What the first cell shows whose code has this word."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and word in "".join(cell["source"]):
            texts = [one.get("text") or one["data"]["text/plain"] for one in cell["outputs"]]
            return "\n".join("".join(text) for text in texts)
    raise AssertionError(word)


def numbers(text: str, name: str) -> list[int]:
    """The numbers of a table's row."""
    (row,) = re.findall(rf"^{name} +(\d[\d ]*)$", text, re.MULTILINE)
    return [int(one) for one in row.split()]


def test_the_net_is_found_faulty_by_the_command(fresh):
    told = shown(loaded(fresh / "nets.ipynb"), "!wangge plan check")

    assert "162 个网格，13 个体检问题，其中 7 个必须整改" in told
    assert told.count("相互重叠") == 6
    assert "162 个网格中有 159 个在 300 至 500 户之间" in told


def test_what_mending_can_settle_is_settled_and_nothing_new_is_found(fresh):
    told = shown(loaded(fresh / "nets.ipynb"), "mend_checked(checked)")

    assert numbers(told, "重叠") == [6, 0]
    assert numbers(told, "漏洞") == [2, 1]
    assert numbers(told, "切割封闭小区") == [1, 1]
    assert "越界" not in told
    (left,) = re.findall(r"^必须整改的还有：(.*)$", told, re.MULTILINE)
    assert (left.count("。"), "封闭小区" in left) == (1, True)


def test_every_grid_that_is_proposed_is_in_the_band(fresh):
    notebook = loaded(fresh / "nets.ipynb")
    by_command = re.search(r"(\d+) 个网格中有 (\d+) 个在", shown(notebook, "!wangge plan propose"))
    figures = shown(notebook, "propose(net")

    assert by_command is not None
    assert by_command[1] == by_command[2]
    today, proposed = numbers(figures, "网格")
    in_band_today, in_band = numbers(figures, "户数达标的")
    assert (today, in_band_today) == (18, 16)
    assert in_band == proposed
    assert numbers(figures, "最少户数")[1] >= 300
    assert numbers(figures, "最多户数")[1] <= 500


def test_what_cannot_be_parted_is_told_with_its_piece(fresh):
    told = shown(loaded(fresh / "nets.ipynb"), "NoPartition")

    assert "有 1 个单元超过上限 500，最重的为 620。" in told
    assert "地块： [0]" in told
    parts, in_band = re.findall(r"(\d+) 份", told)
    assert int(in_band) == int(parts) - 1


def test_nothing_is_said_on_the_error_stream_or_in_colours(fresh):
    outputs = [
        one
        for notebook in (loaded(fresh / "nets.ipynb"), loaded(STORED))
        for cell in notebook["cells"]
        for one in cell.get("outputs", ())
    ]

    assert [one["text"] for one in outputs if one.get("name") == "stderr"] == []
    assert [one for one in outputs if "\x1b" in json.dumps(one, ensure_ascii=False)] == []


def test_the_stored_notebook_shows_what_its_cells_show_today(fresh):
    def told(path: Path) -> list[str]:
        notebook = loaded(path)
        words = ("generate(", "!wangge plan check", "mend_checked(", "plan propose", "propose(net")
        return [re.sub(r"[\d.]+ 秒", "… 秒", shown(notebook, word)) for word in words]

    assert told(STORED) == told(fresh / "nets.ipynb")
    assert STORED.stat().st_size < 500_000


def test_the_pictures_of_the_pages_come_from_the_notebook(fresh):
    drawn = {path.name for path in fresh.glob("*.png")}
    kept = {path.name for path in (ROOT / "docs" / "pictures").glob("notebook-*.png")}

    assert drawn == kept
    assert len(drawn) == 3
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in fresh.glob("*.png"))


def test_the_saved_map_asks_nobody_for_anything(fresh):
    (page,) = fresh.glob("nets-*/提案.html")
    text = page.read_text(encoding="utf-8")

    assert "户" in text
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//", text) == []


# ---------------------------------------------------------------- the runner


def made(path: Path, *sources: str) -> Path:
    cells = [
        {
            "id": f"cell-{number}",
            "cell_type": "code",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for number, source in enumerate(sources, start=1)
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


@pytest.fixture
def runner():
    spec = importlib.util.spec_from_file_location("notebooks_of_docs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_cell_shows_what_a_kernel_would_show(runner, tmp_path):
    path = made(
        tmp_path / "one.ipynb",
        "number = 6\nprint('said')\nnumber * 7",
        "number;",
        "if number:\n    number = 8",
        "!echo from \\\n    the terminal\nnumber",
    )

    notebook = runner.run(path)

    outputs = [cell["outputs"] for cell in notebook["cells"]]
    assert outputs[0] == [
        {"output_type": "stream", "name": "stdout", "text": ["said\n"]},
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "data": {"text/plain": ["42"]},
            "metadata": {},
        },
    ]
    assert outputs[1:3] == [[], []]
    assert outputs[3][0]["text"] == ["from the terminal\n"]
    assert outputs[3][1]["data"]["text/plain"] == ["8"]
    assert [cell["execution_count"] for cell in notebook["cells"]] == [1, 2, 3, 4]


@pytest.mark.parametrize("fault", ["1 / 0", "!exit 3", "assert False", "this is no Python"])
def test_a_cell_that_fails_stops_the_run_and_is_named(runner, tmp_path, fault):
    here = Path.cwd()
    path = made(tmp_path / "bad.ipynb", f"import os\nos.chdir({str(tmp_path)!r})", fault, "2")

    with pytest.raises(SystemExit, match=r"bad.ipynb: cell cell-2 failed"):
        runner.run(path)

    assert Path.cwd() == here
