"""What is wrong with a field, in the user's words: pydantic's findings, translated by kind."""

from __future__ import annotations

import re
from typing import Any, Final

from api.languages import language
from geodata.errors import WanggeError
from geodata.words import explain, translate
from geodata.words import sentence as _

# By pydantic's kind of error; the values are those of its context.
_WORDS: Final = {
    "missing": _("is missing"),
    "extra_forbidden": _("is not known here"),
    "string_type": _("must be text"),
    "string_too_short": _("must have at least %(min_length)s characters"),
    "string_too_long": _("must have at most %(max_length)s characters"),
    "string_pattern_mismatch": _("does not have the right form"),
    "int_type": _("must be a whole number"),
    "int_parsing": _("must be a whole number"),
    "int_parsing_size": _("is too large"),
    "int_from_float": _("must be a whole number"),
    "float_type": _("must be a number"),
    "float_parsing": _("must be a number"),
    "finite_number": _("must be a finite number"),
    "bool_type": _("must be true or false"),
    "bool_parsing": _("must be true or false"),
    "greater_than": _("must be more than %(gt)s"),
    "greater_than_equal": _("must be at least %(ge)s"),
    "less_than": _("must be less than %(lt)s"),
    "less_than_equal": _("must be at most %(le)s"),
    "literal_error": _("must be one of: %(expected)s"),
    "enum": _("must be one of: %(expected)s"),
    "too_long": _("must have at most %(max_length)s entries"),
    "too_short": _("must have at least %(min_length)s entries"),
    "list_type": _("must be a list"),
    "dict_type": _("must be an object"),
    "model_type": _("must be an object"),
    "model_attributes_type": _("must be an object"),
    "date_parsing": _("must be a date such as 2026-06-01"),
    "date_from_datetime_parsing": _("must be a date such as 2026-06-01"),
    "datetime_parsing": _("must be a time such as 2026-06-01T08:00:00+08:00"),
    "datetime_from_date_parsing": _("must be a time such as 2026-06-01T08:00:00+08:00"),
    "timezone_aware": _("needs a time zone"),
    "json_invalid": _("is no JSON"),
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
    values = {name: _value(name, one) for name, one in context.items()}
    return translate(words, language(), **values) if "%(" in words else translate(words, language())


def _value(name: str, value: Any) -> Any:
    """A limit as people write it: 120, not 120.0; and the choices without English between."""
    if name == "expected":
        choices = [one for one in re.findall(r"'([^']*)'", str(value)) if one]
        return ("、" if language() == "zh" else ", ").join(choices) or value
    return f"{value:g}" if isinstance(value, float) else value
