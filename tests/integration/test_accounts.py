"""Users, areas of duty and the audit trail, in the database."""

from __future__ import annotations

import pytest
import sqlalchemy.exc
from click.testing import CliRunner
from sqlalchemy import delete, func, insert, select, text, update

from geodata.accounts import Actor, passwords, record, require, sessions, tokens
from geodata.accounts.audit import entries
from geodata.accounts.commands import token, user
from geodata.accounts.tables import attempts, audit
from geodata.accounts.tables import users as users_table
from geodata.accounts.users import add_user, change_user, list_users
from geodata.errors import Conflict, InvalidInput, NotAllowed, TooManyAttempts, WrongPassword

TERMINAL = Actor.terminal()
PASSWORD = "quiet river stone"


@pytest.fixture
def district(database):
    """A county with two street offices; a community in each; one community's past is elsewhere."""
    rows = [
        ("371311", "county", None, "(,)"),
        ("371311001", "street_office", "371311", "(,)"),
        ("371311002", "street_office", "371311", "(,)"),
        ("371311001001", "community", "371311001", "[2026-01-01,)"),
        ("371311001001", "community", "371311002", "(,2026-01-01)"),
        ("371311002001", "community", "371311002", "(,)"),
    ]
    with database.begin() as tx:
        for code, level, parent, held in rows:
            tx.connection.execute(
                text(
                    "INSERT INTO areas (code, level, parent_code, held, geom) VALUES (:code, "
                    ":level, :parent, CAST(:held AS tstzrange), "
                    "ST_Multi(ST_SetSRID(ST_MakeEnvelope(118, 35, 119, 36), 4326)))"
                ),
                {"code": code, "level": level, "parent": parent, "held": held},
            )


def planner_of(*areas):
    return Actor(1, "p", "planner", frozenset(areas))


@pytest.mark.usefixtures("district")
@pytest.mark.parametrize(
    ("areas", "codes", "may"),
    [
        (["371311001"], ["371311001001"], True),
        (["371311001"], ["371311002001"], False),
        (["371311001"], ["371311001001", "371311002001"], False),
        (["371311001", "371311002"], ["371311001001", "371311002001"], True),
        (["371311"], ["371311001001", "371311002001", "371311001"], True),
        (["371311001"], ["371311"], False),
        (["371311001001"], ["371311001"], False),
        (["371311002"], ["371311001001"], False),
        (["371311001"], ["no-such-area"], False),
        (["371311001"], [None], False),
        (["371311001"], [], True),
        ([], ["371311002001", None], True),
    ],
)
def test_an_area_of_duty_reaches_all_that_lies_in_it_now(database, areas, codes, may):
    with database.read() as connection:
        if may:
            require(planner_of(*areas), "edit_places", area_codes=codes, connection=connection)
            return
        with pytest.raises(NotAllowed):
            require(planner_of(*areas), "edit_places", area_codes=codes, connection=connection)


@pytest.mark.usefixtures("district")
def test_areas_that_are_each_others_parents_do_not_hang_the_question(database):
    with database.begin() as tx:
        tx.connection.execute(
            text("UPDATE areas SET parent_code = '371311001001' WHERE code = '371311'")
        )
    with database.read() as connection, pytest.raises(NotAllowed):
        require(planner_of("x"), "edit_places", area_codes=["371311001001"], connection=connection)


