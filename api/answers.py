"""How answers are written: JSON by orjson."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


class Json(JSONProvider):
    """JSON for requests and answers: orjson, UTF-8, no spaces; NaN becomes null."""

    mimetype = "application/json"

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """``obj`` as text."""
        del kwargs
        return orjson.dumps(obj, option=OPTIONS).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value that ``s`` describes; raises ValueError if it is no JSON."""
        del kwargs
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Any:
        """An answer with ``obj`` as its body."""
        value = self._prepare_response_obj(args, kwargs)
        body = orjson.dumps(value, option=OPTIONS)
        return Response(body, mimetype=self.mimetype)
