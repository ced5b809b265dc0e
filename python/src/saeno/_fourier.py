"""Truncated Fourier transforms (specification: Fourier coefficients).

Of real functions only a half-space is stored: ``0 .. m - 1`` on the last axis, ``-(m - 1) .. m - 1`` on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._arrays import Floats

Grid = tuple[int, ...]
Complexes = NDArray[np.complex128]


def size_of(shape: Sequence[int]) -> int:
    return int(np.prod(shape, dtype=np.int64))


def spectrum_shape(modes: Grid) -> Grid:
    """``(2 m_1 - 1, .., m_d)``."""
    return (*(2 * m - 1 for m in modes[:-1]), modes[-1])


def all_modes(grid: Grid) -> Grid:
    """The most modes that a grid holds: every frequency below Nyquist."""
    return tuple((n + 1) // 2 for n in grid)


@lru_cache(maxsize=64)
def _waves(points: int, modes: int, both_signs: bool) -> Complexes:
    """``exp(2 pi i w n / N)``, frequencies by points. Angles are reduced first, so that large products lose nothing."""
    frequencies = np.arange(1 - modes if both_signs else 0, modes)
    turns = np.outer(frequencies, np.arange(points)) % points / points
    return np.asarray(np.exp(2j * np.pi * turns))


def analyze(x: Floats, modes: Grid) -> Complexes:
    """``x^(w) = (1/|N|) sum_n x[n] exp(-2 pi i <w, n/N>)``: ``[..., *N]`` to ``[..., *M]``."""
    d = len(modes)
    waves = _waves(x.shape[-1], modes[-1], False).T / x.shape[-1]
    spectrum: Complexes = x @ _solid(waves.real) - 1j * (x @ _solid(waves.imag))
    for axis in range(-d, -1):
        points = x.shape[axis]
        spectrum = _along(spectrum, _waves(points, modes[axis], True).conj().T / points, axis)
    return spectrum


def synthesize(spectrum: Complexes, grid: Grid) -> Floats:
    """``x[n] = Re sum_w c(w) x^(w) exp(2 pi i <w, n/N>)`` on any grid: ``[..., *M]`` to ``[..., *N]``."""
    d = len(grid)
    for axis in range(-d, -1):
        spectrum = _along(spectrum, _waves(grid[axis], (spectrum.shape[axis] + 1) // 2, True), axis)
    waves = _waves(grid[-1], spectrum.shape[-1], False) * conjugate_counts(spectrum.shape[-1])[:, None]
    return np.asarray(_solid(spectrum.real) @ _solid(waves.real) - _solid(spectrum.imag) @ _solid(waves.imag))


def conjugate_counts(last: int) -> Floats:
    """``c(w)``: how many coefficients a stored one stands for; 1 where ``w_d = 0``, else 2."""
    return np.where(np.arange(last) == 0, 1.0, 2.0)


def project_on_real(spectrum: Complexes, d: int) -> Complexes:
    """``(W(w) + conj W(-w)) / 2`` on the plane ``w_d = 0``, as real functions have it; the rest unchanged."""
    result = spectrum.copy()
    plane = spectrum[..., 0]
    result[..., 0] = (plane + np.flip(plane, axis=tuple(range(-(d - 1), 0))).conj()) / 2
    return result


def cropped(spectrum: Complexes, modes: Grid, kept: Grid) -> Complexes:
    """The coefficients of fewer frequencies: ``[..., *M]`` of some modes to those of others."""
    both: list[Any] = [slice(m - k, m + k - 1) for m, k in zip(modes[:-1], kept[:-1])]
    found: Complexes = spectrum[(..., *both, slice(0, kept[-1]))]
    return found


def resample(x: Floats, d: int, grid: Grid) -> Floats:
    """The same functions on another grid, by Fourier interpolation: ``[..., *N]`` to ``[..., *grid]``."""
    modes = tuple(min(pair) for pair in zip(all_modes(x.shape[-d:]), all_modes(grid)))
    return synthesize(analyze(x, modes), grid)


def _solid(x: NDArray[Any]) -> NDArray[Any]:
    """Parts of complex numbers have gaps between them, which keep numpy from its fast matrix product."""
    return np.ascontiguousarray(x)


def _along(x: NDArray[Any], matrix: NDArray[Any], axis: int) -> NDArray[Any]:
    """A matrix product with one axis."""
    return np.moveaxis(np.moveaxis(x, axis, -1) @ matrix, -1, axis)
