from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from geodata.settings import Settings


def test_processes_that_start_together_sign_with_one_key(tmp_path: Path) -> None:
    settings = [Settings(data_dir=tmp_path / "new", secret_key=None) for _ in range(32)]

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(Settings.signing_key, settings))

    assert len(keys) == 1
    assert len(keys.pop()) >= 48


def test_the_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    key = Settings(data_dir=tmp_path, secret_key=None).signing_key()

    kept = tmp_path / "secret_key"
    assert kept.read_text() == key
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
