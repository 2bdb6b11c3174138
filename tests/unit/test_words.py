from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from geodata.words import TRANSLATIONS

COMPILE = """
import sys
from pathlib import Path
from geodata import words
words.TRANSLATIONS = Path(sys.argv[1])
words.compile_catalogue()
"""


def test_processes_that_start_together_all_find_the_catalogue(tmp_path: Path) -> None:
    folder = tmp_path / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    shutil.copy(TRANSLATIONS / "zh" / "LC_MESSAGES" / "messages.po", folder)

    together = [subprocess.Popen([sys.executable, "-c", COMPILE, tmp_path]) for _ in range(6)]

    assert [process.wait() for process in together] == [0] * 6
    assert sorted(path.name for path in folder.iterdir()) == ["messages.mo", "messages.po"]
