"""Photos on the disk and their rows: none lost, none left over; reporters masked and forgotten."""

from __future__ import annotations

import io
import os
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from incoming import OPERATOR, tickets
from PIL import Image

from app import main
from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.cases import counting, forgetting, opening
from geodata.cases.filters import CaseFilter
from geodata.cases.incoming import snapping
from geodata.cases.incoming.reporting import Report, report
from geodata.cases.incoming.snapping import Snap, snap
from geodata.cases.photos import adding, keeping, read
from geodata.cases.photos.keeping import Album
from geodata.cases.steps import stepping
from geodata.cases.steps.stepping import Wanted
from geodata.cases.tables import case_photos, case_reporters, cases
from geodata.errors import InvalidInput, NotFound, Unavailable
from geodata.exchange import import_file
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
WORKER = Actor(None, "Wei", "worker")
VIEWER = Actor(None, "Lu", "viewer")
KEY = "0123456789abcdef0123456789abcdef"


def photo(colour: str = "red") -> Any:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(out, "JPEG")
    return read(out.getvalue(), zone=PROFILE.zone)


TOLD = Snap(KEY, "noise", text="夜间施工", lon=118.35, lat=35.05, before=(photo(),))


def files(folder) -> list[str]:
    return sorted(path.name for path in (folder / keeping.FOLDER).glob("*/*"))


def count(database, table) -> int:
    with database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def age(folder, *, days: float) -> None:
    then = time.time() - days * 86_400
    for path in (folder / keeping.FOLDER).glob("*/*"):
        os.utime(path, (then, then))


def test_a_connection_that_dies_before_the_end_leaves_no_row_and_the_files_are_swept(
    database, tmp_path, monkeypatch
):
    entered = adding.enter

    def killed(tx, *args, **kwargs):
        made = entered(tx, *args, **kwargs)
        assert files(tmp_path)  # they are there before the row is
        pid = tx.connection.execute(sa.text("select pg_backend_pid()")).scalar_one()
        with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", [pid])
        return made

    monkeypatch.setattr(adding, "enter", killed)
    with pytest.raises((sa.exc.OperationalError, Unavailable)):
        snap(database, WORKER, PROFILE, TOLD, data_dir=tmp_path)
    assert (count(database, cases), count(database, case_photos)) == (0, 0)
    assert keeping.sweep(database, tmp_path) == 0  # young ones may be somebody's
    assert keeping.sweep(database, tmp_path, seconds=-1) == 2
    assert files(tmp_path) == []
    monkeypatch.setattr(adding, "enter", entered)
    assert snap(database, WORKER, PROFILE, TOLD, data_dir=tmp_path).is_new


def test_a_sweep_takes_old_files_without_a_row_and_no_others(database, tmp_path):
    number = snap(database, WORKER, PROFILE, TOLD, data_dir=tmp_path).case["id"]
    keeping.keep(tmp_path, photo("blue"))
    (tmp_path / keeping.FOLDER / "ab").mkdir(exist_ok=True)
    (tmp_path / keeping.FOLDER / "ab" / ".partx").write_bytes(b"half")
    age(tmp_path, days=2)
    keeping.keep(tmp_path, photo("green"))
    assert keeping.sweep(database, tmp_path) == 3
    kept = {name[:64] for name in files(tmp_path)}
    assert kept == {photo().digest, photo("green").digest}
    with database.read() as connection:
        assert adding.has(connection, number, "before")


def test_the_same_report_from_two_lines_at_once_is_one_case(database, tmp_path):
    with ThreadPoolExecutor(6) as pool:
        found = list(
            pool.map(lambda _k: snap(database, WORKER, PROFILE, TOLD, data_dir=tmp_path), range(6))
        )
    assert sum(one.is_new for one in found) == 1
    assert len({(one.case["id"], one.follow_code) for one in found}) == 1
    assert (count(database, cases), count(database, case_photos)) == (1, 1)


