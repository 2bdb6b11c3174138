"""The description of ``/api/v1`` is true: what it says of each call is what the call does."""

from __future__ import annotations

import re

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies
from schemathesis.checks import CHECKS, load_all_checks
from sqlalchemy import text

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import add_user

load_all_checks()
HELD = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)


@pytest.fixture
def bearer(database, people):
    """The header of an administrator whom no generated call can name or number by chance."""
    with database.begin() as tx:
        tx.connection.execute(text("ALTER TABLE tokens ALTER COLUMN id RESTART WITH 987654321"))
    user = add_user(database, Actor.terminal(), "zz-tester-of-the-description", role="admin")
    _, secret = make_token(database, user.actor())
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def described(app, bearer):
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app, headers=bearer)
    return schema.exclude(path_regex="stream$")


@hypothesis.settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(data=strategies.data())
def conforms(operation, headers, data):
    case = data.draw(operation.as_strategy())
    case.call_and_validate(headers=headers, checks=HELD)


def test_each_call_does_what_its_description_says(described, bearer):
    wrong = {}
    for found in described.get_all_operations():
        operation = found.ok()
        try:
            conforms(operation, bearer)
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - told at the end, all at once
            wrong[operation.label] = f"{error} {getattr(error, 'exceptions', '')}"
    assert not wrong, "\n\n".join(f"{label}: {words}" for label, words in wrong.items())


def test_each_call_is_described_with_its_refusals_and_its_keys(app):
    spec = app.spec
    assert spec["openapi"].startswith("3.")
    names = set()
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method not in {"get", "post", "put", "patch", "delete"}:
                continue
            assert path.startswith("/api/v1/"), path
            assert operation["summary"], (method, path)
            assert operation["operationId"] not in names
            names.add(operation["operationId"])
            assert {"400", "401", "403", "404", "default"} <= set(operation["responses"])
            assert operation["security"] or path == "/api/v1/login"
    assert len(names) > 15


@pytest.mark.usefixtures("people")
def test_the_page_of_the_description_needs_nothing_from_outside(sign_in):
    answer = sign_in("viewer").get("/api/docs")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert "/api/v1/imports" in page
    assert "<script" not in page
    assert "src=" not in page


CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.mark.usefixtures("people")
def test_each_call_is_described_in_the_readers_language(sign_in):
    viewer = sign_in("viewer")
    chinese = viewer.get("/api/openapi.json?lang=zh")
    english = viewer.get("/api/openapi.json?lang=en")
    assert viewer.get("/api/openapi.json").json == chinese.json
    assert (chinese.headers["Content-Language"], english.headers["Content-Language"]) == (
        "zh",
        "en",
    )
    for path, item in chinese.json["paths"].items():
        for method, operation in item.items():
            if method not in {"get", "post", "put", "patch", "delete"}:
                continue
            said = [operation["summary"], operation.get("description"), *operation["tags"]]
            said += [one.get("description") for one in operation.get("parameters", [])]
            said += [one["description"] for one in operation["responses"].values()]
            for words in filter(None, said):
                assert CHINESE.search(words), (method, path, words)
            assert not CHINESE.search(english.json["paths"][path][method]["summary"])
    assert all(CHINESE.search(tag["name"]) for tag in chinese.json["tags"])
    assert len({tag["name"] for tag in chinese.json["tags"]}) == len(chinese.json["tags"])


@pytest.mark.usefixtures("people")
def test_the_languages_differ_in_words_alone(sign_in):
    def bare(part):
        if isinstance(part, dict):
            words = {"summary", "description", "tags"}
            return {k: bare(v) for k, v in part.items() if not (k in words and _is_words(v))}
        return [bare(one) for one in part] if isinstance(part, list) else part

    viewer = sign_in("viewer")
    both = [viewer.get(f"/api/openapi.json?lang={one}").json for one in ("zh", "en")]
    assert bare(both[0]) == bare(both[1])
    # A property of this name is none of the words.
    assert "description" in both[0]["components"]["schemas"]["CaseRecord"]["properties"]


def _is_words(value):
    return isinstance(value, str | list)


@pytest.mark.usefixtures("people")
def test_the_page_of_the_description_speaks_the_readers_language(sign_in):
    viewer = sign_in("viewer")
    chinese = viewer.get("/api/docs").get_data(as_text=True)
    assert "导出图层" in chinese
    assert "Export a layer" not in chinese
    assert "Export a layer" in viewer.get("/api/docs?lang=en").get_data(as_text=True)
