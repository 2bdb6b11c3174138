"""The terminal speaks one language at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

import app
from geodata.terminal import Formatter, cells, wrap

CHINESE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")
ENGLISH = re.compile(r"(?:\b[a-z]{2,}\b[ ,]*){3,}", re.IGNORECASE)
"""Three words in a row; names of options, layers and formats stand alone or between signs."""


def lines_of_commands(command: click.Command, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from lines_of_commands(found, *words, name)


COMMANDS = sorted(lines_of_commands(app.main))
BY_NAME = [" ".join(("wangge", *words)) for words in COMMANDS]


@pytest.fixture
def say(monkeypatch):
    def run(language, *words, **more):
        monkeypatch.setenv("WANGGE_LANGUAGE", language)
        return CliRunner().invoke(app.main, words, prog_name="wangge", **more)

    return run


def test_all_commands_are_looked_at():
    assert ("user", "password") in COMMANDS
    assert ("demo", "load") in COMMANDS
    assert len(COMMANDS) >= 20


@pytest.mark.parametrize("words", COMMANDS, ids=BY_NAME)
def test_the_help_of_a_command_is_all_english_in_english(say, words):
    done = say("en", *words, "--help")
    assert done.exit_code == 0, done.output
    assert CHINESE.findall(done.output) == []
    assert "Usage:" in done.output


@pytest.mark.parametrize("words", COMMANDS, ids=BY_NAME)
def test_the_help_of_a_command_is_all_chinese_in_chinese(say, words):
    done = say("zh", *words, "--help")
    assert done.exit_code == 0, done.output
    usage, _, rest = done.output.partition("\n\n")
    assert usage.startswith("用法:")
    assert "选项:" in rest
    for line in rest.splitlines():
        told = re.sub(r"--?[\w-]+|\bWANGGE_\w+|\[default.*", "", line)
        assert not ENGLISH.search(re.sub(r"[a-z_]+(?:[、,][a-z_]+)+", "", told)), line


@pytest.mark.parametrize("words", COMMANDS, ids=BY_NAME)
def test_every_option_says_what_it_is_for(say, words):
    done = say("zh", *words, "--help")
    lines = done.output.splitlines()
    for at, line in enumerate(lines):
        if re.match(r"  -", line):
            following = lines[at + 1] if at + 1 < len(lines) else ""
            assert CHINESE.search(line) or (
                following.startswith("     ") and CHINESE.search(following)
            ), line


@pytest.mark.parametrize("words", COMMANDS, ids=BY_NAME)
def test_no_line_of_help_is_wider_than_the_terminal(say, words):
    done = say("zh", *words, "--help", env={"COLUMNS": "80"})
    rest = done.output.partition("\n\n")[2]
    assert [line for line in rest.splitlines() if cells(line) > 80] == []


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (("map",), "错误：缺少参数 'FILE'.", "Error: Missing argument 'FILE'."),
        (("map", "a", "--bla"), "没有选项 '--bla'。", "No such option '--bla'."),
        (("nix",), "没有命令 'nix'。", "No such command 'nix'."),
        (("serve", "--port", "x"), "'x' 不是有效的数字。", "'x' is not a valid integer"),
        (("serve", "--port", "99999"), "超出范围", "is not in the range"),
        (("import", "nix", "a"), "不在可选值之内", "is not one of"),
        (("db", "restore", "/nix.dump"), "'/nix.dump' 不存在。", "'/nix.dump' does not exist."),
        (("token", "a", "b"), "多余的参数：b", "unexpected extra argument (b)"),
        (("user", "add", "a"), "缺少选项 '--role'", "Missing option '--role'"),
        (("import", "areas", "a", "--set", "x"), "字段=列名", "must be FIELD=COLUMN"),
    ],
)
def test_a_slip_of_the_fingers_is_told_in_the_users_language(say, words, zh, en):
    said, told = say("zh", *words), say("en", *words)
    assert said.exit_code != 0
    assert zh in said.output
    assert "Error" not in said.output
    assert not re.search(r"\bTry\b|Usage", said.output)
    assert en in told.output
    assert not CHINESE.search(told.output.replace("“x”", "x"))


def test_a_language_that_is_none_is_refused_in_the_default_one(say):
    done = say("fr", "db", "upgrade")
    assert done.exit_code == 1
    assert "WANGGE_LANGUAGE" in done.output
    assert CHINESE.search(done.output)


def test_the_version_is_the_same_in_both_languages(say):
    assert re.fullmatch(r"wangge \d+\.\d+\.\d+\n", say("zh", "--version").output)
    assert say("zh", "--version").output == say("en", "--version").output


def test_chinese_lines_are_broken_by_what_they_look_like():
    assert wrap("一二三四五六，七八。", 12) == ["一二三四五", "六，七八。"]
    assert wrap("see the layers of a city", 10) == ["see the", "layers of", "a city"]
    assert wrap("", 10) == []


def test_a_term_too_long_for_its_column_stands_on_its_own_line():
    formatter = Formatter(width=60)
    formatter.write_dl([("--a", "甲"), ("--" + "b" * 40, "乙")])
    lines = formatter.getvalue().splitlines()
    assert lines[1] == "--" + "b" * 40
    assert lines[2].strip() == "乙"
    assert lines[0].index("甲") == lines[2].index("乙")
