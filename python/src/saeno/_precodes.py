"""What an encoder hands to an activation: ``E* x + b``, a map for each concept; of scalar codes a map of one point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ._arrays import Floats
from ._fourier import Complexes, Grid, size_of, synthesize


@dataclass(frozen=True)
class Spectra:
    """The maps of a fourier encoder before their bias: ``[B, K, *M]``."""

    coefficients: Complexes
    modes: Grid
    bias: Floats


@dataclass(frozen=True)
class PreCodes:
    #: ``[B, K, |N|]``, points flat and row-major.
    maps: Floats
    #: Of the maps; ``()`` for scalar codes.
    grid: Grid
    #: Points on each axis that tell apart what maps can have: with a band limit ``2 m - 1``, else those of the grid.
    resolution: Grid
    spectra: Spectra | None = None
    #: ``[K]``: by how much the energy of a concept counts more in the choice of concepts.
    favor: Floats | None = None

    def plus(self, codes: Floats) -> PreCodes:
        """With codes ``[B, K, |N|]`` added, which are as fine as the grid."""
        return PreCodes(self.maps + codes, self.grid, self.grid)

    def favoring(self, favor: Floats) -> PreCodes:
        return replace(self, favor=favor)

    def energies(self, kind: str, energy_grid: float | str, count: int) -> Floats:
        """The energy of each map, ``[B, K]``, a mean over the grid (specification: Activations)."""
        maps = self.maps
        if self.spectra is not None and kind == "rectified" and not isinstance(energy_grid, str):
            modes = self.spectra.modes
            coarse = tuple(min(int(np.ceil(energy_grid * m)), n) for m, n in zip(modes, self.grid))
            found = synthesize(self.spectra.coefficients, coarse) + self.spectra.bias.reshape(-1, *(1 for _ in coarse))
            maps = found.reshape(*found.shape[:2], size_of(coarse))
        found = map_energies(maps, kind, count)
        return found if self.favor is None else found * self.favor


def map_energies(maps: Floats, kind: str, count: int) -> Floats:
    if kind == "preactivation":
        return np.asarray(np.mean(maps**2, axis=-1))
    rectified = np.maximum(maps, 0)
    if kind == "kept" and count < maps.shape[-1]:
        # The smallest come first, and do not count.
        rectified = np.partition(rectified, maps.shape[-1] - count, axis=-1)[..., -count:]
    return np.asarray(np.sum(rectified**2, axis=-1) / maps.shape[-1])
