"""Passwords and the table of permissions."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from geodata.accounts import PERMISSIONS, ROLES, Actor, passwords, require, users
from geodata.accounts.throttling import network
from geodata.errors import InvalidInput, NotAllowed


@pytest.mark.parametrize(
    "easy",
    [
        "",
        "short",
        "123456789",
        "1234567890",
        "password123",
        "aaaaaaaaaaaa",
        "zhang.san1",
        "ZHANG.SAN2026",
        "20260601001",
        "x" * 201,
    ],
)
def test_easy_passwords_are_refused_with_the_mend(easy):
    with pytest.raises(InvalidInput, match="password"):
        passwords.check_new(easy, name="zhang.san")


@pytest.mark.parametrize("good", ["quiet river stone", "网格员爱走访每一户人家", "kT9#mm2!vQz"])
def test_long_passwords_of_any_script_are_taken(good):
    passwords.check_new(good, name="zhang.san")


def test_a_password_fits_its_own_digest_only():
    stored = passwords.digest("quiet river stone")
    assert stored.startswith("$argon2id$")
    assert passwords.fits("quiet river stone", stored)
    assert not passwords.fits("quiet river stones", stored)
    assert not passwords.fits("", stored)
    assert not passwords.fits("quiet river stone", None)
    assert not passwords.fits("quiet river stone", "no digest at all")
    assert passwords.digest("quiet river stone") != stored


def test_the_same_characters_fit_however_they_were_typed():
    assert passwords.fits("ｑuiet ｒiver １２", passwords.digest("quiet river 12"))


def test_a_password_longer_than_the_longest_does_not_fit_its_beginning():
    stored = passwords.digest("x" * 200)
    assert passwords.fits("x" * 200, stored)
    assert not passwords.fits("x" * 201, stored)


def test_a_digest_made_with_other_parameters_is_outdated():
    assert not passwords.is_outdated(passwords.digest("quiet river stone"))
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=64).hash("x"))


def test_invented_passwords_pass_their_own_rules():
    made = {passwords.invent() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        passwords.check_new(password, name="admin")


def test_the_table_knows_every_role_and_the_administrator_may_all():
    assert set(PERMISSIONS) == set(ROLES)
    everything = set().union(*PERMISSIONS.values())
    assert PERMISSIONS["admin"] == everything
    assert len(everything) == 16


def test_a_viewer_sees_the_map_and_nothing_else():
    assert PERMISSIONS["viewer"] == {"see_map"}


@pytest.mark.parametrize("role", ROLES)
def test_a_permission_that_the_table_lacks_is_nobodys(role):
    with pytest.raises(NotAllowed):
        require(Actor(1, "x", role), "launch_rockets")


def test_an_area_of_duty_holds_without_asking_the_database_for_itself():
    actor = Actor(1, "x", "planner", frozenset({"371311001"}))
    require(actor, "edit_places", area_codes=["371311001"])
    for outside in (["371311002"], ["371311001", None]):
        with pytest.raises(NotAllowed):
            require(actor, "edit_places", area_codes=outside)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address, counted):
    assert network(address) == counted


def test_who_has_no_account_may_report_and_nothing_else():
    stranger = Actor.stranger()
    everything = frozenset().union(*PERMISSIONS.values())
    assert {one for one in everything if stranger.may(one)} == {"report_case"}


def test_no_account_can_be_a_strangers():
    assert Actor.stranger().role not in ROLES
    assert Actor.stranger().role not in PERMISSIONS
    with pytest.raises(InvalidInput, match="stranger"):
        users.add_user(
            None, Actor.terminal(), "somebody", role="stranger", password="long-enough-9"
        )
