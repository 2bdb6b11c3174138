"""How near a name stands to some piece of a text, typing errors counted by how likely they are.

The cost is an edit distance with weights: Damerau's optimal string alignment (Damerau 1964,
doi:10.1145/363958.363994) with free ends in the text (Sellers 1980,
doi:10.1016/0196-6774(80)90016-4). A sign typed for one of the same sound costs a third of another.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, pinyin

SAME_SOUND: Final = 0.35
NEAR_SOUND: Final = 0.5
USUAL: Final = 0.5
"""What a sign of a usual ending weighs: 小区 and 花园 tell compounds apart less than the rest."""
ENDINGS: Final = tuple(
    sorted(
        """
        小区 花园 家园 名苑 华府 华庭 公馆 雅居 嘉园 豪庭 水岸 府邸 新城 国际 尚城 一品 新村 新苑
        北区 南区 东区 西区 大院 家属院 宿舍 公寓 社区 街道 镇 乡 村 苑 园 里 路 街 大街 巷 胡同
        """.split(),  # noqa: SIM905 - one string is easier to read
        key=len,
        reverse=True,
    )
)
_NEAR_SOUNDS: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))
_sounds: dict[str, int] = {}
_near: dict[str, int] = {}
_numbers = count(1)  # what is hidden in a text has the sound 0; one step also for two threads


@cache
def sounds(sign: str) -> tuple[int, int]:
    """Numbers for a sign's sound without its tone, and for that sound said carelessly."""
    sound = pinyin(sign, style=Style.NORMAL, strict=False)[0][0] if sign > "㏿" else sign
    careless = sound
    for exact, easy in _NEAR_SOUNDS:
        careless = careless.replace(exact, easy)
    if careless == sound and len(sound) > 1 and sound[0] == "l":
        careless = "n" + sound[1:]
    return (
        _sounds.setdefault(sound, next(_numbers)),
        _near.setdefault(careless, next(_numbers)),
    )


def signs(text: str) -> NDArray[np.int32]:
    """A text as (n, 3): the sign, its sound, its careless sound."""
    rows = [(ord(sign), *sounds(sign)) for sign in text]
    return np.array(rows, dtype=np.int32).reshape(-1, 3)


def weights(name: str) -> NDArray[np.float64]:
    """What each sign of a name weighs."""
    out = np.ones(len(name))
    for ending in ENDINGS:
        if name.endswith(ending) and len(ending) < len(name):
            out[len(name) - len(ending) :] = USUAL
            break
    return out


def likeness(
    names: NDArray[np.int32],
    weight: NDArray[np.float64],
    starts: NDArray[np.int64],
    text: NDArray[np.int32],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each name how like it is to the nearest piece of the text, 0 to 1, and where it lies.

    Name i is the rows ``starts[i]:starts[i+1]`` of ``names``. The second array is (n, 2): the first
    sign of the piece and the one after its last. Names of which less than half sounds anywhere in
    the text are 0.
    """
    found: tuple[Any, Any] = _likeness(names, weight, starts, text)
    return found


@numba.njit(cache=True, nogil=True)
def _likeness(names: Any, weight: Any, starts: Any, text: Any) -> tuple[Any, Any]:
    many, length = len(starts) - 1, len(text)
    like = np.zeros(many)
    span = np.zeros((many, 2), dtype=np.int64)
    if length == 0:
        return like, span
    heard = np.zeros(max(names[:, 2].max(), text[:, 2].max()) + 1, dtype=np.bool_)
    for j in range(length):
        heard[text[j, 2]] = True
    costs = np.empty((3, length + 1))
    begins = np.empty((3, length + 1), dtype=np.int64)
    for i in range(many):
        first, last = starts[i], starts[i + 1]
        total, shared = 0.0, 0.0
        for k in range(first, last):
            total += weight[k]
            if heard[names[k, 2]]:
                shared += weight[k]
        if shared * 2 < total or total == 0.0:
            continue
        _align(names[first:last], weight[first:last], text, costs, begins)
        row = (last - first) % 3
        best = 0
        for j in range(1, length + 1):
            if costs[row, j] < costs[row, best] - 1e-12:
                best = j
        like[i] = max(0.0, 1.0 - costs[row, best] / total)
        span[i, 0] = begins[row, best]
        span[i, 1] = best
    return like, span


@numba.njit(cache=True, nogil=True)
def _align(name: Any, weight: Any, text: Any, costs: Any, begins: Any) -> None:
    """Three rows of the table in turn; row ``len(name) % 3`` is the last."""
    length = len(text)
    for j in range(length + 1):
        costs[0, j] = 0.0
        begins[0, j] = j
    for k in range(1, len(name) + 1):
        now, before, older = k % 3, (k - 1) % 3, (k - 2) % 3
        w = weight[k - 1]
        costs[now, 0] = costs[before, 0] + w
        begins[now, 0] = 0
        for j in range(1, length + 1):
            if name[k - 1, 0] == text[j - 1, 0]:
                step = 0.0
            elif name[k - 1, 1] == text[j - 1, 1]:
                step = SAME_SOUND * w
            elif name[k - 1, 2] == text[j - 1, 2]:
                step = NEAR_SOUND * w
            else:
                step = w
            cost, begin = costs[before, j - 1] + step, begins[before, j - 1]
            if costs[before, j] + w < cost:
                cost, begin = costs[before, j] + w, begins[before, j]
            if costs[now, j - 1] + 0.7 < cost:
                cost, begin = costs[now, j - 1] + 0.7, begins[now, j - 1]
            if (
                k > 1
                and j > 1
                and name[k - 1, 0] == text[j - 2, 0]
                and name[k - 2, 0] == text[j - 1, 0]
                and costs[older, j - 2] + 0.5 < cost
            ):
                cost, begin = costs[older, j - 2] + 0.5, begins[older, j - 2]
            costs[now, j] = cost
            begins[now, j] = begin
