"""Reports with nothing but an address: placed, queued, placed by hand, and learned from."""

from __future__ import annotations

import orjson
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from incoming import OPERATOR, STREET_OFFICE, squares, write

from geodata.accounts import Actor
from geodata.cases.incoming.reporting import Report, report
from geodata.cases.map import rollups
from geodata.cases.whereabouts import addresses, placing, placing_all, unplaced
from geodata.cases.whereabouts import jobs as placing_jobs
from geodata.cases.whereabouts.placing import Choice
from geodata.database.working import run_worker
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound
from geodata.exchange import case_commands, import_file
from geodata.places import aliases
from geodata.places.address_book import book_of
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
ANNE = Actor(None, "Anne", "commander")
BOUND = Actor(None, "Wei", "worker", frozenset({f"{STREET_OFFICE}002"}))


@pytest.fixture
def estates(communities, database, tmp_path):
    """Two compounds in two communities, with three buildings."""
    corners = squares()
    small = [corner.buffer(-corner.length / 20) for corner in corners]
    path = write(
        tmp_path / "小区.gpkg", small[:2], 小区编码=["K1", "K2"], 名称=["康馨新村", "银杏花园"]
    )
    assert import_file(database, OPERATOR, "compounds", path).stored
    path = write(
        tmp_path / "楼栋.gpkg",
        [small[0].buffer(-small[0].length / 40)],
        楼栋编码=["K1-3"],
        名称=["康馨新村3号楼"],
        所属小区=["K1"],
    )
    assert import_file(database, OPERATOR, "buildings", path).stored
    return database


def told(address, **more):
    return Report("noise", "hotline", title="噪音", address=address, **more)


def place_of(database, number):
    with database.read() as connection:
        return connection.execute(
            sa.text(
                "select place_state, place_score, st_x(geom), st_y(geom), area_code, grid_code,"
                " compound_code from cases where id = :n"
            ),
            {"n": number},
        ).one()


def entries(database, number):
    with database.read() as connection:
        rows = connection.execute(
            sa.text("select kind, details from case_steps where case_id = :n order by id"),
            {"n": number},
        )
        return [(row.kind, row.details) for row in rows]


def test_a_sure_address_is_placed_at_once_with_the_reason(estates):
    case = report(estates, ANNE, PROFILE, told("盛庄社区康馨新村三号楼2单元")).case
    assert case["place_state"] == "sure"
    assert case["place_score"] > 0.6
    found = place_of(estates, case["id"])
    assert found.compound_code == "K1"
    assert found.area_code == f"{STREET_OFFICE}001"
    kind, details = entries(estates, case["id"])[1]
    assert kind == "place"
    assert (details["kind"], details["code"]) == ("building", "K1-3")
    assert "building" in details["agree"]


def test_an_address_that_says_nothing_waits_in_the_queue(estates):
    case = report(estates, ANNE, PROFILE, told("火星基地七号舱")).case
    assert case["place_state"] == "none"
    queue = unplaced.unplaced(estates, ANNE, PROFILE)
    assert [one["id"] for one in queue.cases] == [case["id"]]
    assert queue.counts == {"all": 1, "doubtful": 0, "none": 1}
    assert queue.cases[0]["address"] == "火星基地七号舱"


def test_a_doubtful_address_keeps_the_community_and_offers_candidates(estates):
    case = report(estates, ANNE, PROFILE, told("册山社区东头")).case
    assert case["place_state"] == "doubtful"
    assert case["area_code"] == f"{STREET_OFFICE}002"
    assert place_of(estates, case["id"])[2] is None
    told_of = unplaced.meanings(estates, ANNE, PROFILE, case["id"])
    assert told_of.verdict == "doubtful"
    assert told_of.candidates[0]["kind"] == "area"
    # Whoever is on duty in that community sees it, too.
    assert unplaced.count_unplaced(estates, BOUND, PROFILE)["all"] == 1


