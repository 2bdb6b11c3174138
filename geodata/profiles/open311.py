"""What a city says to neighbouring systems (Open311): more questions, and what it tells anybody."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]


class Words(BaseModel):
    """What people read, in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: Text
    en: Text

    def read(self, language: str) -> str:
        """The words in ``language``; any language but ``en`` reads Chinese."""
        return self.en if language == "en" else self.zh


class Value(BaseModel):
    """One answer that may be chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    name: Words


class Attribute(BaseModel):
    """A question that is asked of reports of one category."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=60)]
    datatype: Datatype = "string"
    required: bool = False
    variable: bool = True
    """An answer is wanted; otherwise its description is only read."""
    description: Words
    hint: Words | None = None
    """How to answer it."""
    values: tuple[Value, ...] = ()

    @model_validator(mode="after")
    def _values_where_one_chooses(self) -> Attribute:
        chooses = self.datatype in {"singlevaluelist", "multivaluelist"}
        if chooses != bool(self.values):
            message = f"{self.code}: values are given where one chooses among them, and only there"
            raise ValueError(message)
        keys = [value.key for value in self.values]
        if len(keys) != len(set(keys)):
            message = f"{self.code} has a value twice: give each its own key"
            raise ValueError(message)
        return self


class Open311(BaseModel):
    """How neighbouring systems are joined, and what anybody may read of cases."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reading: bool = True
    """Whether anybody may read what is public of cases; else only who has a key."""
    jurisdiction: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    """The ``jurisdiction_id`` of this city; another one is answered 404. None: any is taken."""
    source: Key | None = None
    """The source of what they report; None: that of reports without an account."""
    type: Literal["production", "test"] = "production"
    contact: Words | None = None
    key_service: Words | None = None
    public_texts: tuple[Key, ...] = ()
    """Sources whose titles, descriptions and addresses anybody may read; by default none."""
    public_reasons: tuple[Key, ...] = ()
    """Steps whose reasons are written for the public; those of all others stay inside."""
    without_place: tuple[Key, ...] = ()
    """Categories whose places anybody may not see: a dispute leads to somebody's door."""
