"""The audit trail is read by people: all that is entered has a name on its page."""

from __future__ import annotations

import ast
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from geodata.cases.whistles.whistling import ENTRIES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "webmap/static/js/users/deeds.js").read_text(encoding="utf-8")
PLANS = ("submit_plan", "approve_plan", "publish_plan", "withdraw_plan")


def named(table: str) -> set[str]:
    """The keys of a table of the page."""
    body = re.search(rf"export const {table} = {{(.*?)^}};", PAGE, re.DOTALL | re.MULTILINE)
    assert body is not None
    return set(re.findall(r"(\w+): t\(", body.group(1)))


@cache
def entered() -> list[ast.Call]:
    """Each place in the code where something is entered in the trail.

    In a thread of its own: Python 3.11 miscounts its depth while it parses where greenlets, which
    tests in the browser have, ran before.
    """
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(_entered).result()


def _entered() -> list[ast.Call]:
    found = []
    for folder in ("geodata", "api", "webmap"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "record" not in text:
                continue
            found += [
                node
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "record"
                and len(node.args) >= 3
            ]
    return found


def first_word(node: ast.expr) -> str | None:
    """What a subject begins with, if the code says so."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0]
    if isinstance(node, ast.Constant):
        return re.split(r"[/:]", str(node.value))[0]
    return None


def test_every_deed_has_a_name_in_the_trail():
    deeds = {call.args[2].value for call in entered() if isinstance(call.args[2], ast.Constant)}
    assert len(deeds) > 50
    assert (deeds | set(PLANS) | set(ENTRIES.values())) - named("ACTIONS") == set()
    assert named("ACTIONS") - deeds - set(PLANS) - set(ENTRIES.values()) == set(), "nobody does it"


def test_every_subject_and_every_detail_has_a_name_in_the_trail():
    calls = entered()
    subjects = {first_word(call.args[3]) for call in calls if len(call.args) > 3} - {None}
    assert subjects - named("THINGS") == set()
    details = {word.arg for call in calls for word in call.keywords} - {None, "areas"}
    assert details - named("DETAILS") == set()


@pytest.mark.parametrize("name", ["low", "high", "keep", "seed", "seconds"])
def test_what_a_proposal_asks_for_has_a_name(name):
    assert name in named("DETAILS")
