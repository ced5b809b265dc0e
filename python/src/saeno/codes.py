"""Codes of samples: which concepts are active in each, where, and how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Callable

import numpy as np
from numpy.typing import NDArray

from ._arrays import Array, Restore, opened, result_type
from ._fourier import size_of
from .errors import InputError


@dataclass(frozen=True, eq=False, repr=False)
class Codes:
    """Codes of ``samples`` samples as their active entries, ordered by sample, concept and position.

    The code of a concept is a number, or a map on a grid: a function, like the sample. Arrays are numpy, or torch where
    torch was encoded.

    >>> codes.value[codes.concept == 17]   # how much, wherever concept 17 is active
    """

    #: The sample of each entry, ``[n]``.
    sample: Array
    #: Its concept, ``[n]``.
    concept: Array
    #: Its place in the map, flat and row-major on the grid, ``[n]``; 0 where codes are numbers.
    position: Array
    #: How much, ``[n]``; never 0.
    value: Array
    #: How many samples there are.
    samples: int
    #: ``K``.
    concepts: int
    #: Points of a map on each axis; ``()`` where codes are numbers.
    grid: tuple[int, ...]

    @classmethod
    def from_dense(cls, dense: Array) -> Codes:
        """From ``[B, *N, K]``; an array of two axes is ``[B, K]``, codes that are numbers."""
        values, restore = opened(dense, "Dense codes")
        if values.ndim < 2:
            raise InputError(f"Dense codes are [B, *N, K], or [B, K] where they are numbers; got {list(values.shape)}.")
        grid = values.shape[1:-1]
        maps = np.moveaxis(values, -1, 1).reshape(len(values), values.shape[-1], size_of(grid))
        sample, concept, position, value = (restore(each) for each in active_entries(maps, result_type(values)))
        return cls(sample, concept, position, value, len(values), values.shape[-1], grid)

    def __repr__(self) -> str:
        on = f" on {' x '.join(str(n) for n in self.grid)}" if self.grid else ""
        return f"<saeno.Codes: {self.samples} samples, {self.concepts} concepts{on}, {len(self.value)} active entries>"

    def __len__(self) -> int:
        return self.samples

    def __getitem__(self, which: int | slice) -> Codes:
        """The codes of some samples: ``codes[3]``, ``codes[10:20]``."""
        if not isinstance(which, slice):
            index = which + self.samples if which < 0 else which
            if not 0 <= index < self.samples:
                raise IndexError(f"There is no sample {which}: these are codes of {self.samples}.")
            which = slice(index, index + 1)
        start, stop, step = which.indices(self.samples)
        if step != 1:
            raise InputError("Codes are cut out without steps, as in codes[10:20].")
        inside = self.where((self.sample >= start) & (self.sample < stop))
        return replace(inside, sample=inside.sample - start, samples=max(0, stop - start))

    def __iter__(self) -> Iterator[Codes]:
        return (self[i] for i in range(self.samples))

    def where(self, mask: Array) -> Codes:
        """Only some entries: ``codes.where(codes.concept != 17)`` is without concept 17."""
        return self._each(lambda array: array[mask])

    def dense(self) -> Array:
        """All entries, ``[B, *N, K]``, or ``[B, K]``; zero where nothing is active."""
        maps, restore = self._maps()
        return restore(np.moveaxis(maps.reshape(self.samples, self.concepts, *self.grid), 1, -1))

    def map(self, sample: int, concept: int) -> Array:
        """The map of a concept in a sample, ``[*N]``: the code as a function on the grid."""
        values, restore = opened(self.value, "Codes")
        one = np.zeros(size_of(self.grid), values.dtype)
        position, _ = opened(self.position, "Codes")
        here = opened((self.sample == sample) & (self.concept == concept), "Codes")[0]
        one[position[here]] = values[here]
        return restore(one.reshape(self.grid))

    def energies(self) -> Array:
        """How strongly each concept is active in each sample, ``[B, K]``: the mean of its squared map."""
        value, restore = opened(self.value, "Codes")
        flat = _numpy(self.sample) * self.concepts + _numpy(self.concept)
        sums = np.bincount(flat, value.astype(np.float64) ** 2, self.samples * self.concepts) / size_of(self.grid)
        return restore(sums.reshape(self.samples, self.concepts).astype(value.dtype))

    def numpy(self) -> Codes:
        """The same in numpy."""
        return self._each(lambda array: opened(array, "Codes")[0])

    def ordered(self) -> Codes:
        """The entries in the order of their samples, where they were put together in another."""
        sample = _numpy(self.sample)
        return self if (np.diff(sample) >= 0).all() else self.where(np.argsort(sample, kind="stable"))

    def _each(self, change: Callable[[Array], Array]) -> Codes:
        arrays: dict[str, Any] = {
            name: change(getattr(self, name)) for name in ("sample", "concept", "position", "value")
        }
        return replace(self, **arrays)

    def _maps(self) -> tuple[NDArray[Any], Restore]:
        value, restore = opened(self.value, "Codes")
        maps = np.zeros((self.samples, self.concepts, size_of(self.grid)), value.dtype)
        maps[_numpy(self.sample), _numpy(self.concept), _numpy(self.position)] = value
        return maps, restore


def active_entries(maps: NDArray[Any], dtype: type, first: int = 0) -> tuple[NDArray[Any], ...]:
    """Sample, concept, position and value of what is active in ``[B, K, |N|]``."""
    sample, concept, position = np.nonzero(maps)
    value: NDArray[Any] = maps[sample, concept, position].astype(dtype)
    return (sample + first).astype(np.int32), concept.astype(np.int32), position.astype(np.int32), value


def _numpy(indices: Array) -> NDArray[np.int64]:
    return np.asarray(opened(indices, "Codes")[0]).astype(np.int64)
