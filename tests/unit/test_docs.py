"""Docs that went stale fail here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from geodata.plans.findings import TITLES
from geodata.settings import Settings
from geodata.words import translate

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)


def settings_table() -> dict[str, str]:
    page = (ROOT / "docs" / "operations.md").read_text()
    return dict(re.findall(r"^\| `WANGGE_(\w+)` \| (.*?) \|", page, re.MULTILINE))


def test_every_setting_stands_in_the_operations_page_with_its_default() -> None:
    expected = {}
    for name, field in Settings.model_fields.items():
        default = field.default
        assert default is not PydanticUndefined
        expected[name.upper()] = f"`{default}`" if default not in (None, "") else "–"

    assert settings_table() == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_picture_of_a_page_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)|<img[^>]+src=\"([^\"]+)\"", page.read_text())
    local = [a or b for a, b in targets if not re.match(r"[a-z]+:", a or b)]

    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    import app

    shown = set(re.findall(r"(?:^|`|bin/)wangge ([a-z]+)\b", page.read_text(), re.MULTILINE))

    assert shown <= set(app.main.list_commands(None))  # type: ignore[arg-type]


def test_every_finding_stands_among_the_words_and_in_the_planners_guide() -> None:
    words = (ROOT / "docs" / "words.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| ", words, re.MULTILINE)
    guide = (ROOT / "docs" / "planning.md").read_text()
    described = re.findall(r"^\| (\S+) \| [●▲○] \| ", guide, re.MULTILINE)

    told = {key: (english, chinese) for key, english, chinese in rows}
    assert told == {key: (title, translate(title, "zh")) for key, title in TITLES.items()}
    assert set(described) == {chinese for _, chinese in told.values()}
