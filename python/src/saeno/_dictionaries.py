"""Dictionaries (specification: Dictionaries): synthesis ``D z`` and its adjoint.

Codes are ``[B, K, |N|]``, points flat and row-major; those that are numbers are maps of one point.
Samples are functions ``[B, *N, C]``, or vectors ``[B, n]``, whose grid is ``()``.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any, Callable, Optional, Protocol

import numpy as np
from numpy.typing import NDArray

from ._arrays import Floats
from ._config import Section
from ._fourier import (
    Complexes,
    Grid,
    all_modes,
    analyze,
    conjugate_counts,
    cropped,
    project_on_real,
    size_of,
    spectrum_shape,
    synthesize,
)
from ._precodes import PreCodes, Spectra
from .errors import InputError, UnknownKindError

#: Gives the tensor of a name, once its shape was checked.
Take = Callable[[str, tuple[int, ...]], Floats]
#: Which concepts codes are of; all of them where nothing is given.
Chosen = Optional[NDArray[np.intp]]


class Dictionary(Protocol):
    kind: str
    concepts: int
    channels: int
    #: Of the grid of a sample; 0 where samples are vectors.
    axes: int
    #: Whether codes are chosen point by point: encoders are then given points, ``[B |N|, C]``.
    by_point: bool

    def pre_codes(self, x: Floats, bias: Floats | None = None) -> PreCodes:
        """``D* x + b``."""

    def synthesize(self, z: Floats, grid: Grid, chosen: Chosen = None) -> Floats:
        """``D z``: ``[B, *grid, C]``."""

    def atoms(self, grid: Grid | None) -> Floats:
        """``[K, *grid, C]``, their origin at index 0; for vectors, ``[K, n]``."""

    def squared_norms(self) -> Floats: ...

    def check_grid(self, grid: Grid) -> None: ...

    def width(self, grid: Grid) -> int:
        """Numbers that a sample takes while it is encoded."""


class Dense:
    kind, axes, by_point = "dense", 0, False

    def __init__(self, config: Section, take: Take, owner: str) -> None:
        self.concepts, self.channels = config.count("concepts"), config.count("inputs")
        self._atoms = take(f"{owner}.atoms", (self.concepts, self.channels))

    def pre_codes(self, x: Floats, bias: Floats | None = None) -> PreCodes:
        correlations = x @ self._atoms.T + (0.0 if bias is None else bias)
        return PreCodes(correlations[:, :, None], (), ())

    def synthesize(self, z: Floats, grid: Grid, chosen: Chosen = None) -> Floats:
        return z[:, :, 0] @ (self._atoms if chosen is None else self._atoms[chosen])

    def atoms(self, grid: Grid | None) -> Floats:
        return self._atoms

    def squared_norms(self) -> Floats:
        return _squared_norms(self._atoms)

    def check_grid(self, grid: Grid) -> None:
        if grid:
            shape = " x ".join(str(n) for n in grid)
            raise InputError(
                f"This model takes vectors [B, {self.channels}]; got functions on a grid {shape}. "
                "Flatten them first: x.reshape(len(x), -1)."
            )

    def width(self, grid: Grid) -> int:
        return self.concepts


class Tokens:
    """Every point of a function by itself: codes are chosen point by point."""

    kind, by_point = "tokens", True

    def __init__(self, config: Section, take: Take, owner: str) -> None:
        self.concepts, self.channels = config.count("concepts"), config.count("channels")
        self.axes = config.count("axes")
        self._atoms = take(f"{owner}.atoms", (self.concepts, self.channels))

    def pre_codes(self, x: Floats, bias: Floats | None = None) -> PreCodes:
        correlations = x @ self._atoms.T + (0.0 if bias is None else bias)
        return PreCodes(correlations[:, :, None], (), ())

    def synthesize(self, z: Floats, grid: Grid, chosen: Chosen = None) -> Floats:
        made = np.swapaxes(z, 1, 2) @ (self._atoms if chosen is None else self._atoms[chosen])
        return made.reshape(len(z), *grid, self.channels)

    def atoms(self, grid: Grid | None) -> Floats:
        grid = grid or (1,) * self.axes
        placed = np.zeros((self.concepts, *grid, self.channels))
        placed[(slice(None), *(0 for _ in grid))] = self._atoms
        return placed

    def squared_norms(self) -> Floats:
        return _squared_norms(self._atoms)

    def check_grid(self, grid: Grid) -> None:
        _check_axes(grid, self.axes, self.channels)

    def width(self, grid: Grid) -> int:
        return size_of(grid) * self.concepts


class Conv:
    kind, by_point = "conv", False

    def __init__(self, config: Section, take: Take, owner: str) -> None:
        self.concepts, self.channels = config.count("concepts"), config.count("channels")
        self._size = config.sizes("kernel")
        self.axes = len(self._size)
        self._circular = config.choice("padding", ("circular", "zero"), "circular") == "circular"
        self._kernels = take(f"{owner}.kernels", (self.concepts, *self._size, self.channels))

    def pre_codes(self, x: Floats, bias: Floats | None = None) -> PreCodes:
        batch, grid = len(x), x.shape[1:-1]
        axes = tuple(range(1, 1 + len(grid)))
        margins = [(0, 0), *((s // 2, s // 2) for s in self._size), (0, 0)]
        padded = np.pad(x, margins, mode="wrap" if self._circular else "constant")
        # [B, *N, C, *s]
        patches = np.lib.stride_tricks.sliding_window_view(padded, self._size, axis=axes)
        kernels = np.moveaxis(self._kernels, -1, 1).reshape(self.concepts, -1)
        maps = patches.reshape(batch * size_of(grid), -1) @ kernels.T
        maps = maps.reshape(batch, size_of(grid), self.concepts) + (0.0 if bias is None else bias)
        return PreCodes(np.ascontiguousarray(maps.transpose(0, 2, 1)), grid, grid)

    def synthesize(self, z: Floats, grid: Grid, chosen: Chosen = None) -> Floats:
        kernels = self._kernels if chosen is None else self._kernels[chosen]
        half = [s // 2 for s in self._size]
        # What every point gives to the points around it, [B, *s, C, *N].
        given = (kernels.reshape(len(kernels), -1).T @ z).reshape(len(z), *self._size, self.channels, *grid)
        total = np.zeros((len(z), self.channels, *(n + 2 * h for n, h in zip(grid, half))))
        for taps in product(*(range(s) for s in self._size)):
            tap: Any = (slice(None), *taps)
            place: Any = (..., *(slice(t, t + n) for t, n in zip(taps, grid)))
            total[place] += given[tap]
        for axis, (n, h) in enumerate(zip(grid, half), start=2):
            before, inside, after = (np.moveaxis(part, axis, 0) for part in np.split(total, [h, h + n], axis=axis))
            if self._circular and h > 0:
                # What leaves at one end comes in at the other.
                inside[n - h :] += before
                inside[:h] += after
            total = np.moveaxis(inside, 0, axis)
        return np.moveaxis(total, 1, -1)

    def atoms(self, grid: Grid | None) -> Floats:
        grid = self._size if grid is None else grid
        self.check_grid(grid)
        placed = np.zeros((self.concepts, *grid, self.channels))
        placed[(slice(None), *(slice(0, s) for s in self._size))] = self._kernels
        shifts = tuple(-(s // 2) for s in self._size)
        return np.roll(placed, shifts, axis=tuple(range(1, 1 + len(grid))))

    def squared_norms(self) -> Floats:
        return _squared_norms(self._kernels)

    def check_grid(self, grid: Grid) -> None:
        _check_axes(grid, self.axes, self.channels)
        for axis, (points, size) in enumerate(zip(grid, self._size), start=1):
            if points < size:
                raise InputError(f"Axis {axis} has {points} points, fewer than the kernel's {size}. Use a finer grid.")

    def width(self, grid: Grid) -> int:
        return size_of(grid) * max(self.concepts, size_of(self._size) * self.channels)


class Fourier:
    kind, by_point = "fourier", False

    def __init__(self, config: Section, take: Take, owner: str) -> None:
        self.concepts, self.channels = config.count("concepts"), config.count("channels")
        self._modes = config.sizes("modes")
        self.axes = len(self._modes)
        shape = spectrum_shape(self._modes)
        if config.has("rank"):
            rank = config.count("rank")
            profiles = take(f"{owner}.profiles", (self.concepts, 2, rank, *shape))
            mixes = take(f"{owner}.mixes", (self.concepts, rank, self.channels))
            theta = np.einsum("kpr...,krc->kpc...", profiles, mixes)
        else:
            theta = take(f"{owner}.theta", (self.concepts, 2, self.channels, *shape))
        self._theta = project_on_real(theta[:, 0] + 1j * theta[:, 1], self.axes)
        #: ``D(w) = theta(w) / sqrt(c(w))``.
        self._weights = self._theta / np.sqrt(conjugate_counts(shape[-1]))

    def _modes_on(self, grid: Grid) -> Grid:
        """All modes, or those that a coarser grid holds."""
        return tuple(min(pair) for pair in zip(self._modes, all_modes(grid)))

    def _weights_on(self, modes: Grid, chosen: Chosen = None) -> Complexes:
        """``[M, K, C]`` of the frequencies that are there."""
        some = self._weights if chosen is None else self._weights[chosen]
        kept = cropped(some, self._modes, modes)
        return kept.reshape(*kept.shape[:2], -1).transpose(2, 0, 1)

    def pre_codes(self, x: Floats, bias: Floats | None = None) -> PreCodes:
        grid = x.shape[1:-1]
        modes = self._modes_on(grid)
        shape = spectrum_shape(modes)
        spectrum = analyze(np.moveaxis(x, -1, 1), modes).reshape(len(x), self.channels, -1)
        # [M, B, C] times [M, C, K]
        product = spectrum.transpose(2, 0, 1) @ self._weights_on(modes).conj().transpose(0, 2, 1)
        maps = np.ascontiguousarray(product.transpose(1, 2, 0)).reshape(len(x), self.concepts, *shape)
        shift = np.zeros(self.concepts) if bias is None else bias
        values = synthesize(maps, grid).reshape(len(x), self.concepts, size_of(grid)) + shift[:, None]
        return PreCodes(values, grid, tuple(2 * m - 1 for m in self._modes), Spectra(maps, modes, shift))

    def synthesize(self, z: Floats, grid: Grid, chosen: Chosen = None) -> Floats:
        modes = self._modes_on(grid)
        maps = analyze(z.reshape(*z.shape[:2], *grid), modes).reshape(*z.shape[:2], -1)
        product = maps.transpose(2, 0, 1) @ self._weights_on(modes, chosen)
        spectrum = np.ascontiguousarray(product.transpose(1, 2, 0)).reshape(
            len(z), self.channels, *spectrum_shape(modes)
        )
        return np.moveaxis(synthesize(spectrum, grid), 1, -1)

    def atoms(self, grid: Grid | None) -> Floats:
        grid = tuple(2 * m - 1 for m in self._modes) if grid is None else grid
        self.check_grid(grid)
        modes = self._modes_on(grid)
        return np.moveaxis(synthesize(cropped(self._weights, self._modes, modes), grid), 1, -1)

    def squared_norms(self) -> Floats:
        return _squared_norms(self._theta)

    def check_grid(self, grid: Grid) -> None:
        _check_axes(grid, self.axes, self.channels)

    def width(self, grid: Grid) -> int:
        return size_of(grid) * self.concepts


class Lifted:
    """A dictionary of a lifted space as one of the data (specification: Lifting): ``P D_l z`` and ``D_l* L x``."""

    def __init__(self, inner: Dictionary, lift: Floats, project: Floats) -> None:
        self.inner = inner
        self.kind, self.axes, self.by_point, self.concepts = inner.kind, inner.axes, inner.by_point, inner.concepts
        self.channels = lift.shape[1]
        self._lift, self._project = lift, project

    def lift(self, x: Floats) -> Floats:
        return x @ self._lift.T

    def pre_codes(self, x: Floats, bias: Floats | None = None) -> PreCodes:
        return self.inner.pre_codes(self.lift(x), bias)

    def synthesize(self, z: Floats, grid: Grid, chosen: Chosen = None) -> Floats:
        return self.inner.synthesize(z, grid, chosen) @ self._project.T

    def atoms(self, grid: Grid | None) -> Floats:
        return self.inner.atoms(grid) @ self._project.T

    def squared_norms(self) -> Floats:
        return self.inner.squared_norms()

    def check_grid(self, grid: Grid) -> None:
        self.inner.check_grid(grid)

    def width(self, grid: Grid) -> int:
        return self.inner.width(grid)


class Lifting:
    """``L [C_l, C]`` and ``P [C, C_l]``, shared by a dictionary and its encoder's own copy."""

    def __init__(self, config: Section, take: Take) -> None:
        lifted, channels = config.count("lifted"), config.count("channels")
        self._lift = take("lifting.lift", (lifted, channels))
        tied = config.truth("tied", True)
        self._project = self._lift.T if tied else take("lifting.project", (channels, lifted))

    def over(self, inner: Dictionary) -> Lifted:
        return Lifted(inner, self._lift, self._project)


