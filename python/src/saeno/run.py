"""Run folders of saeno (docs/run-folder.md), and what their models compute."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Union

import numpy as np

from ._arrays import Array, opened, result_type
from ._config import Section, read_json
from ._fourier import resample, size_of
from ._model import Model
from ._safetensors import read_safetensors
from ._selection import refuse_nan
from .codes import Codes, active_entries
from .errors import FormatError, InputError, RunFolderError

#: Points of a grid on each axis, or on all of them.
GridLike = Union[int, Sequence[int]]

#: Entries of maps that are held at a time.
_AT_ONCE = 2**22


def load(folder: str | os.PathLike[str]) -> Run:
    """Reads a run folder, as ``saeno train`` and ``saeno import`` make them.

    Of a run that is not finished it is the model of the last checkpoint; ``RUN/checkpoints/step-500`` can be named,
    too. Raises ``RunFolderError`` where there is no model, ``FormatError`` for a damaged file, ``UnknownKindError`` for
    a model with parts of a plugin.
    """
    return Run(Path(folder))


class Run:
    """A trained model and what its folder says about it.

    Samples are ``[B, *N, C]`` (functions on a grid, channels last) or ``[B, n]`` (vectors), on the scale of the data
    that the model was trained on; numpy arrays or torch tensors. What comes back is of the same library, float64 where
    that was given, else float32. Everything is computed in float64, a few samples at a time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        _check_folder(path)
        folder = _model_folder(path)
        #: The checkpoint that the model is of, where the run is not finished; else ``None``.
        self.checkpoint: Path | None = None if folder == path else folder
        #: config.json: how the run was made.
        self.config: dict[str, Any] = _config(folder)
        #: Which dictionary, encoder and activation the model has.
        self.model_config: dict[str, Any] = self.config["modelConfig"]
        file = folder / "model.safetensors"
        config = Section(self.config, str(folder / "config.json")).section("modelConfig")
        self._model = Model(config, read_safetensors(file), str(file))
        dictionary = self._model.dictionary
        #: ``dense``, ``conv`` or ``fourier``.
        self.kind: str = dictionary.kind
        #: ``K``.
        self.concepts: int = dictionary.concepts
        #: ``C``; for vectors, their length.
        self.channels: int = dictionary.channels

    def __repr__(self) -> str:
        return f'<saeno.Run "{self.path}": {self.kind}, {self.concepts} concepts>'

    @property
    def grid(self) -> tuple[int, ...] | None:
        """The grid that the model was trained on; ``()`` for vectors, ``None`` if the folder does not say."""
        grid = self.config.get("trainingGrid")
        return None if grid is None else tuple(grid)

    @cached_property
    def summary(self) -> dict[str, Any] | None:
        """summary.json: what was measured after training. ``None`` if there is none."""
        return self._optional("summary.json")

    @cached_property
    def evaluation(self) -> dict[str, Any] | None:
        """evaluation.json, what ``saeno eval`` found last. ``None`` if there is none."""
        return self._optional("evaluation.json")

    @cached_property
    def metrics(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl, a step each. A last line that was cut off is left out."""
        file = self.path / "metrics.jsonl"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        return [_record(line, file, i) for i, line in enumerate(text.split("\n")[:-1]) if line.strip()]

    def encode(self, x: Array) -> Codes:
        """The codes of samples ``[B, *N, C]`` or ``[B, n]``, on any grid that the dictionary takes."""
        values, restore = opened(x, "Samples")
        grid = self._grid_of(values.shape)
        dtype = result_type(values)
        found = []
        for first, last in _pieces(len(values), self._model.dictionary.width(grid)):
            some = values[first:last].astype(np.float64)
            refuse_nan(some, "Samples")
            found.append(active_entries(self._model.encode(some), dtype, first))
        nothing = active_entries(np.zeros((0, self.concepts, 1)), dtype)
        sample, concept, position, value = (restore(np.concatenate(parts)) for parts in zip(nothing, *found))
        return Codes(sample, concept, position, value, len(values), self.concepts, grid)

    def decode(self, codes: Codes | Array, grid: GridLike | None = None) -> Array:
        """The reconstruction that codes stand for, ``[B, *grid, C]``, or ``[B, n]``.

        ``codes`` is what ``encode`` gave, edited or not, or an array ``[B, *N, K]``. On another ``grid`` than that of
        the codes it is the same function there: exactly for a fourier dictionary; by Fourier interpolation for kernels,
        which are a fixed number of points.
        """
        codes = codes if isinstance(codes, Codes) else Codes.from_dense(codes)
        value, restore = opened(codes.value, "Codes")
        own, target = self._checked(codes, grid)
        plain = codes.numpy().ordered()
        ends = np.searchsorted(plain.sample, np.arange(len(codes) + 1))
        result = np.empty((len(codes), *target, self.channels), value.dtype)
        for first, last in _pieces(len(codes), self._model.dictionary.width(own)):
            some = slice(ends[first], ends[last])
            # Concepts that no sample uses cost nothing.
            chosen, concept = np.unique(plain.concept[some], return_inverse=True)
            chosen = chosen if len(chosen) > 0 else np.zeros(1)
            z = np.zeros((last - first, len(chosen), size_of(own)))
            z[plain.sample[some] - first, concept, plain.position[some]] = plain.value[some]
            output = self._model.contribution(z, own, chosen.astype(np.intp))
            if target != own:
                output = np.moveaxis(resample(np.moveaxis(output, -1, 1), len(own), target), 1, -1)
            result[first:last] = self._model.completed(output)
        return restore(result)

    def reconstruct(self, x: Array) -> Array:
        """``decode(encode(x))``: ``[B, *N, C]`` to ``[B, *N, C]``."""
        return self.decode(self.encode(x))

    def atoms(self, grid: GridLike | None = None, origin: str = "center") -> Array:
        """The spatial form of every concept, ``[K, *grid, C]``, in numpy; for vectors, ``[K, n]``.

        By default on the grid of a kernel, or the smallest that holds the modes. Their origin is in the ``center``, at
        index ``N // 2`` of each axis, or in the ``corner``, at index 0, what is before it wrapped around.
        """
        if origin not in ("center", "corner"):
            raise InputError(f'origin must be "center" or "corner"; got {origin!r}.')
        dictionary = self._model.dictionary
        atoms = dictionary.atoms(None if grid is None else self._target(grid))
        if origin == "center":
            on = range(1, atoms.ndim - 1)
            atoms = np.roll(atoms, [atoms.shape[axis] // 2 for axis in on], axis=tuple(on))
        return atoms.astype(np.float32)

    def _grid_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The grid of samples, once they are what the model takes."""
        dictionary = self._model.dictionary
        if len(shape) < (3 if dictionary.axes else 2):
            raise InputError(f"This model takes {self._takes()}; got an array of the shape {list(shape)}.")
        dictionary.check_grid(shape[1:-1])
        if shape[-1] != self.channels:
            raise InputError(
                f"This model takes {self._takes()}: {self.channels} on the last axis; got the shape {list(shape)}."
            )
        return shape[1:-1]

    def _takes(self) -> str:
        if self._model.dictionary.axes == 0:
            return f"vectors [B, {self.channels}]"
        return f"functions [B, *N, {self.channels}]"

    def _checked(self, codes: Codes, grid: GridLike | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The grid of codes, and that which they are decoded on."""
        if codes.concepts != self.concepts:
            raise InputError(
                f"These are codes of {codes.concepts} concepts; {self.path} has {self.concepts}. "
                "Are they of another run?"
            )
        vectors = self._model.dictionary.axes == 0
        if vectors != (codes.grid == ()):
            are, has = ("maps", "numbers") if vectors else ("numbers", "maps")
            raise InputError(f"These codes are {are}; those of {self.path} are {has}. Are they of another run?")
        self._model.dictionary.check_grid(codes.grid)
        return codes.grid, codes.grid if grid is None else self._target(grid)

    def _target(self, grid: GridLike) -> tuple[int, ...]:
        """A grid that somebody asks for, a number for each axis."""
        axes = self._model.dictionary.axes
        if axes == 0:
            raise InputError(f"The samples of {self.path} are vectors, which have no grid: leave it out.")
        sizes = (grid,) * axes if isinstance(grid, (int, np.integer)) else tuple(grid)
        if any(not isinstance(n, (int, np.integer)) or n < 1 for n in sizes):
            raise InputError(f"A grid is a positive number of points for each axis, such as (28, 28); got {grid!r}.")
        if len(sizes) != axes:
            raise InputError(f"grid {grid!r} has {len(sizes)} axes; that of {self.path} has {axes}.")
        return tuple(int(n) for n in sizes)

    def _optional(self, name: str) -> dict[str, Any] | None:
        file = self.path / name
        return Section(read_json(file), str(file)).values if file.exists() else None


def _check_folder(path: Path) -> None:
    if path.is_file():
        raise RunFolderError(f"{path} is a file. Name the run folder that it is in: {path.parent}")
    if not path.exists():
        raise RunFolderError(f"There is no run folder {path}. Make one with: saeno train --out {path}")
    if not (path / "config.json").exists():
        inside = sorted(each.parent.name for each in path.glob("*/config.json"))
        named = f" It holds run folders, name one of them: {', '.join(inside[:6])}." if inside else ""
        raise RunFolderError(f"{path} is not a run folder: it has no config.json.{named}")


def _model_folder(path: Path) -> Path:
    """Where the model is: in the run folder or, for an unfinished run, in its last checkpoint."""
    if (path / "model.safetensors").exists():
        return path
    whole = [file.parent for file in path.glob("checkpoints/step-*/state.json") if file.parent.name[5:].isdigit()]
    if whole:
        return max(whole, key=lambda folder: int(folder.name[5:]))
    raise RunFolderError(
        f"{path / 'model.safetensors'} is not there, and no checkpoint: the run is not finished, or was copied without "
        f"them. Finish it with: saeno resume {path}"
    )


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    config = Section(read_json(file), str(file))
    if not config.has("modelConfig"):
        raise FormatError(f'{file} has no "modelConfig". For a model of another library: saeno import {folder}')
    return config.values


def _record(line: str, file: Path, i: int) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(line)
        return record
    except ValueError as error:
        raise FormatError(f"{file}, record {i + 1}, is not valid JSON: {error}.") from error


def _pieces(count: int, width: int) -> list[tuple[int, int]]:
    """Ranges of samples that are handled together."""
    step = max(1, _AT_ONCE // max(1, width))
    return [(first, min(first + step, count)) for first in range(0, count, step)]
