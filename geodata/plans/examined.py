"""What is wrong with a whole draft: looked for once for each state of it, whoever asks how often.

Several planners look at one draft, and each page asks again after each step; the search takes a
second for 1,000 grids. So what was found is kept for the states of drafts that were asked for
last, and who asks while the same state is being looked at waits for that answer.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from geodata.plans.drafts import Draft, draft_of, readable, whole
from geodata.plans.surrounding import seen

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.plans.findings import Finding
    from geodata.profiles import Profile

LAYERS: Final = ("areas", "compounds", "facilities", "streets")
"""What stands around a draft and matters for its findings."""
MOST_KEPT: Final = 8
LONGEST_S: Final = 600.0
"""What stands around changes at the beginning of a day, too."""

Answer = tuple[Draft, tuple["Finding", ...]]


class Once:
    """Answers that are worked out once for each key, the last of them kept."""

    def __init__(self, *, most: int, longest_s: float) -> None:
        self._most, self._longest_s = most, longest_s
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, tuple[float, Future[Answer]]] = OrderedDict()

    def get(self, key: Hashable, work: Callable[[], Answer]) -> Answer:
        """The answer for a key; what ``work`` raises is raised to all who wait, and not kept."""
        now = time.monotonic()
        with self._lock:
            since, answer = self._answers.get(key, (now, None))
            is_mine = answer is None or now - since > self._longest_s
            if answer is None or is_mine:
                answer = Future()
                self._answers[key] = (now, answer)
            self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        if is_mine:
            try:
                answer.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised below, to all who wait
                with self._lock:
                    if self._answers.get(key, (0.0, None))[1] is answer:
                        del self._answers[key]
                answer.set_exception(error)
        return answer.result()


_KEPT = Once(most=MOST_KEPT, longest_s=LONGEST_S)


def findings(
    database: Database, actor: Actor, profile: Profile, plan_id: int
) -> tuple[Draft, tuple[Finding, ...]]:
    """What is wrong with a draft, the gravest first; the draft as it was looked at.

    Raises:
        NotFound: no such draft.
        NotAllowed: neither one's area of duty nor shared with one.
    """
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
    key = (
        database.url,
        plan_id,
        row.revision,
        row.changed_at,
        tuple(database.versions(LAYERS).items()),
        profile.model_dump_json(),
    )
    return _KEPT.get(key, lambda: _looked_at(database, actor, profile, plan_id))


def _looked_at(database: Database, actor: Actor, profile: Profile, plan_id: int) -> Answer:
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        around = seen(connection, whole(connection, row), profile)
    return draft_of(row), tuple(around.findings(profile))