def test_a_click_places_the_case_and_the_word_places_the_next_one_by_itself(estates):
    first = report(estates, ANNE, PROFILE, told("老电影院宿舍3号楼")).case
    second = report(estates, ANNE, PROFILE, told("老电影院宿舍2单元漏水")).case
    assert first["place_state"] == second["place_state"] == "none"
    word = unplaced.meanings(estates, ANNE, PROFILE, first["id"]).word
    assert word == "老电影院宿舍"

    placed = placing.place(
        estates, ANNE, PROFILE, first["id"],
        Choice(first["revision"], kind="compound", code="K1", word=word),
    )  # fmt: skip
    assert placed.case["place_state"] == "chosen"
    assert placed.case["revision"] == 1
    assert place_of(estates, first["id"]).compound_code == "K1"
    assert placed.same == (second["id"],)
    assert placed.others == ()
    assert entries(estates, first["id"])[-1][1]["alias"] == placed.alias

    next_one = report(estates, ANNE, PROFILE, told("老电影院宿舍3号楼")).case
    assert next_one["place_state"] == "sure"

    assert placing.settle(estates, ANNE, PROFILE, placed.alias) == [second["id"]]
    assert place_of(estates, second["id"]).place_state == "sure"
    assert placing.settle(estates, ANNE, PROFILE, placed.alias) == []
    assert unplaced.count_unplaced(estates, ANNE, PROFILE)["all"] == 0


def test_a_word_taught_for_two_places_is_told_and_doubted(estates):
    numbers = [
        report(estates, ANNE, PROFILE, told(f"老粮所大院{n}号楼")).case["id"] for n in (1, 2)
    ]
    placing.place(
        estates, ANNE, PROFILE, numbers[0], Choice(0, kind="compound", code="K1", word="老粮所大院")
    )
    second = placing.place(
        estates, ANNE, PROFILE, numbers[1], Choice(0, kind="compound", code="K2", word="老粮所大院")
    )
    assert second.others == ("康馨新村",)
    assert second.same == ()
    assert [one.others for one in aliases.aliases(estates, ANNE)] == [1, 1]
    assert report(estates, ANNE, PROFILE, told("老粮所大院")).case["place_state"] == "doubtful"


def test_an_ended_word_counts_no_more_and_is_kept(estates):
    case = report(estates, ANNE, PROFILE, told("老粮所大院1号楼")).case
    placed = placing.place(
        estates, ANNE, PROFILE, case["id"], Choice(0, kind="compound", code="K1", word="老粮所大院")
    )
    aliases.end_alias(estates, ANNE, placed.alias)
    assert aliases.aliases(estates, ANNE) == []
    kept = aliases.aliases(estates, ANNE, ended=True)
    assert [(one.word, one.name, one.ended_by) for one in kept] == [
        ("老粮所大院", "康馨新村", "Anne")
    ]
    assert report(estates, ANNE, PROFILE, told("老粮所大院1号楼")).case["place_state"] == "none"
    with pytest.raises(NotFound):
        aliases.end_alias(estates, ANNE, placed.alias)


def test_a_word_is_taught_by_hand_for_a_place_of_the_own_areas(estates):
    number, others = aliases.add(estates, ANNE, "老粮所大院", kind="building", code="K1-3")
    assert others == 0
    assert aliases.add(estates, ANNE, "老粮所大院", kind="compound", code="K1") == (number, 0)
    assert aliases.add(estates, ANNE, "老粮所大院", kind="compound", code="K2")[1] == 1
    (one,) = [one for one in aliases.aliases(estates, ANNE) if one.id == number]
    assert (one.name, one.taught_by, one.case_id) == ("康馨新村", "Anne", None)
    assert report(estates, ANNE, PROFILE, told("老粮所大院")).case["place_state"] == "doubtful"
    with pytest.raises(NotFound):
        aliases.add(estates, ANNE, "老粮所", kind="compound", code="K9")
    with pytest.raises(InvalidInput):
        aliases.add(estates, ANNE, "小区", kind="compound", code="K1")
    elsewhere = Actor(None, "Chief", "commander", frozenset({"999"}))
    with pytest.raises(NotAllowed):
        aliases.add(estates, elsewhere, "老粮所", kind="compound", code="K1")


