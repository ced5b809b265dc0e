"""Choosing the largest entries (specification: Activations). Ties go to the lower index."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ._arrays import Floats
from .errors import InputError

Mask = NDArray[np.bool_]


def largest(rows: Floats, count: int) -> Mask:
    """Where the ``count`` largest entries of each row are, the last axis: ``[..., n]`` to a mask of its shape."""
    n = rows.shape[-1]
    if count >= n:
        return np.ones(rows.shape, bool)
    least = np.partition(rows, n - count, axis=-1)[..., n - count, None]
    above, tied = rows > least, rows == least
    missing = count - above.sum(axis=-1, keepdims=True)
    return np.asarray(above | (tied & (np.cumsum(tied, axis=-1) <= missing)))


def separate(rows: Floats, grid: Sequence[int], count: int, separation: Sequence[int]) -> Mask:
    """Where the largest points of each map are that are apart: ``[R, |N|]`` on a periodic grid to a mask.

    Point after point the largest is taken among those that are not within ``separation[j]`` points of one taken
    before, on all axes j; where none is left, the largest of the rest.
    """
    each = np.arange(len(rows))
    reach = [np.unique(np.arange(-s, s + 1) % n) for s, n in zip(separation, grid)]
    offsets = np.array(list(product(*reach)), np.int64).T
    apart, rest, taken = rows.copy(), rows.copy(), np.zeros(rows.shape, bool)
    for _ in range(count):
        next_point = np.argmax(apart, axis=1)
        none_apart = apart[each, next_point] == -np.inf
        if none_apart.any():
            next_point[none_apart] = np.argmax(rest[none_apart], axis=1)
        taken[each, next_point] = True
        rest[each, next_point] = -np.inf
        point = np.stack(np.unravel_index(next_point, tuple(grid)))
        near = (point[:, :, None] + offsets[:, None, :]) % np.array(grid)[:, None, None]
        apart[each[:, None], np.ravel_multi_index(tuple(near), tuple(grid))] = -np.inf
    return taken


def refuse_nan(values: Floats, what: str) -> None:
    if not np.isfinite(values).all():
        raise InputError(f"{what}: NaN or infinite values. Check the samples that were given.")
