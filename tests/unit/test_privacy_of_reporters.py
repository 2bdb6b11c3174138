"""What is masked, and which counts are hidden."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.cases.hiding import Counted, hidden
from geodata.cases.masking import masked_address, masked_name, masked_telephone

LEAST = 5


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("王小明", "王**"),
        ("李雷", "李*"),
        ("王", "*"),
        ("", None),
        (None, None),
        ("欧阳娜娜", "欧***"),
    ],
)
def test_of_a_name_the_first_sign_is_seen(name, seen):
    assert masked_name(name) == seen


@pytest.mark.parametrize(
    ("number", "seen"),
    [
        ("13812341234", "138****1234"),
        ("138 1234 1234", "138****1234"),
        ("110", "****"),
        ("8225678", "****"),
        (None, None),
    ],
)
def test_of_a_telephone_the_ends_are_seen(number, seen):
    assert masked_telephone(number) == seen


def test_of_an_address_of_mail_the_host_is_seen():
    assert masked_address("wang@example.org") == "w***@example.org"
    assert masked_address("nonsense") == "****"
    assert masked_address(None) is None


def places(*counts: int, parent: str | None = "1") -> list[Counted]:
    return [Counted(f"{parent}-{k}", parent, count) for k, count in enumerate(counts)]


def test_a_few_are_hidden_and_none_and_many_are_told():
    assert hidden(places(0, 1, 4, 5, 90), least=LEAST) == {"1-1", "1-2"}


def test_the_only_hidden_one_takes_the_smallest_other_with_it():
    assert hidden(places(0, 2, 30, 7, 7), least=LEAST) == {"1-1", "1-3"}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12)), max_size=20))
def test_no_hidden_count_comes_out_by_subtraction(drawn):
    every = [Counted(str(k), parent, count) for k, (parent, count) in enumerate(drawn)]
    few = hidden(every, least=LEAST)
    assert {one.code for one in every if 0 < one.count < LEAST} <= few
    for parent in "ab":
        group = [one for one in every if one.parent == parent and one.count]
        inside = [one for one in group if one.code in few]
        assert len(inside) != 1 or len(group) == 1