def test_a_tap_on_the_map_places_and_teaches_a_mere_point(estates):
    case = report(estates, ANNE, PROFILE, told("大桥底下钓鱼处")).case
    at = place_of(estates, report(estates, ANNE, PROFILE, told("康馨新村")).case["id"])
    placed = placing.place(
        estates, ANNE, PROFILE, case["id"], Choice(0, lon=at[2], lat=at[3], word="大桥底下")
    )
    assert place_of(estates, case["id"]).compound_code == "K1"
    assert placed.alias is not None
    again = report(estates, ANNE, PROFILE, told("大桥底下有人烧烤")).case
    assert again["place_state"] == "sure"
    assert place_of(estates, again["id"])[2:4] == pytest.approx((at[2], at[3]))


def test_a_wrong_place_is_put_right_by_placing_again(estates):
    case = report(estates, ANNE, PROFILE, told("康馨新村3号楼")).case
    placing.place(estates, ANNE, PROFILE, case["id"], Choice(0, kind="compound", code="K2"))
    assert place_of(estates, case["id"]).compound_code == "K2"
    placing.place(estates, ANNE, PROFILE, case["id"], Choice(1, kind="building", code="K1-3"))
    assert place_of(estates, case["id"]).compound_code == "K1"
    assert [kind for kind, _ in entries(estates, case["id"])] == [
        "reported", "place", "place", "place",
    ]  # fmt: skip


def test_who_was_slower_is_told_so_and_shown_the_case(estates):
    case = report(estates, ANNE, PROFILE, told("火星基地")).case
    placing.place(estates, ANNE, PROFILE, case["id"], Choice(0, kind="compound", code="K1"))
    with pytest.raises(Conflict) as refused:
        placing.place(estates, ANNE, PROFILE, case["id"], Choice(0, kind="compound", code="K2"))
    assert refused.value.members["case"]["revision"] == 1
    assert place_of(estates, case["id"]).compound_code == "K1"


@pytest.mark.parametrize(
    ("choice", "error"),
    [
        (Choice(0), InvalidInput),
        (Choice(0, kind="compound"), InvalidInput),
        (Choice(0, kind="planet", code="K1"), InvalidInput),
        (Choice(0, lon=118.0), InvalidInput),
        (Choice(0, lon=200.0, lat=35.0), InvalidInput),
        (Choice(0, lon=118.0, lat=float("nan")), InvalidInput),
        (Choice(0, kind="compound", code="nowhere"), NotFound),
        (Choice(0, kind="compound", code="K1", word="小区"), InvalidInput),
        (Choice(0, kind="compound", code="K1", word="12"), InvalidInput),
        (Choice(0, kind="compound", code="K1", word="很" * 61), InvalidInput),
    ],
)
def test_a_choice_that_is_none_changes_nothing(estates, choice, error):
    case = report(estates, ANNE, PROFILE, told("火星基地")).case
    with pytest.raises(error):
        placing.place(estates, ANNE, PROFILE, case["id"], choice)
    assert place_of(estates, case["id"]).place_state == "none"
    assert aliases.aliases(estates, ANNE) == []


def test_whoever_has_areas_of_duty_places_only_there(estates):
    case = report(estates, ANNE, PROFILE, told("册山社区东头")).case
    with pytest.raises(NotAllowed):
        placing.place(estates, BOUND, PROFILE, case["id"], Choice(0, kind="compound", code="K1"))
    placed = placing.place(
        estates, BOUND, PROFILE, case["id"], Choice(0, kind="compound", code="K2")
    )
    assert placed.case["area_code"] == f"{STREET_OFFICE}002"
    with pytest.raises(NotAllowed):
        placing.place(
            estates,
            Actor(None, "V", "viewer"),
            PROFILE,
            case["id"],
            Choice(1, kind="area", code="x"),
        )


