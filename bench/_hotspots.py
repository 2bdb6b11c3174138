"""The peer of ``hotspots.py``, in its own Python environment: nothing of ours is imported.

``python _hotspots.py CELLS.npz PERMUTATIONS`` reads ``values``, ``start`` and ``near``, writes
``z`` and ``p`` to ``esda.npz`` beside it and prints seconds: with one worker and with all cores,
each after a first call that compiles.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np


def peer(path: Path, permutations: int) -> None:
    """Gi* of esda, as its manual has it."""
    from esda import G_Local  # noqa: PLC0415 - only in the peer's environment
    from libpysal.weights import W  # noqa: PLC0415

    warnings.simplefilter("ignore")
    given = np.load(path)
    values, start, near = given["values"].astype(float), given["start"], given["near"]
    near_of = {i: near[start[i] : start[i + 1]].tolist() for i in range(len(values))}

    def once(workers: int) -> tuple[float, G_Local]:
        weights = W(near_of, silence_warnings=True)  # esda changes what it is given
        begin = time.perf_counter()
        found = G_Local(
            values,
            weights,
            transform="B",
            star=True,
            permutations=permutations,
            keep_simulations=False,
            n_jobs=workers,
            seed=1,
        )
        return time.perf_counter() - begin, found

    seconds = {}
    for name, workers in (("one", 1), ("all", -1)):
        once(workers)
        runs = [once(workers) for _ in range(3)]
        seconds[name] = min(run[0] for run in runs)
        np.savez(path.with_name("esda.npz"), z=runs[0][1].Zs, p=runs[0][1].p_sim)
    print(json.dumps(seconds))


if __name__ == "__main__":
    peer(Path(sys.argv[1]), int(sys.argv[2]))