def test_a_full_disk_takes_nothing_half(database, tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keeping.os, "fsync", full)
    with pytest.raises(Unavailable):
        snap(database, WORKER, PROFILE, TOLD, data_dir=tmp_path)
    assert count(database, cases) == 0
    assert files(tmp_path) == []


def in_progress(database, folder) -> tuple[int, int]:
    """A case that somebody works on, and its revision."""
    number = snap(database, WORKER, PROFILE, TOLD, data_dir=folder).case["id"]
    somebody = add_user(database, Actor.terminal(), "wei", role="worker")
    boss = Actor(None, "Anne", "commander")
    sent = Wanted("dispatch", 0, assignee=somebody.id)
    stepping.step(database, boss, PROFILE, number, sent)
    accepted = stepping.step(database, somebody.actor(), PROFILE, number, Wanted("accept", 1))
    return number, accepted.case["revision"]


def test_a_step_that_wants_a_photo_says_so_and_one_that_needs_it_is_refused(database, tmp_path):
    number, revision = in_progress(database, tmp_path)
    strict = PROFILE.model_copy(
        update={
            "steps": tuple(
                step.model_copy(update={"photos_needed": step.photos is not None})
                for step in PROFILE.steps
            )
        }
    )
    done = Wanted("feed_back", revision, "已劝停")
    with pytest.raises(InvalidInput, match="photo"):
        stepping.step(database, WORKER, strict, number, done)
    album = Album(tmp_path, (photo("green"),))
    added = adding.add_photos(database, WORKER, number, phase="after", album=album)
    taken = stepping.step(
        database, WORKER, strict, number, replace(done, revision=added.case["revision"])
    )
    assert taken.wants_photo is None


def test_a_step_without_the_photo_that_it_should_have_is_taken_with_a_word(database, tmp_path):
    number, revision = in_progress(database, tmp_path)
    done = stepping.step(database, WORKER, PROFILE, number, Wanted("feed_back", revision, "已劝停"))
    assert done.wants_photo == "after"


def test_photos_go_into_a_backup_and_come_back(database, tmp_path):
    snap(database, WORKER, PROFILE, TOLD, data_dir=tmp_path / "here")
    packed = tmp_path / "saved.dump.photos.tar"
    assert keeping.pack(tmp_path / "here", packed) == 1
    assert keeping.unpack(packed, tmp_path / "there") == 1
    assert files(tmp_path / "there") == files(tmp_path / "here")
    assert keeping.open_photo(tmp_path / "there", photo().digest, "picture") == photo().picture
    assert keeping.pack(tmp_path / "empty", tmp_path / "none.tar") == 0
    assert not (tmp_path / "none.tar").exists()


def test_a_file_that_is_no_backup_of_photos_brings_nothing_in(tmp_path):
    bad = tmp_path / "bad.tar"
    with tarfile.open(bad, "w") as packed:
        member = tarfile.TarInfo("../../etc/passwd")
        packed.addfile(member, io.BytesIO(b""))
    for path in (bad, __file__):
        with pytest.raises(InvalidInput):
            keeping.unpack(type(bad)(path), tmp_path / "there")
    with pytest.raises(NotFound):
        keeping.open_photo(tmp_path / "there", "0" * 64, "thumb")