_KINDS: dict[str, Callable[[Section, Take, str], Dictionary]] = {
    "dense": Dense,
    "conv": Conv,
    "fourier": Fourier,
    "tokens": Tokens,
}


def dictionary_of(config: Section, take: Take, owner: str = "dictionary") -> Dictionary:
    """The dictionary of a configuration; its tensors are ``OWNER.NAME``, of an encoder's own copy ``encoder.NAME``."""
    kind = config.text("kind")
    if kind not in _KINDS:
        raise unknown_kind(config, "dictionary", kind, _KINDS)
    return _KINDS[kind](config, take, owner)


def unknown_kind(config: Section, part: str, kind: str, known: Iterable[str]) -> UnknownKindError:
    return UnknownKindError(
        f'{config.where}: there is no {part} "{kind}" here. Known: {", ".join(sorted(known))}. It comes with a plugin '
        "or with a newer version of saeno: read this run with the command saeno, or update this package."
    )


def _squared_norms(rows: NDArray[Any]) -> Floats:
    return np.asarray((np.abs(rows.reshape(len(rows), -1)) ** 2).sum(axis=1))


def _check_axes(grid: Grid, axes: int, channels: int) -> None:
    if len(grid) != axes:
        dimensions = ", ".join(["B", *(f"N{i + 1}" for i in range(axes)), str(channels)])
        raise InputError(
            f"This model takes functions on a grid of {axes} {'axis' if axes == 1 else 'axes'}, [{dimensions}]; "
            f"got one of {len(grid)}. Samples without channels need a last axis for them: x[..., None]."
        )
