"""Cases per place and per 10,000 households."""

from __future__ import annotations

from geodata.cases.counting import Place, count_in, ranked


def place(code: str, parent: str | None = None, households: int | None = None) -> Place:
    return Place(code, code, "area", parent, households)


def test_a_place_counts_what_lies_inside_it() -> None:
    places = [place("1"), place("11", "1", 400), place("12", "1", 600), place("121", "12", 100)]
    rows, elsewhere = count_in(places, {"11": 3, "121": 2, "12": 1, None: 4, "9": 1})
    found = {row.place.code: (row.count, row.households) for row in rows}
    assert found == {"1": (6, 1000), "11": (3, 400), "12": (3, 600), "121": (2, 100)}
    assert elsewhere == 5


def test_a_stated_base_goes_before_the_sum_of_those_inside() -> None:
    rows, _ = count_in([place("1", None, 5000), place("11", "1", 400)], {"11": 5})
    assert rows[0].households == 5000
    assert rows[0].rate == 10.0


def test_a_rate_is_cases_per_10000_households() -> None:
    rows, _ = count_in([place("1", None, 250)], {"1": 4})
    assert rows[0].rate == 160.0


def test_without_a_base_there_is_no_rate() -> None:
    rows, _ = count_in([place("1"), place("2", None, 0)], {"1": 3, "2": 3})
    assert [row.rate for row in rows] == [None, None]


def test_a_small_base_is_marked_and_never_leads_the_ranking() -> None:
    places = [place("small", None, 10), place("large", None, 2000), place("none")]
    rows, _ = count_in(places, {"small": 5, "large": 20, "none": 99}, min_households=100)
    order = ranked(rows)
    assert [row.place.code for row in order] == ["large", "small", "none"]
    assert [row.small_base for row in order] == [False, True, False]


def test_places_inside_each_other_in_a_circle_come_to_an_end() -> None:
    rows, elsewhere = count_in([place("1", "2"), place("2", "1")], {"1": 1, "2": 1})
    assert elsewhere == 0
    assert len(rows) == 2
