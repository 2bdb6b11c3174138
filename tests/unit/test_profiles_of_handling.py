"""What a city may say of limits, levels and rules, and what it is told when it says nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest

import geodata.profiles
from geodata.errors import InvalidProfile
from geodata.profiles import load_profile

SHIPPED = (Path(geodata.profiles.__file__).parent / "linyi.toml").read_text(encoding="utf-8")


def changed(folder, old, new):
    assert SHIPPED.count(old) >= 1
    path = folder / "mine.toml"
    path.write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    return load_profile(path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("limit = { days = 3 }", "limit = { days = 3, hours = 4 }", r"limit.*one of the two"),
        ("limit = { days = 3 }", "limit = { }", r"limit.*one of the two"),
        ("limit = { days = 3 }", "limit = { days = 2.5 }", r"limit.*counted whole"),
        ("limit = { days = 3 }", "limit = { days = -1 }", r"limit\.days.*greater"),
        ("limit = { days = 3 }", "limit = { days = 1 }\nlimit_days = 3", r"keep one of both"),
        ("limit = { hours = 2 }", "limit = { weeks = 2 }", r"states\[1\]\.limit\.weeks.*not known"),
        ('level = "community"\nshare = 1.0', 'level = "country"\nshare = 1.0', r"country.*levels"),
        (
            'level = "community"\nshare = 1.0',
            'level = "county"\nshare = 1.0',
            r"smallest level to the largest",
        ),
        ('level = "county"\nshare = 2.0', 'level = "county"\nshare = 1.1', r"smaller share"),
        ('level = "county"\nshare = 2.0', 'level = "county"', r"no share"),
        ('urgent_level = "street_office"', 'urgent_level = "moon"', r"moon.*levels"),
        ('categories = ["facilities"]\nto', 'categories = ["rain"]\nto', r"rain.*no category"),
        ('to = "department"\ndepartment = "housing"', 'to = "department"', r"names a department"),
        ('department = "housing"', 'department = "navy"', r"navy.*no department"),
        ('urgent = true\nto = "commander"', 'to = "commander"\nat_once = true', r"at_once"),
        ('key = "reopen"', 'key = "pause"', r"pause.*rename"),
    ],
)
def test_nonsense_is_refused_with_its_place_and_the_mend(tmp_path, old, new, says):
    with pytest.raises(InvalidProfile, match=says) as caught:
        changed(tmp_path, old, new)
    assert "mine.toml" in str(caught.value)


def test_a_limit_may_be_of_working_days_hours_or_calendar_days(tmp_path):
    profile = changed(tmp_path, "limit = { days = 3 }", "limit_days = 3.5")
    assert profile.category("environment").whole_limit.worked is False
    assert profile.category("environment").about_days == 3.5
    assert profile.category("noise").whole_limit.worked is True
    assert profile.category("safety").about_days == 1
    assert profile.state("reported").limit.hours == 2
    assert profile.state("in_progress").limit is None


def test_a_rule_that_sends_at_once_needs_a_step_that_can(tmp_path):
    with pytest.raises(InvalidProfile, match="no step that assigns"):
        changed(
            tmp_path,
            'from_states = ["reported", "filed", "dispatched"]\nto_state = "dispatched"\n'
            'roles = ["commander"]\nassigns = true',
            'from_states = ["filed"]\nto_state = "dispatched"\nroles = ["commander"]\n'
            'assigns = true\n\n[[dispatch]]\nto = "worker"\nat_once = true\n\n[[steps]]\n'
            'key = "spare"\nname = { zh = "备用", en = "spare" }\nfrom_states = ["reported"]\n'
            'to_state = "filed"\nroles = ["commander"]',
        )


def test_what_a_rule_leaves_out_fits_all(tmp_path):
    profile = changed(tmp_path, "most_extensions = 2", "most_extensions = 1")
    first, second, last = profile.dispatch
    assert first.fits(category="noise", source="snap", urgent=True)
    assert not first.fits(category="noise", source="snap", urgent=False)
    assert second.fits(category="facilities", source="snap", urgent=False)
    assert not second.fits(category="noise", source="snap", urgent=False)
    assert last.fits(category="noise", source="snap", urgent=False)
