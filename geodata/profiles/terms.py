"""A word of the city, in both languages."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-F]{6}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Frozen(BaseModel):
    """Never changed once loaded; a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Name(Frozen):
    """What people read, in both languages."""

    zh: Text
    en: Text

    def read(self, language: str) -> str:
        """The name in ``language``; any language but ``en`` reads Chinese."""
        return self.en if language == "en" else self.zh


class Term(Frozen):
    """One word of the city: ``key`` is stored, ``name`` is read, ``also`` is understood."""

    key: Key
    name: Name
    also: tuple[Text, ...] = ()
