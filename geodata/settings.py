"""What an operator can set: environment variables with the prefix ``WANGGE_``."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings with their defaults; see ``docs/operations.md`` for the table."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_", extra="ignore", frozen=True)

    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql:// address of a PostGIS database; absent: embedded in DATA_DIR",
    )
    data_dir: Path = Field(default=Path("var"), description="everything that must be kept")
    host: str = Field(default="127.0.0.1", description="address that the server listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="port that the server listens on")
    workers: int = Field(default=2, ge=1, le=64, description="server processes")
    secret_key: SecretStr | None = Field(
        default=None, description="signs cookies; absent: made once and kept in DATA_DIR"
    )
    profile: str = Field(default="linyi", description="name of a shipped profile, or a TOML file")
    language: Literal["zh", "en"] = Field(default="zh", description="language until one is chosen")
    demo_password: SecretStr | None = Field(
        default=None, description="password of the demo accounts; absent: random, printed once"
    )
    basemap_url: str | None = Field(
        default=None, description="XYZ template of a basemap; absent: own layers only"
    )
    basemap_attribution: str = Field(default="", description="shown beside the basemap")
    tianditu_key: SecretStr | None = Field(
        default=None, description="the operator's own 天地图 key; absent: no 天地图"
    )
    map_approval: str = Field(default="", description="审图号, shown on every map if given")
    typeface: Path | None = Field(
        default=None, description="TrueType file with Chinese for PDFs; absent: the system's"
    )
    scheduler: str | None = Field(
        default=None,
        pattern=r"^((tcp|tls)://[^\s/@]+:\d{1,5})?$",
        description="tcp:// or tls:// address of a Dask scheduler; absent: this machine",
    )
    trusted_proxies: int = Field(
        default=0, ge=0, le=5, description="how many proxies before the server set X-Forwarded-*"
    )
    upload_limit_mb: int = Field(default=512, ge=1, description="largest file taken, megabytes")

    @field_validator("scheduler")
    @classmethod
    def _empty_is_absent(cls, scheduler: str | None) -> str | None:
        return scheduler or None

    def signing_key(self) -> str:
        """The configured secret, or one made once and kept in ``data_dir`` with mode 0600."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.data_dir / "secret_key"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # written whole under another name first: a process beside us must never read half a key
            handle, part = tempfile.mkstemp(prefix=".secret_key", dir=self.data_dir)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                os.link(part, path)
            Path(part).unlink()
        return path.read_text().strip()
