"""Answers to the questions that a category asks of reports: checked by their type, or refused."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.errors import InvalidInput

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from geodata.profiles import Category
    from geodata.profiles.open311 import Attribute

LONGEST: Final = {"string": 400, "text": 4_000}
"""Characters of an answer."""
MOST_DIGITS: Final = 40


def read(
    category: Category, given: Mapping[str, Sequence[str]], *, zone: ZoneInfo
) -> dict[str, Any]:
    """The answers as they are stored, by code; a question without answer is left out.

    Numbers are int or float, times ISO 8601 with their zone, choices keys or lists of keys.

    Args:
        category: Asks the questions.
        given: What was sent, by code; blank is no answer.
        zone: Of times that name none.

    Raises:
        InvalidInput: a required answer is missing, one is not of its type, or nobody asked; the
            message names the attribute.
    """
    asked = {one.code: one for one in category.attributes if one.variable}
    sent = {
        code: [value.strip() for value in values if value.strip()] for code, values in given.items()
    }
    for code in sorted(code for code, values in sent.items() if values and code not in asked):
        raise InvalidInput(
            "The category %(category)s has no attribute %(attribute)s.",
            category=category.key,
            attribute=code,
        )
    answers: dict[str, Any] = {}
    for code, attribute in asked.items():
        values = sent.get(code, [])
        if values:
            answers[code] = _value(attribute, values, zone)
        elif attribute.required:
            raise InvalidInput("The attribute %(attribute)s is required.", attribute=code)
    return answers


def _value(attribute: Attribute, values: list[str], zone: ZoneInfo) -> Any:
    if attribute.datatype == "multivaluelist":
        return [_chosen(attribute, value) for value in dict.fromkeys(values)]
    if len(values) > 1:
        raise InvalidInput("The attribute %(attribute)s takes one value.", attribute=attribute.code)
    [value] = values
    if attribute.datatype == "singlevaluelist":
        return _chosen(attribute, value)
    if attribute.datatype == "number":
        return _number(attribute, value)
    if attribute.datatype == "datetime":
        return _time(attribute, value, zone)
    most = LONGEST[attribute.datatype]
    if len(value) > most:
        raise InvalidInput(
            "The attribute %(attribute)s has more than %(most)s characters.",
            attribute=attribute.code,
            most=most,
        )
    if attribute.datatype == "string" and any(sign in value for sign in "\r\n"):
        raise InvalidInput(
            "The attribute %(attribute)s takes one line of text.", attribute=attribute.code
        )
    return "".join(sign for sign in value if sign >= " " or sign in "\r\n\t")


def _chosen(attribute: Attribute, value: str) -> str:
    keys = [one.key for one in attribute.values]
    if value not in keys:
        raise InvalidInput(
            "“%(value)s” is none of the values of the attribute %(attribute)s: %(known)s.",
            value=value,
            attribute=attribute.code,
            known=", ".join(keys),
        )
    return value


def _number(attribute: Attribute, value: str) -> int | float:
    number = math.nan
    if len(value) <= MOST_DIGITS and value.isascii() and "_" not in value:
        with contextlib.suppress(ValueError):
            number = float(value)
    if not math.isfinite(number):
        raise InvalidInput(
            "The attribute %(attribute)s is a number, which “%(value)s” is not.",
            attribute=attribute.code,
            value=value,
        )
    return int(number) if number.is_integer() and abs(number) < 1 << 53 else number


def _time(attribute: Attribute, value: str, zone: ZoneInfo) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(
            "The attribute %(attribute)s is a time such as 2026-06-01T08:30:00+08:00, which "
            "“%(value)s” is not.",
            attribute=attribute.code,
            value=value,
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()
