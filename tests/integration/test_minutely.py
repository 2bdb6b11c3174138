"""What is done each minute is done by whoever works, and one broken chore ends no other."""

from __future__ import annotations

import asyncio
import threading

from test_case_steps import ANNE, PROFILE, TOLD, WEI

from geodata.cases.incoming.reporting import report
from geodata.cases.whistles import whistling
from geodata.database.working import application
from geodata.minutely import chores_of


def test_a_late_call_is_told_of_within_the_minute_though_another_chore_is_broken(database):
    number = report(database, WEI, PROFILE, TOLD).case["id"]
    whistling.whistle(database, ANNE, PROFILE, number, ["police"], reason="联合整治")
    with database.begin() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE case_calls SET called_at = called_at - interval '1 hour',"
            " answer_due = answer_due - interval '1 hour', due_at = due_at - interval '1 hour'"
        )

    def broken(_):
        raise ZeroDivisionError

    async def a_minute():
        chores = {"broken": broken, **chores_of(PROFILE)}
        app = application(database, threading.Event(), each_minute=chores)
        async with app.open_async():
            for task in [one for one in app.tasks.values() if "minutely" in one.name]:
                await task.defer_async(timestamp=0)
            await app.run_worker_async(wait=False, install_signal_handlers=False)

    for _ in range(2):
        asyncio.run(a_minute())
    [call] = whistling.calls_of(database, ANNE, PROFILE, number)["calls"]
    assert call["raised"] == 1
