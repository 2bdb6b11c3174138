"""HiGHS: integer programmes proven, or stopped with what is known."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geodata.reach.siting.clock import Clock
from geodata.reach.siting.problem import Floats

SHORTEST: Final = 0.02
"""Seconds; with less nothing is begun."""
EVERY: Final = 0.1
"""Seconds between two looks at the bound; the solver asks thousands of times."""


_PROVING: Final[dict[str, Any]] = {
    "mip_allow_restart": False,
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
}
"""With a good answer to begin with, all the time goes into the proof: no other answers are looked
for, and the tree is not begun anew (half the time for walks, measured)."""


@dataclass(frozen=True, eq=False)
class Programme:
    """The least of ``costs @ x`` with ``lower <= rows @ x <= upper`` and ``0 <= x <= 1``.

    Attributes:
        costs: (v) of the variables.
        whole: (v) whether a variable is 0 or 1, nothing between.
        first: (r + 1) where the entries of each row begin.
        column: (e) int32.
        entry: (e).
        lower: (r); -inf: none.
        upper: (r); inf: none.
    """

    costs: Floats
    whole: NDArray[np.bool_]
    first: NDArray[np.int64]
    column: NDArray[np.int32]
    entry: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, eq=False)
class Solved:
    """What the solver says.

    Attributes:
        values: (v) the best that was found; None: nothing.
        bound: No answer is below; -inf: nothing is known.
        is_proven: Whether the solver itself says that it is the best.
    """

    values: Floats | None
    bound: float
    is_proven: bool


def solve(
    programme: Programme,
    clock: Clock,
    *,
    known: Floats | None = None,
    enough: float = 0.0,
    reduced: bool = True,
    told: Callable[[float], bool] = lambda _bound: False,
) -> Solved:
    """Look for the best and prove it, as long as the clock permits.

    Args:
        programme: What is to be small.
        clock: When to end; asked all the time.
        known: A good answer to begin with; then the time goes into the proof.
        enough: A bound so near proves.
        reduced: Whether the programme is made smaller first. For covering that finds that all its
            variables are whole and then looks for cuts in all of them, which takes four times as
            long as the proof without.
        told: Told the bound all the time; a true answer ends it.
    """
    import highspy  # noqa: PLC0415 - slow to load

    if clock.left < SHORTEST:
        return Solved(None, -np.inf, is_proven=False)
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "presolve": "choose" if reduced else "off",
        **(_PROVING if known is not None else {}),
        "mip_rel_gap": 0.0,
        "mip_abs_gap": enough,
        "time_limit": float(clock.left),
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(_model(highspy, programme))
    if known is not None:
        answer = highspy.HighsSolution()
        answer.col_value = known.tolist()
        solver.setSolution(answer)

    looked = time.monotonic()

    def look(event: Any) -> None:
        if clock.over():
            event.interrupt()

    def look_at_bound(event: Any) -> None:
        nonlocal looked
        now = time.monotonic()
        if now - looked >= EVERY:
            looked = now
            if told(float(event.data_out.mip_dual_bound)):
                event.interrupt()
        look(event)

    solver.cbMipInterrupt += look_at_bound
    solver.cbSimplexInterrupt += look
    solver.run()
    info, status = solver.getInfo(), solver.getModelStatus()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return Solved(
        np.asarray(solver.getSolution().col_value) if found else None,
        float(info.mip_dual_bound),
        is_proven=bool(found and status == highspy.HighsModelStatus.kOptimal),
    )


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The same without whole numbers.

    Attributes:
        values: (v) the best answer.
        prices: (r) by how much the objective would fall if a row's upper limit were raised by one.
    """

    values: Floats
    prices: Floats


def relax(programme: Programme, clock: Clock) -> Relaxed | None:
    """The best where parts are allowed; None if there was no time."""
    import highspy  # noqa: PLC0415 - slow to load

    if clock.left < SHORTEST:
        return None
    solver = highspy.Highs()
    options: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "solver": "ipm",
        "time_limit": clock.left,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    whole = np.zeros_like(programme.whole)
    solver.passModel(_model(highspy, replace(programme, whole=whole)))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    answer = solver.getSolution()
    return Relaxed(np.asarray(answer.col_value), np.maximum(-np.asarray(answer.row_dual), 0.0))


def _model(highspy: Any, programme: Programme) -> Any:
    count = len(programme.costs)
    model = highspy.HighsLp()
    model.num_col_ = count
    model.num_row_ = len(programme.lower)
    model.col_cost_ = programme.costs
    model.col_lower_ = np.zeros(count)
    model.col_upper_ = np.ones(count)
    model.row_lower_ = programme.lower
    model.row_upper_ = programme.upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = programme.first
    model.a_matrix_.index_ = programme.column
    model.a_matrix_.value_ = programme.entry
    if programme.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(one)] for one in programme.whole]
    return model
