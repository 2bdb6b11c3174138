"""What can be reported, and what is asked then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.languages import language
from api.open311.answering import Form, answer
from api.serving import profile
from geodata.errors import NotFound

if TYPE_CHECKING:
    from flask import Response

    from geodata.profiles import Category
    from geodata.profiles.open311 import Attribute


def services(form: Form) -> Response:
    """The categories of the city."""
    tongue = language()
    return answer(form, "services", [_service(one, tongue) for one in profile.categories])


def definition(code: str, form: Form) -> Response:
    """The questions of one category."""
    category = category_of(code)
    asked = enumerate(category.attributes, start=1)
    content = {
        "service_code": category.key,
        "attributes": [_attribute(one, order, language()) for order, one in asked],
    }
    return answer(form, "service_definition", content)


def category_of(code: str) -> Category:
    """The category of that service code; raises NotFound, which names those that there are."""
    known = {category.key: category for category in profile.categories}
    if code not in known:
        raise NotFound(
            "There is no service %(code)s; the services are %(known)s.",
            code=code,
            known=", ".join(known),
        )
    return known[code]


def _service(category: Category, tongue: str) -> dict[str, Any]:
    first = next((one for one in profile.departments if category.key in one.categories), None)
    return {
        "service_code": category.key,
        "service_name": category.name.read(tongue),
        "description": (category.description or category.name).read(tongue),
        "metadata": bool(category.attributes),
        "type": "realtime",
        "keywords": ", ".join(category.also),
        "group": None if first is None else first.name.read(tongue),
    }


def _attribute(attribute: Attribute, order: int, tongue: str) -> dict[str, Any]:
    return {
        "variable": attribute.variable,
        "code": attribute.code,
        "datatype": attribute.datatype,
        "required": attribute.required,
        "datatype_description": attribute.hint.read(tongue) if attribute.hint else None,
        "order": order,
        "description": attribute.description.read(tongue),
        "values": [{"key": one.key, "name": one.name.read(tongue)} for one in attribute.values],
    }
