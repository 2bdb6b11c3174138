"""What the tests of the command centre ask of its page."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

NASTY = '<img src=x onerror="globalThis.bitten=1"><script>globalThis.bitten=1</script>'
"""Markup where a name belongs."""

PAINTED = """(selector) => {
  const canvas = document.querySelector(selector ?? "canvas.wangge-surface");
  if (!canvas || !canvas.width) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted++;
  return painted;
}"""


def until(page, function, *, least=500) -> None:
    """Wait until a function in the page gives ``least`` (a policy forbids the page's own polls)."""
    for _ in range(300):
        if page.evaluate(function) >= least:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"it never came: {function}")


def settled(page, *, milliseconds=500) -> None:
    """Wait until the page has asked for nothing for so long; its stream is always open."""
    asked, since = -1, 0
    while since < milliseconds:
        now = page.evaluate("performance.getEntriesByType('resource').length")
        asked, since = now, since + 100 if now == asked else 0
        page.wait_for_timeout(100)


def number(locator) -> int:
    """The number that an element shows."""
    return int(re.sub(r"\D", "", locator.inner_text()))


def listed(page) -> int:
    """How many cases the list says it has."""
    page.wait_for_timeout(120)
    return number(page.locator("[data-part=list] h2"))


def add_case(database, **values) -> int:
    row = {
        "source": "snap", "category": "noise", "state": "reported", "title": "夜间施工",
        "reported_at": datetime.now(UTC), "geom": "SRID=4326;POINT(118.35 35.05)", **values,
    }  # fmt: skip
    names, bound = ", ".join(row), ", ".join(f":{name}" for name in row)
    with database.begin() as tx:
        found = tx.connection.execute(
            text(f"insert into cases ({names}) values ({bound}) returning id"), row
        ).scalar_one()
        tx.changed("cases", str(found), "added")
    return int(found)
