"""Which ways a border may follow."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def bordering(kinds: pd.Series, no_border: Collection[str]) -> NDArray[np.bool_]:
    """Which lines divide the ground, by their kinds.

    Maps made of merged lines name several kinds (``steps|footway``): such a line divides the
    ground if any of them does.
    """
    every = kinds.astype("string").fillna("")
    divides = {
        kind: not all(part.strip() in no_border for part in kind.split("|"))
        for kind in every.unique()
    }
    return every.map(divides).to_numpy(dtype=bool)
