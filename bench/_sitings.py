"""The peer of ``siting.py``, in its own Python environment: nothing of ours is imported.

``python _sitings.py KIND PROBLEM.npz COUNT`` reads ``metres``, ``weights`` and ``limit``, solves it
with spopt and CBC, writes ``chosen.npy`` beside it and prints seconds, objective and status. CBC
may stop at a gap of 1% (``KIND`` ``walk_near``) or must prove the optimum (``walk``, ``cover``).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pulp
from spopt.locate import MCLP, PMedian


def main(kind: str, path: str, count: int) -> None:
    """Solve one problem."""
    given = np.load(path)
    metres, weights, limit = given["metres"], given["weights"], float(given["limit"])
    gap = 0.01 if kind == "walk_near" else None
    begin = time.perf_counter()
    if kind == "cover":
        model = MCLP.from_cost_matrix(metres, weights, limit, count)
    else:
        model = PMedian.from_cost_matrix(metres, weights, count)
    model = model.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=gap))
    seconds = time.perf_counter() - begin
    chosen = [row for row, one in enumerate(model.fac_vars) if one.value() > 0.5]
    np.save(Path(path).with_name("chosen.npy"), np.array(chosen))
    print(json.dumps({"seconds": seconds, "status": pulp.LpStatus[model.problem.status]}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
