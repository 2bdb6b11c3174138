"""Where the log goes: a file where a person sits at the terminal, standard error elsewhere."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

from geodata.logs import log_file, turn_over

ROOT = Path(__file__).parents[2]
SPEAK = """
import logging, sys, structlog
from pathlib import Path
from geodata.logs import set_up_logs
print(set_up_logs(process="http", data_dir=Path(sys.argv[1]), language=sys.argv[2]))
log = structlog.get_logger("wangge.test")
for number in range(int(sys.argv[3])):
    log.info("request", route="/command", number=number)
log.warning("a process did not end by itself", child="worker")
logging.getLogger("_granian").info("chatter")
logging.getLogger("api.problems").error("unexpected: %s", "KeyError")
try:
    raise RuntimeError("broken\\nDETAIL: telephone 13800000000")
except RuntimeError:
    log.exception("job failed", job=7)
"""


def speak(folder, language="en", number=3, *, terminal):
    """What a process printed on its standard error, and on its standard output."""
    command = [sys.executable, "-c", SPEAK, str(folder), language, str(number)]
    if not terminal:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stderr, done.stdout
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        told = process.stdout.read()
        seen = b""
        try:
            while part := os.read(ours, 65536):
                seen += part
        except OSError:  # the other end is closed
            pass
        os.close(ours)
    assert process.returncode == 0, seen
    return seen.decode(), told


def test_without_a_terminal_the_log_is_json_on_standard_error(tmp_path):
    seen, told = speak(tmp_path, terminal=False)
    lines = [json.loads(line) for line in seen.splitlines()]
    assert [line["event"] for line in lines] == [
        *["request"] * 3,
        "a process did not end by itself",
        "unexpected: KeyError",
        "job failed",
    ]
    assert told == "None\n"
    assert not log_file(tmp_path).exists()


def test_at_a_terminal_the_log_is_a_file_and_only_trouble_is_shown(tmp_path):
    seen, told = speak(tmp_path, terminal=True)
    file = log_file(tmp_path)
    assert told == f"{file}\n"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["level"] for line in lines] == [
        "info",
        "info",
        "info",
        "warning",
        "error",
        "error",
    ]
    assert "Traceback" in lines[-1]["exception"]
    assert "13800000000" not in file.read_text()
    shown = [re.sub(r"\x1b\[\d+m", "", line) for line in seen.split("\r\n") if line]
    assert [line[8:] for line in shown] == [
        " http: a process did not end by itself (child=worker)",
        " http: unexpected: KeyError",
        " http: job failed (job=7)",
    ]


def test_the_short_line_is_in_the_users_language(tmp_path):
    seen, _told = speak(tmp_path, "zh", terminal=True)
    assert "任务执行失败" in seen
    assert "意外错误：KeyError" in seen
    assert "job failed" not in seen


def test_a_log_is_for_its_owner_only(tmp_path):
    speak(tmp_path, terminal=True)
    assert log_file(tmp_path).parent.stat().st_mode & 0o777 == 0o700


def test_a_grown_log_is_put_aside_and_the_oldest_goes(tmp_path):
    file = tmp_path / "wangge.log"
    for number in range(6):
        file.write_text(f"{number}" * 10)
        turn_over(file, most_bytes=10, kept=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "wangge.log.1",
        "wangge.log.2",
        "wangge.log.3",
    ]
    assert file.with_name("wangge.log.1").read_text() == "5" * 10
    assert file.with_name("wangge.log.3").read_text() == "3" * 10


def test_a_small_log_and_none_at_all_are_left_alone(tmp_path):
    file = tmp_path / "wangge.log"
    turn_over(file, most_bytes=10)
    file.write_text("small")
    turn_over(file, most_bytes=10)
    assert [path.name for path in tmp_path.iterdir()] == ["wangge.log"]


def test_nothing_is_lost_when_the_log_is_put_aside_while_several_write(tmp_path):
    number, file = 3000, log_file(tmp_path)
    writers = [
        threading.Thread(target=speak, args=(tmp_path, "en", number), kwargs={"terminal": True})
        for _ in range(2)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        turn_over(file, most_bytes=50_000, kept=1000)
    for writer in writers:
        writer.join()
    lines = [
        json.loads(line) for path in file.parent.iterdir() for line in path.read_text().splitlines()
    ]
    assert sum(line["event"] == "request" for line in lines) == 2 * number
    assert len(list(file.parent.iterdir())) > 2