def test_a_compound_that_came_in_later_is_known_to_addresses(estates, tmp_path):
    assert report(estates, ANNE, PROFILE, told("梧桐里小镇5号楼")).case["place_state"] == "none"
    path = write(
        tmp_path / "新.gpkg", [squares()[2].buffer(-0.002)], 小区编码=["K9"], 名称=["梧桐里小镇"]
    )
    assert import_file(estates, OPERATOR, "compounds", path).stored
    report(estates, ANNE, PROFILE, told("别处"))  # somebody asks, and the book is read anew
    book_of(estates).settle()
    assert report(estates, ANNE, PROFILE, told("梧桐里小镇5号楼")).case["place_state"] == "sure"


def test_news_of_a_case_with_another_address_finds_the_other_place(estates):
    first = report(estates, ANNE, PROFILE, told("康馨新村", external_id="A1")).case
    again = report(estates, ANNE, PROFILE, told("银杏花园", external_id="A1")).case
    assert again["id"] == first["id"]
    assert place_of(estates, first["id"]).compound_code == "K2"
    lost = report(estates, ANNE, PROFILE, told("火星基地", external_id="A1")).case
    assert lost["place_state"] == "none"
    assert place_of(estates, first["id"])[2:] == (None,) * 5


def test_what_a_person_chose_stands_against_news_without_a_place(estates):
    first = report(estates, ANNE, PROFILE, told("火星基地", external_id="A1")).case
    placing.place(estates, ANNE, PROFILE, first["id"], Choice(0, kind="compound", code="K1"))
    report(estates, ANNE, PROFILE, told("银杏花园", external_id="A1"))
    assert place_of(estates, first["id"]).compound_code == "K1"


OLD = [
    ("盛庄社区康馨新村三号楼2单元", "closed"),
    ("银杏花园", "reported"),
    ("册山社区东头", "reported"),
    ("火星基地", "filed"),
    ("  ", "reported"),
    ("老粮所大院3号楼", "reported"),
]


def store_old(database, *, times=1):
    """Tickets that came without a place and that nobody looked at; gives their numbers."""
    with database.begin() as tx:
        query = sa.text(
            "insert into cases (source, category, state, reported_at, address, import_id)"
            " values ('hotline', 'noise', :state, now() - interval '40 days', :address, 1)"
            " returning id"
        )
        return [
            tx.connection.execute(query, {"state": state, "address": address}).scalar_one()
            for _ in range(times)
            for address, state in OLD
        ]


def states(database, numbers):
    return [place_of(database, number).place_state for number in numbers]


def test_old_tickets_are_placed_by_their_addresses_the_sure_ones_and_no_others(estates):
    numbers = store_old(estates)
    done = placing_all.place_all(estates, ANNE, PROFILE)
    assert (done.looked, done.placed, done.doubtful, done.none, done.whole) == (5, 2, 1, 2, 5)
    assert states(estates, numbers) == ["sure", "sure", "doubtful", "none", None, "none"]
    found = place_of(estates, numbers[0])
    assert (found.compound_code, found.area_code) == ("K1", f"{STREET_OFFICE}001")
    [(kind, details)] = entries(estates, numbers[0])
    assert (kind, details["how"], details["code"]) == ("place", "address", "K1-3")
    assert unplaced.count_unplaced(estates, ANNE, PROFILE) == {"all": 4, "doubtful": 1, "none": 3}
    with estates.begin() as tx:
        assert rollups.is_right(tx.connection)
    again = placing_all.place_all(estates, ANNE, PROFILE)
    assert (again.looked, again.placed) == (3, 0)


def test_placing_all_stops_where_asked_and_goes_on_from_there(estates, monkeypatch):
    monkeypatch.setattr(placing_all, "AT_ONCE", 4)
    numbers = store_old(estates, times=3)
    heard = []
    done = placing_all.place_all(
        estates, ANNE, PROFILE, told=heard.append, cancelled=lambda: len(heard) == 2
    )
    assert (done.stopped, done.looked, done.whole) == (True, 8, 15)
    assert [one.looked for one in heard] == [4, 8]
    rest = placing_all.place_all(estates, ANNE, PROFILE)
    assert (rest.stopped, rest.placed + done.placed) == (False, 6)
    assert states(estates, numbers).count("sure") == 6
    with estates.read() as connection:
        query = sa.text("select count(*) from case_steps where kind = 'place'")
        assert connection.execute(query).scalar_one() == 6


