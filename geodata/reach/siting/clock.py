"""How long a search may go on, and whether somebody wants it to end."""

from __future__ import annotations

import time

from geodata.reach.siting.problem import Near, Tell, check_seconds, silent, unheard


class Clock:
    """Time that is left for a search; also tells how far it is.

    Attributes:
        stopped: Whether somebody asked to stop.
    """

    def __init__(self, seconds: float, tell: Tell = silent, near: Near = unheard) -> None:
        check_seconds(seconds)
        self._begin = time.monotonic()
        self._seconds = seconds
        self._tell = tell
        self._near = near
        self._stage = "searching"
        self.stopped = False

    @property
    def left(self) -> float:
        """Seconds that are left; 0 once somebody asked to stop."""
        if self.stopped:
            return 0.0
        return max(self._seconds - (time.monotonic() - self._begin), 0.0)

    def stage(self, key: str) -> None:
        """Say what is being done."""
        self._stage = key
        self.over()

    def know(self, objective: float, gap: float) -> None:
        """Say how good the best so far is, and how far from the best it can be at most."""
        self._near(objective, gap)

    def over(self) -> bool:
        """Tell how much of the time is used; whether to end."""
        used = (time.monotonic() - self._begin) / self._seconds if self._seconds else 1.0
        if self._tell(self._stage, min(used, 1.0)):
            self.stopped = True
        return self.left <= 0.0

    def part(self, seconds: float) -> Clock:
        """A clock for a part of the work, at most so long as there is left."""
        part = Clock(min(seconds, self.left), self._pass_on, self._near)
        part._stage = self._stage
        return part

    def _pass_on(self, stage: str, _share: float) -> bool:
        self._stage = stage
        self.over()
        return self.stopped