def test_reporters_are_forgotten_when_their_time_is_over_and_their_codes_still_lead_on(
    database, tmp_path
):
    told = replace(TOLD, name="王小明", telephone="13812341234")
    young = snap(database, WORKER, PROFILE, told, data_dir=tmp_path)
    old = snap(database, WORKER, PROFILE, replace(told, client_key=KEY[::-1]), data_dir=tmp_path)
    then = datetime.now(UTC) - timedelta(days=181)
    with database.begin() as tx:
        tx.connection.execute(
            sa.update(case_reporters)
            .where(case_reporters.c.case_id == old.case["id"])
            .values(at=then, forget_at=then + timedelta(days=180))
        )
        tx.connection.execute(
            sa.update(cases)
            .where(cases.c.id == old.case["id"])
            .values(reported_at=then, reporter_name="王小明", reporter_telephone="13812341234")
        )
    assert forgetting.forget_reporters(database, keep_days=180) == 2
    assert forgetting.forget_reporters(database, keep_days=180) == 0
    with database.read() as connection:
        names = dict(
            connection.execute(sa.select(case_reporters.c.follow_code, case_reporters.c.name)).all()
        )
        left = connection.execute(
            sa.select(cases.c.reporter_name).where(cases.c.id == old.case["id"])
        ).scalar_one()
    assert names == {young.follow_code: "王小明", old.follow_code: None}
    assert left is None
    again = snapping.again(database, WORKER, PROFILE, KEY[::-1])
    assert again is not None
    assert again.follow_code == old.follow_code


def test_on_duty_elsewhere_a_reporter_is_masked_and_who_only_looks_sees_nothing(database, tmp_path):
    told = replace(TOLD, name="王小明", telephone="13812341234")
    number = snap(database, WORKER, PROFILE, told, data_dir=tmp_path).case["id"]

    def seen(actor):
        (one,) = opening.open_case(database, actor, PROFILE, number)["reporters"]
        return one["name"], one["telephone"]

    elsewhere = Actor(None, "Mo", "worker", frozenset({"371311001"}))
    assert seen(WORKER) == ("王小明", "13812341234")
    assert seen(elsewhere) == ("王**", "138****1234")
    assert seen(VIEWER) == (None, None)


def test_who_only_looks_is_told_no_counts_of_few(database):
    for k in range(4):
        report(database, WORKER, PROFILE, Report("noise", "snap", address=f"某处{k}号"))

    def elsewhere(actor):
        wanted = CaseFilter()
        return counting.count_cases(database, actor, PROFILE, wanted, by="area").elsewhere

    assert (elsewhere(WORKER), elsewhere(VIEWER)) == (4, None)
    report(database, WORKER, PROFILE, Report("noise", "snap", address="某处9号"))
    assert elsewhere(VIEWER) == 5


def test_the_command_for_backups_carries_the_photos_there_and_back(database, tmp_path, monkeypatch):
    monkeypatch.setenv("WANGGE_DATABASE_URL", database.url)
    monkeypatch.setenv("WANGGE_DATA_DIR", str(tmp_path / "here"))
    monkeypatch.setenv("WANGGE_LANGUAGE", "en")
    snap(database, WORKER, PROFILE, TOLD, data_dir=tmp_path / "here")
    saved = tmp_path / "saved.dump"
    done = CliRunner().invoke(main, ["db", "backup", str(saved)])
    assert done.exit_code == 0, done.output
    assert "1 photos of cases are beside it" in done.output
    monkeypatch.setenv("WANGGE_DATA_DIR", str(tmp_path / "there"))
    done = CliRunner().invoke(main, ["db", "restore", "--yes", str(saved)])
    assert done.exit_code == 0, done.output
    assert "1 photos of cases are back" in done.output
    assert files(tmp_path / "there") == files(tmp_path / "here")


def test_a_file_brings_no_reporter_back_whose_time_is_over(database, tmp_path):
    now = datetime.now(PROFILE.zone)
    times = [f"{now - timedelta(days=days):%Y-%m-%d %H:%M}" for days in (400, 10)]
    path = tickets(
        tmp_path / "c.csv",
        2,
        上报时间=times,
        来电人=["王小明", "李雷"],
        联系电话=["13812341234", "13900001111"],
    )
    for _ in range(2):
        import_file(database, OPERATOR, "cases", path)
        with database.read() as connection:
            query = sa.select(cases.c.reporter_name, cases.c.reporter_telephone)
            found = connection.execute(query.order_by(cases.c.reported_at)).all()
        assert [tuple(row) for row in found] == [(None, None), ("李雷", "13900001111")]
    assert forgetting.forget_reporters(database, keep_days=180) == 0
