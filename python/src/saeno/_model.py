"""A sparse autoencoder (specification: Encoders): ``z = sigma(E* (x - b_dec) + b)``, ``x_hat = D z + b_dec``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._activations import activation_of
from ._arrays import Floats
from ._config import Section
from ._dictionaries import Chosen, Dictionary, Lifting, dictionary_of
from ._encoders import encoder_of
from ._fourier import Grid
from .errors import FormatError


class Model:
    def __init__(self, config: Section, tensors: Mapping[str, NDArray[Any]], file: str) -> None:
        left = dict(tensors)

        def take(name: str, shape: tuple[int, ...]) -> Floats:
            if name not in left:
                raise FormatError(f'{file} lacks the tensor "{name}" that the model of its config.json needs.')
            values = left.pop(name)
            if values.shape != shape:
                found, wanted = list(values.shape), list(shape)
                raise FormatError(f'{file}: "{name}" has the shape {found}; config.json asks for {wanted}.')
            if not np.isfinite(values).all():
                raise FormatError(f'{file}: "{name}" holds NaN or infinite values. Train again.')
            return values.astype(np.float64)

        self.dictionary_config = config.section("dictionary")
        self.lifting = Lifting(config.section("lifting"), take) if config.has("lifting") else None
        inner = dictionary_of(self.dictionary_config, take)
        self.dictionary: Dictionary = inner if self.lifting is None else self.lifting.over(inner)
        self._encoder = encoder_of(config.section("encoder"), take, self)
        self._activation = activation_of(config.section("activation"), take, self.dictionary)
        channels = (self.dictionary.channels,)
        self._bias = take("decoder.bias", channels)
        self._mean: Floats | None = None
        if config.truth("normalized", False):
            self._mean, self._scale = take("input.mean", channels), take("input.scale", channels)
        if left:
            raise FormatError(
                f"{file} holds tensors that the model of its config.json does not have: {', '.join(left)}."
            )

    def encode(self, x: Floats) -> Floats:
        """``[B, *N, C]`` to ``[B, K, |N|]``."""
        inner = x if self._mean is None else (x - self._mean) / self._scale
        centered = inner - self._bias
        if not self.dictionary.by_point:
            return self._encoder(centered, self._activation)
        codes = self._encoder(centered.reshape(-1, x.shape[-1]), self._activation)
        return np.swapaxes(codes.reshape(len(x), -1, codes.shape[1]), 1, 2)

    def contribution(self, z: Floats, grid: Grid, chosen: Chosen) -> Floats:
        """``D z``, inside of a normalization."""
        return self.dictionary.synthesize(z, grid, chosen)

    def completed(self, contribution: Floats) -> Floats:
        """What ``D z`` says of the data: with the decoder's bias, and as it was before a normalization."""
        output = contribution + self._bias
        return output if self._mean is None else output * self._scale + self._mean
