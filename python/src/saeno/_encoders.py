"""Encoders (specification: Encoders): samples without the decoder's bias to codes ``[B, K, |N|]``."""

from __future__ import annotations

from functools import lru_cache
from typing import Callable, Protocol

import numpy as np

from ._activations import Activation
from ._arrays import Floats
from ._config import Section
from ._dictionaries import Dictionary, Lifted, Lifting, Take, dictionary_of, unknown_kind
from ._fourier import Grid, size_of
from ._precodes import PreCodes
from ._random import normals


class Encoder(Protocol):
    def __call__(self, x: Floats, activation: Activation) -> Floats: ...


class Model(Protocol):
    """What an encoder is made for."""

    dictionary: Dictionary
    lifting: Lifting | None
    dictionary_config: Section


class Shallow:
    """``sigma(E* x + b)``; E a dictionary of its own, or the model's times a gain."""

    def __init__(self, config: Section, take: Take, model: Model) -> None:
        self._gain = 1.0
        self._operator = model.dictionary
        if config.truth("tied", False):
            self._gain = float(take("encoder.gain", ()))
        else:
            own = dictionary_of(model.dictionary_config, take, "encoder")
            self._operator = own if model.lifting is None else model.lifting.over(own)
        self._bias = take("encoder.bias", (self._operator.concepts,))
        if config.truth("distance", False):
            # The negated squared distance, halved, up to what all concepts share.
            self._bias = self._bias - self._operator.squared_norms() / 2

    def __call__(self, x: Floats, activation: Activation) -> Floats:
        return activation(self._operator.pre_codes(x * self._gain, self._bias))


class Unrolled:
    """``z_{t+1} = sigma(z_t + alpha D*(x - D z_t))``, T steps from ``z_0 = 0``; with momentum FISTA."""

    def __init__(self, config: Section, take: Take, model: Model) -> None:
        self._iterations = config.count("iterations", 10)
        self._momentum = config.truth("momentum", False)
        self._alpha: float | None = None
        if config.number_or("stepSize", "power", "power") != "power":
            self._alpha = float(take("encoder.stepSize", ()))
        self._outer = model.dictionary
        in_lifted = config.choice("residual", ("lifted", "data"), "lifted") == "lifted"
        self._lifted = self._outer if in_lifted and isinstance(self._outer, Lifted) else None
        self._dictionary = self._outer if self._lifted is None else self._lifted.inner
        self._largest_eigenvalue = lru_cache(maxsize=16)(lambda grid: largest_eigenvalue(self._dictionary, grid))

    def __call__(self, x: Floats, activation: Activation) -> Floats:
        grid = x.shape[1:-1]
        x = x if self._lifted is None else self._lifted.lift(x)
        alpha = 1 / self._largest_eigenvalue(grid) if self._alpha is None else self._alpha
        z = activation(self._dictionary.pre_codes(x * alpha))
        before: Floats | None = None
        inertia = 1.0
        for _ in range(1, self._iterations):
            start = z
            if self._momentum:
                following = (1 + np.sqrt(1 + 4 * inertia**2)) / 2
                share = (inertia - 1) / following
                inertia = following
                if before is not None and share > 0:
                    start = z + (z - before) * share
                before = z
            residual = x - self._dictionary.synthesize(start, grid)
            z = activation(self._dictionary.pre_codes(residual * alpha).plus(start))
        return z


class MatchingPursuit:
    """``dz = s sigma(D* r)``, ``r <- r - D dz``, step by step; s is the length that leaves the smallest residual."""

    def __init__(self, config: Section, take: Take, model: Model) -> None:
        self._steps = config.count("steps", 8)
        self._dictionary = model.dictionary

    def __call__(self, x: Floats, activation: Activation) -> Floats:
        residual, codes = x, None
        for _ in range(self._steps):
            direction = activation(self._dictionary.pre_codes(residual))
            output = self._dictionary.synthesize(direction, x.shape[1:-1])
            length = _best_length(residual, output)
            residual = residual - _scaled(output, length)
            taken = _scaled(direction, length)
            codes = taken if codes is None else codes + taken
        assert codes is not None
        return codes


def _best_length(residual: Floats, output: Floats) -> Floats:
    """``<r, y> / |y|^2`` of each sample; 0 where y is."""
    r, y = residual.reshape(len(residual), -1), output.reshape(len(output), -1)
    return np.asarray((r * y).sum(axis=1) / np.maximum((y * y).sum(axis=1), 1e-30))


def _scaled(x: Floats, factors: Floats) -> Floats:
    return x * factors.reshape(-1, *(1 for _ in x.shape[1:]))


def largest_eigenvalue(dictionary: Dictionary, grid: Grid, iterations: int = 20) -> float:
    """Of ``D* D`` on a grid, by as many steps of power iteration as saeno takes, from where it starts."""
    shape = (*grid, dictionary.concepts)
    vector = np.moveaxis(normals(1, size_of(shape)).reshape(1, size_of(grid), dictionary.concepts), -1, 1)
    size = float(np.linalg.norm(vector))
    for _ in range(iterations):
        unit: PreCodes = dictionary.pre_codes(dictionary.synthesize(vector / max(size, 1e-30), grid))
        vector = unit.maps
        size = float(np.linalg.norm(vector))
    return size if size > 0 else 1.0


_KINDS: dict[str, Callable[[Section, Take, Model], Encoder]] = {
    "shallow": Shallow,
    "unrolled": Unrolled,
    "matching-pursuit": MatchingPursuit,
}


def encoder_of(config: Section, take: Take, model: Model) -> Encoder:
    kind = config.text("kind")
    if kind not in _KINDS:
        raise unknown_kind(config, "encoder", kind, _KINDS)
    return _KINDS[kind](config, take, model)
