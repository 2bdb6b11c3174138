"""Run the notebooks of docs afresh and store what they show, and their pictures for the pages.

.venv/bin/python scripts/notebooks.py             # writes docs/notebooks and docs/pictures
.venv/bin/python scripts/notebooks.py FOLDER      # writes to FOLDER instead, for a test

A notebook is JSON, and its cells are Python with lines for the terminal: they are run here in one
namespace, as a kernel would, so that no kernel need be installed where tests are run. A cell whose
metadata have ``picture`` gives its picture to docs/pictures under that name. Needs no database and
no network; Chinese labels need a Chinese typeface (``scripts/system.sh test``).
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "docs" / "notebooks"
PICTURES = ROOT / "docs" / "pictures"

Output = dict[str, Any]


def lines(text: str) -> list[str]:
    """A text as a notebook keeps it."""
    return text.splitlines(keepends=True)


def in_terminal(command: str) -> None:
    """What ``!command`` does in a notebook; a command that fails stops the run."""
    done = subprocess.run(  # noqa: S602 - the line of a notebook of ours
        command, shell=True, check=True, text=True, stdout=-1, stderr=subprocess.STDOUT
    )
    sys.stdout.write(done.stdout)


def _called(found: re.Match[str]) -> str:
    return f"_in_terminal({found[1]!r})"


def value_of(source: str, names: dict[str, Any]) -> Any:
    """Run a cell; the value of its last line, unless that ends with a semicolon."""
    plain = re.sub(r"^!((?:.*\\\n)*.*)$", _called, source, flags=re.MULTILINE)
    tree = ast.parse(plain)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or plain.rstrip().endswith(";"):
        exec(compile(tree, "<cell>", "exec"), names)  # noqa: S102
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "<cell>", "exec"), names)  # noqa: S102
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307


def figures() -> list[Output]:
    """The figures that the cell left open, as pictures."""
    plt: Any = sys.modules.get("matplotlib.pyplot")
    if plt is None:
        return []
    outputs = []
    for number in plt.get_fignums():
        stream = io.BytesIO()
        plt.figure(number).savefig(stream, format="png", bbox_inches="tight")
        data = {
            "image/png": base64.b64encode(stream.getvalue()).decode(),
            "text/plain": lines(str(plt.figure(number))),
        }
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    plt.close("all")
    return outputs


def shown(value: Any, count: int) -> Output:
    """A value as a notebook shows it."""
    data = {"text/plain": lines(repr(value))}
    if hasattr(value, "_repr_html_"):
        data["text/html"] = lines(value._repr_html_())
    return {
        "output_type": "execute_result",
        "execution_count": count,
        "data": data,
        "metadata": {},
    }


def run_cell(source: str, names: dict[str, Any], count: int) -> list[Output]:
    """What a cell shows."""
    outputs: list[Output] = []
    said = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    with (
        contextlib.redirect_stdout(said["stdout"]),
        contextlib.redirect_stderr(said["stderr"]),
    ):
        value = value_of(source, names)
        drawn = figures()
    for name, stream in said.items():
        if stream.getvalue():
            outputs.append(
                {"output_type": "stream", "name": name, "text": lines(stream.getvalue())}
            )
    if value is not None:
        outputs.append(shown(value, count))
    return outputs + drawn


def run(path: Path) -> dict[str, Any]:
    """The notebook with fresh outputs."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "__main__", "_in_terminal": in_terminal}
    here = Path.cwd()
    count = 0
    try:
        for cell in notebook["cells"]:
            if cell["cell_type"] != "code":
                continue
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = run_cell("".join(cell["source"]), names, count)
    except Exception:  # noqa: BLE001 - whatever a cell raises
        traceback.print_exc()
        sys.exit(f"{path.name}: cell {cell['id']} failed")
    finally:
        os.chdir(here)  # a notebook may go elsewhere
    return notebook


def pictures(notebook: dict[str, Any]) -> dict[str, bytes]:
    """The pictures that the pages show, by file name."""
    return {
        cell["metadata"]["picture"]: base64.b64decode(output["data"]["image/png"])
        for cell in notebook["cells"]
        if "picture" in cell["metadata"]
        for output in cell["outputs"]
        if "image/png" in output.get("data", {})
    }


def main(folder: Path | None = None) -> None:
    """Run and write all."""
    os.environ["MPLBACKEND"] = "agg"
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = run(path)
        text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
        ((folder or NOTEBOOKS) / path.name).write_text(text + "\n", encoding="utf-8")
        for name, data in pictures(notebook).items():
            ((folder or PICTURES) / name).write_bytes(data)
            print(name)
        print(path.name)


if __name__ == "__main__":
    main(*(Path(one).absolute() for one in sys.argv[1:2]))
