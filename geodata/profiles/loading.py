"""From a readable file to a checked profile."""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from geodata.errors import InvalidProfile
from geodata.profiles.profile import Profile

_FOLDER = Path(__file__).parent
SHIPPED: tuple[str, ...] = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_profile(name_or_path: str | Path) -> Profile:
    """The shipped profile of that name, or the one in that TOML file.

    Raises InvalidProfile, which names the file, the key and the mend.
    """
    text = str(name_or_path)
    if text in SHIPPED:
        return _load(_FOLDER / f"{text}.toml")
    path = Path(text)
    if path.suffix != ".toml" and not path.exists():
        raise InvalidProfile(
            "There is no profile %(name)s: write one of %(known)s, or the path of a TOML file.",
            name=text,
            known=", ".join(SHIPPED),
        )
    return read_profile(path)


def file_of(name_or_path: str | Path) -> Path:
    """Where the profile stands that ``load_profile`` reads."""
    text = str(name_or_path)
    return _FOLDER / f"{text}.toml" if text in SHIPPED else Path(text)


@cache
def _load(path: Path) -> Profile:
    return read_profile(path)


def read_profile(path: Path) -> Profile:
    """The profile in ``path``, read anew."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidProfile(
            "The profile %(file)s cannot be read: %(why)s.", file=path, why=error.strerror or error
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidProfile(
            "The profile %(file)s is not UTF-8: save it as UTF-8.", file=path
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidProfile(
            "The profile %(file)s is not TOML: %(why)s.", file=path, why=error
        ) from error
    try:
        return Profile.model_validate(content)
    except ValidationError as error:
        raise _explained(path, error) from error


def _explained(path: Path, error: ValidationError) -> InvalidProfile:
    problem = error.errors(include_url=False, include_context=False)[0]
    key = _written(problem["loc"])
    more = error.error_count() - 1
    if problem["type"] == "missing":
        return InvalidProfile(
            "The profile %(file)s lacks %(key)s: add it (problems besides: %(more)s).",
            file=path,
            key=key,
            more=more,
        )
    if problem["type"] == "extra_forbidden":
        known = _fields(problem["loc"][:-1])
        close = difflib.get_close_matches(str(problem["loc"][-1]), known, 1, 0.5) or known
        return InvalidProfile(
            "The profile %(file)s has %(key)s, which is not known: did you mean %(close)s? "
            "(problems besides: %(more)s)",
            file=path,
            key=key,
            close=", ".join(close),
            more=more,
        )
    if problem["type"] in {"too_long", "too_short"}:
        bounds = error.errors(include_url=False)[0]["ctx"]
        return InvalidProfile(
            "The profile %(file)s has %(number)s entries at %(key)s: from %(least)s to %(most)s "
            "are possible (problems besides: %(more)s).",
            file=path,
            key=key,
            number=bounds["actual_length"],
            least=bounds.get("min_length", 0),
            most=bounds.get("max_length", "∞"),
            more=more,
        )
    return InvalidProfile(
        "The profile %(file)s is wrong at %(key)s: %(why)s (problems besides: %(more)s).",
        file=path,
        key=key or "the whole",
        why=problem["msg"].removeprefix("Value error, "),
        more=more,
    )


def _written(place: tuple[str | int, ...]) -> str:
    """``categories[2].color``, counted from 1 as people count."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".")


def _fields(place: tuple[str | int, ...]) -> list[str]:
    model: Any = Profile
    for part in place:
        if isinstance(part, str) and isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[part].annotation
        found = [model, *get_args(model)]
        model = next((m for m in found if isinstance(m, type) and issubclass(m, BaseModel)), model)
    return list(model.model_fields) if hasattr(model, "model_fields") else []