def test_placing_all_leaves_what_somebody_placed_or_joined_meanwhile(estates, monkeypatch):
    placed, joined, *_ = store_old(estates)
    find = addresses.find

    def meanwhile(*given):
        found = find(*given)
        choice = Choice(0, kind="compound", code="K2")
        placing.place(estates, ANNE, PROFILE, placed, choice)
        with estates.begin() as tx:
            tx.connection.execute(
                sa.text("update cases set joined_to = :to, joined_state = state where id = :id"),
                {"to": placed, "id": joined},
            )
        return found

    monkeypatch.setattr(addresses, "find", meanwhile)
    assert placing_all.place_all(estates, ANNE, PROFILE).placed == 0
    assert states(estates, [placed, joined]) == ["chosen", None]


def test_whoever_has_areas_of_duty_places_all_only_there(estates):
    numbers = store_old(estates)
    assert placing_all.place_all(estates, BOUND, PROFILE).looked == 0
    with estates.begin() as tx:
        tx.connection.execute(
            sa.text("update cases set area_code = :code"), {"code": f"{STREET_OFFICE}002"}
        )
    done = placing_all.place_all(estates, BOUND, PROFILE)
    assert done.placed == 1  # 银杏花园; the other compound lies in another community
    assert states(estates, numbers[:2]) == ["doubtful", "sure"]
    with pytest.raises(NotAllowed):
        placing_all.place_all(estates, Actor(None, "Lu", "viewer"), PROFILE)


def test_old_tickets_find_their_place_by_themselves_when_compounds_come_in(
    estates, tmp_path, monkeypatch
):
    numbers = store_old(estates)
    assert placing_jobs.notice_new_places(estates) == 1
    assert placing_jobs.notice_new_places(estates) == 0
    monkeypatch.setenv("WANGGE_PROFILE", "linyi")
    run_worker(estates, wait=False)
    assert states(estates, [numbers[0], numbers[5]]) == ["sure", "none"]
    assert placing_jobs.notice_new_places(estates) == 0
    corner = squares()[0]
    small = corner.buffer(-corner.length / 9)
    path = write(tmp_path / "更多.gpkg", [small], 小区编码=["K9"], 名称=["老粮所大院"])
    assert import_file(estates, OPERATOR, "compounds", path).stored
    assert placing_jobs.notice_new_places(estates) == 1
    run_worker(estates, wait=False)
    assert states(estates, [numbers[5]]) == ["sure"]
    with estates.read() as connection:
        reports = connection.execute(sa.text("select report from jobs order by id")).scalars()
        assert [one["placed"] for one in reports] == [2, 1]


def test_a_word_that_was_taught_counts_for_old_tickets_by_the_next_morning(estates):
    numbers = store_old(estates)
    placing_all.place_all(estates, ANNE, PROFILE)
    assert placing_jobs.notice_new_places(estates) == 1
    run_worker(estates, wait=False)
    choice = Choice(1, kind="compound", code="K1", word="老粮所大院")
    placing.place(estates, ANNE, PROFILE, numbers[0], choice)
    assert placing_jobs.notice_new_places(estates) == 0
    assert placing_jobs.notice_new_words(estates) == 1
    run_worker(estates, wait=False)
    assert states(estates, [numbers[5]]) == ["sure"]


def test_old_tickets_are_placed_from_the_terminal(estates, settings):
    store_old(estates)
    found = CliRunner().invoke(case_commands.cases, ["place", "--json"], obj=settings)
    assert found.exit_code == 0, found.output
    assert orjson.loads(found.stdout)["placed"] == 2
    again = CliRunner().invoke(case_commands.cases, ["place"], obj=settings)
    assert "3" in again.stdout
