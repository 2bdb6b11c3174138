"""Imports that are forbidden, stopped, killed or doubled leave nothing by halves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from incoming import (
    OPERATOR,
    STREET_OFFICE,
    count_of,
    everything,
    rows,
    squares,
    tickets,
    write,
)

from geodata.accounts import Actor
from geodata.database.jobs import Work, kind_of
from geodata.errors import Cancelled, Conflict, NotAllowed, Unavailable
from geodata.exchange import import_file, preview
from geodata.exchange import jobs as _jobs  # noqa: F401 - registers the kind

# --- who may, and what is noted --------------------------------------------------------------


def test_a_viewer_may_not_import(database, tmp_path):
    viewer = Actor(user_id=1, name="v", role="viewer")
    with pytest.raises(NotAllowed):
        import_file(database, viewer, "cases", tickets(tmp_path / "a.csv"))
    with pytest.raises(NotAllowed):
        preview(database, viewer, "cases", tmp_path / "a.csv")


def test_a_commander_looks_at_no_borders_that_may_not_come_in(database, tmp_path):
    commander = Actor(user_id=1, name="c", role="commander")
    path = write(tmp_path / "a.gpkg", squares())
    for verb in (import_file, preview):
        with pytest.raises(NotAllowed, match="edit_places"):
            verb(database, commander, "areas", path)
    assert preview(database, commander, "cases", tickets(tmp_path / "c.csv")).rows is None


def test_a_planner_stays_within_the_area_of_duty(database, communities, tmp_path):
    planner = Actor(1, "p", "planner", areas=frozenset({f"{STREET_OFFICE}001"}))
    inside = write(tmp_path / "a.gpkg", squares()[:1], name=["里"])
    outside = write(tmp_path / "b.gpkg", squares()[1:2], name=["外"])
    assert import_file(database, planner, "compounds", inside).stored
    before = everything(database)
    with pytest.raises(NotAllowed):
        import_file(database, planner, "compounds", outside)
    with pytest.raises(NotAllowed):
        import_file(database, planner, "cases", tickets(tmp_path / "c.csv"))
    assert everything(database) == before


def test_an_import_is_one_entry_in_the_audit_and_one_in_the_feed(database, communities):
    assert rows(database, "SELECT action, subject, details->>'added' FROM audit") == [
        ("imported", "areas", "4")
    ]
    assert rows(database, "SELECT layer, action FROM changes") == [("areas", "loaded")]
    assert database.version("areas") > 0
    (note,) = rows(database, "SELECT filename, crs, report->>'added', length(sha256) FROM imports")
    assert note == ("社区.gpkg", "wgs84", "4", 64)


def test_a_preview_shows_columns_and_map_and_stores_nothing(database, communities, tmp_path):
    path = write(tmp_path / "c.gpkg", squares(), 小区名称=list("甲乙丙丁"), 备注=list("abcd"))
    before = everything(database)
    seen = preview(database, OPERATOR, "compounds", path).as_dict("zh")
    assert everything(database) == before
    assert seen["columns"][0] == {
        "name": "小区名称",
        "samples": list("甲乙丙丁"),
        "field": "name",
        "confidence": pytest.approx(1, abs=0.02),
    }
    assert seen["columns"][1]["field"] is None
    assert seen["crs"] == "wgs84"
    assert seen["bbox"] == pytest.approx([118.3, 35.0, 118.32, 35.02])
    assert len(seen["features"]["features"]) == 4
    assert seen["rows"] == 4


# --- interrupted -----------------------------------------------------------------------------


def test_a_cancelled_import_leaves_nothing(database, tmp_path):
    before = everything(database)
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        import_file(
            database, OPERATOR, "cases", tickets(tmp_path / "a.csv"), cancelled=lambda: next(asked)
        )
    assert everything(database) == before


def test_progress_runs_from_nothing_to_all(database, tmp_path):
    told = []
    import_file(
        database,
        OPERATOR,
        "cases",
        tickets(tmp_path / "a.csv"),
        progress=lambda stage, share: told.append(share),
    )
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0


def test_a_database_that_goes_away_in_the_middle_leaves_nothing(database, tmp_path):
    before = everything(database)
    path = tickets(tmp_path / "a.csv", 200)

    def end_it(stage, share):
        if share > 0:
            with database.engine.connect() as other:
                other.execute(
                    sa.text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <>"
                        " pg_backend_pid() AND datname = current_database()"
                    )
                )

    with pytest.raises(Unavailable):
        import_file(database, OPERATOR, "cases", path, progress=end_it)
    assert everything(database) == before
    assert import_file(database, OPERATOR, "cases", path).added == 200


def test_two_imports_of_one_file_at_once_end_in_one_set_of_cases(database, tmp_path):
    path = tickets(tmp_path / "a.csv", 50)
    refusals = []

    def meanwhile(stage, share):
        if stage == "finishing" and not refusals:
            refusals.append(None)
            thread.start()
            time.sleep(0.5)

    def other():
        try:
            import_file(database, OPERATOR, "cases", path)
        except Conflict as error:
            refusals.append(error)

    thread = threading.Thread(target=other)
    assert import_file(database, OPERATOR, "cases", path, progress=meanwhile).added == 50
    thread.join(30)
    assert isinstance(refusals[-1], Conflict)
    assert count_of(database, "cases") == 50


def test_a_killed_import_leaves_nothing(database, tmp_path):
    path = tickets(tmp_path / "a.csv", 2000)
    before = everything(database)
    code = (
        "import sys, time; from geodata.database import Database;"
        "from geodata.accounts import Actor; from geodata.exchange import import_file;"
        "tell = lambda stage, share: share > 0.5 and (print('half', flush=True), time.sleep(60));"
        "import_file(Database(sys.argv[1]), Actor.terminal(), 'cases', sys.argv[2], progress=tell)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, database.url, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline().strip() == "half"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    for _ in range(100):
        if everything(database) == before and not rows(
            database,
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND state = 'idle in transaction' AND pid <> pg_backend_pid()",
        ):
            break
        time.sleep(0.1)
    assert everything(database) == before
    assert import_file(database, OPERATOR, "cases", path).added == 2000


def test_an_import_runs_as_a_job(database, tmp_path):
    path = tickets(tmp_path / "a.csv")
    work = Work(
        database=database,
        actor={"user_id": None, "language": "zh"},
        arguments={
            "layer": "cases",
            "path": str(path),
            "filename": "十二月.csv",
            "profile": "linyi",
        },
    )
    report = kind_of("import").run(work)
    assert report["added"] == 6
    assert report["filename"] == "十二月.csv"
    assert not path.exists()
    assert rows(database, "SELECT actor, user_id FROM audit") == [("terminal", None)]


def test_rows_count_even_beyond_one_chunk(database, tmp_path, monkeypatch):
    from geodata.exchange import tabular

    monkeypatch.setattr(tabular, "ROWS_AT_ONCE", 50)
    monkeypatch.setattr(tabular, "BLOCK", 4096)
    path = tickets(tmp_path / "a.csv", 500, 工单编号=[f"T{k % 400}" for k in range(500)])
    report = import_file(database, OPERATOR, "cases", path)
    assert report.rows == 500
    assert count_of(database, "cases") == 400
    anonymous = pd.read_csv(path).drop(columns="工单编号")
    anonymous.to_csv(tmp_path / "b.csv", index=False)
    first = import_file(database, OPERATOR, "cases", tmp_path / "b.csv")
    assert first.added == 500
    assert import_file(database, OPERATOR, "cases", tmp_path / "b.csv").unchanged == 500


def test_numbers_of_rows_are_those_of_the_file(database, tmp_path):
    path = tickets(tmp_path / "a.csv", 5, 经度=np.array([118.3, 118.3, 999, 118.3, 118.3]))
    report = import_file(database, OPERATOR, "cases", path)
    assert [f.row for f in report.findings if f.weight == "refused"] == [4]