def test_an_entry_of_the_trail_stands_or_falls_with_its_transaction(database):
    def recorded_in_vain():
        with database.begin() as tx:
            record(tx, TERMINAL, "tested", "x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        recorded_in_vain()
    assert entries(database, TERMINAL) == []
    with database.begin() as tx:
        record(tx, TERMINAL, "tested", "x", rows=3)
    (entry,) = entries(database, TERMINAL)
    assert (entry.actor, entry.action, entry.details) == ("terminal", "tested", {"rows": 3})


@pytest.mark.parametrize("change", [update(audit).values(actor="x"), delete(audit)])
def test_nobody_edits_the_trail(database, change):
    with database.begin() as tx:
        record(tx, TERMINAL, "tested")
    with pytest.raises(sqlalchemy.exc.DBAPIError), database.begin() as tx:
        tx.connection.execute(change)
    assert len(entries(database, TERMINAL)) == 1


def test_the_last_administrator_stays(database):
    add_user(database, TERMINAL, "root", role="admin", password=PASSWORD)
    for change in ({"role": "viewer"}, {"active": False}):
        with pytest.raises(Conflict):
            change_user(database, TERMINAL, "root", **change)
    add_user(database, TERMINAL, "second", role="admin", password=PASSWORD)
    change_user(database, TERMINAL, "root", active=False)
    with pytest.raises(Conflict):
        change_user(database, TERMINAL, "second", role="viewer")


@pytest.mark.parametrize("name", ["", "x", "a b", "<b>", "../etc", "-rf", "a" * 41, "a\0b", "_x"])
def test_names_that_cannot_be_are_refused(database, name):
    with pytest.raises(InvalidInput):
        add_user(database, TERMINAL, name, role="viewer", password=PASSWORD)


def test_names_differ_by_more_than_case_and_width(database):
    add_user(database, TERMINAL, "Wang.Wu", role="viewer", password=PASSWORD)
    for other in ("wang.wu", "ＷＡＮＧ.wu"):
        with pytest.raises(Conflict):
            add_user(database, TERMINAL, other, role="viewer", password=PASSWORD)
    signed = sessions.sign_in(database, " ｗang.wu ", PASSWORD, address="192.0.2.1")
    assert signed.name == "Wang.Wu"


def test_a_digest_of_older_parameters_is_renewed_at_sign_in(database, monkeypatch):
    add_user(database, TERMINAL, "old", role="viewer", password=PASSWORD)
    monkeypatch.setattr(passwords, "is_outdated", lambda _stored: True)
    with database.read() as connection:
        before = connection.scalar(select(users_table.c.password_hash))
    sessions.sign_in(database, "old", PASSWORD, address="192.0.2.1")
    with database.read() as connection:
        assert connection.scalar(select(users_table.c.password_hash)) != before
    sessions.sign_in(database, "old", PASSWORD, address="192.0.2.1")


def test_an_account_without_a_password_cannot_sign_in(database):
    add_user(database, TERMINAL, "robot", role="viewer")
    for password in ("", "None", PASSWORD):
        with pytest.raises(WrongPassword):
            sessions.sign_in(database, "robot", password, address="192.0.2.1")


def test_an_unknown_name_costs_as_much_as_a_known_one(database, monkeypatch):
    add_user(database, TERMINAL, "known", role="viewer", password=PASSWORD)
    checked = []
    fits = passwords.fits

    def counted(password, stored):
        checked.append(stored is not None)
        return fits(password, stored)

    monkeypatch.setattr(passwords, "fits", counted)
    for name in ("known", "unknown"):
        with pytest.raises(WrongPassword):
            sessions.sign_in(database, name, "wrong wrong", address="192.0.2.1")
    assert checked == [True, False]


def test_what_is_over_is_swept_away_when_somebody_signs_in(database):
    add_user(database, TERMINAL, "known", role="viewer", password=PASSWORD)
    past = func.now() - text("interval '1 hour'")
    with database.begin() as tx:
        tx.connection.execute(insert(attempts).values(key="old", count=3, expires_at=past))
    sessions.sign_in(database, "known", PASSWORD, address="192.0.2.1")
    with database.read() as connection:
        assert "old" not in connection.scalars(select(attempts.c.key)).all()


def test_many_throttled_tries_leave_one_line_in_the_trail(database):
    for _ in range(25):
        with pytest.raises((WrongPassword, TooManyAttempts)):
            sessions.sign_in(database, "nobody", "wrong wrong", address="192.0.2.1")
    actions = [entry.action for entry in entries(database, TERMINAL)]
    assert actions.count("sign_in_throttled") == 1
    assert actions.count("sign_in_failed") == 10


def test_a_user_makes_tokens_for_nobody_else(database):
    one = add_user(database, TERMINAL, "one", role="admin", password=PASSWORD)
    two = add_user(database, TERMINAL, "two", role="viewer", password=PASSWORD)
    with pytest.raises(InvalidInput):
        tokens.make_token(database, one.actor(), user_id=two.id)
    _, secret = tokens.make_token(database, TERMINAL, user_id=two.id)
    assert tokens.actor_of_token(database, secret).name == "two"


def test_accounts_are_made_and_changed_at_the_terminal(settings, database):
    def run(command, *arguments, typed=None):
        return CliRunner().invoke(command, arguments, obj=settings, input=typed)

    made = run(user, "add", "admin", "--role", "admin", "--password-stdin", typed=f"{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    sessions.sign_in(database, "admin", PASSWORD, address="192.0.2.1")

    invented = run(user, "add", "li.si", "--role", "worker", "--generate")
    shown = invented.output.rsplit("：", 1)[1].strip()
    assert sessions.sign_in(database, "li.si", shown, address="192.0.2.1").role == "worker"

    assert "li.si" in run(user, "list").output
    run(user, "disable", "li.si")
    assert [one.name for one in list_users(database, TERMINAL) if not one.active] == ["li.si"]
    run(user, "enable", "li.si")

    secret = run(token, "admin", "--days", "30").output.strip()
    assert tokens.actor_of_token(database, secret).name == "admin"
