from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

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


@pytest.mark.parametrize("address", ["tcp://10.1.2.3:8786", "tls://dask.example:8786"])
def test_a_scheduler_is_named_by_its_address(address: str) -> None:
    assert Settings(scheduler=address).scheduler == address


def test_an_empty_address_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGGE_SCHEDULER", "")
    assert Settings().scheduler is None


@pytest.mark.parametrize("address", ["dask", "10.1.2.3:8786", "http://dask:8787", "tcp://a@b:1"])
def test_what_is_no_address_of_a_scheduler_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="scheduler"):
        Settings(scheduler=address)
