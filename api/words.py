"""What is wrong with a field, in the user's words: pydantic's findings, translated by kind."""

from __future__ import annotations

from typing import Any, Final

from api.languages import language
from geodata.errors import WanggeError
from geodata.words import explain, translate

# By pydantic's kind of error; the values are those of its context.
_WORDS: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_type": "must be text",
    "string_too_short": "must have at least %(min_length)s characters",
    "string_too_long": "must have at most %(max_length)s characters",
    "string_pattern_mismatch": "does not have the right form",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be more than %(gt)s",
    "greater_than_equal": "must be at least %(ge)s",
    "less_than": "must be less than %(lt)s",
    "less_than_equal": "must be at most %(le)s",
    "literal_error": "must be one of: %(expected)s",
    "enum": "must be one of: %(expected)s",
    "too_long": "must have at most %(max_length)s entries",
    "too_short": "must have at least %(min_length)s entries",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "date_parsing": "must be a date such as 2026-06-01",
    "date_from_datetime_parsing": "must be a date such as 2026-06-01",
    "datetime_parsing": "must be a time such as 2026-06-01T08:00:00+08:00",
    "datetime_from_date_parsing": "must be a time such as 2026-06-01T08:00:00+08:00",
    "timezone_aware": "needs a time zone",
    "json_invalid": "is no JSON",
}


def field_words(finding: Any) -> str:
    """One finding of pydantic (``errors()``) in the language of this request."""
    context = finding.get("ctx") or {}
    refusal = context.get("error")
    if isinstance(refusal, WanggeError):
        return explain(refusal, language())
    words = _WORDS.get(finding["type"])
    if words is None:
        return str(finding["msg"])
    return (
        translate(words, language(), **context) if "%(" in words else translate(words, language())
    )
