"""Activations as they are after training (specification: Activations): pre-codes to codes ``[B, K, |N|]``.

Budgets of a batch are then running thresholds: a sample's code does not depend on the rest of its batch.
"""

from __future__ import annotations

from typing import Callable, Protocol

import numpy as np
from numpy.typing import NDArray

from ._arrays import Floats
from ._config import Section
from ._dictionaries import Dictionary, Take, unknown_kind
from ._fourier import Grid, size_of
from ._precodes import PreCodes
from ._selection import Mask, largest, refuse_nan, separate
from .errors import FormatError

#: How many concepts of a vector are active where nothing is said.
_USUAL_ACTIVE = 8
#: The numbers of a code where nothing is said, as a share of those of a sample.
_USUAL_BUDGET = 0.04
#: On a grid as fine as a map, peaks are at least this many points apart.
_PEAK_DISTANCE = 2


class Activation(Protocol):
    def __call__(self, pre_codes: PreCodes) -> Floats: ...


def _relu(u: Floats) -> Floats:
    return np.maximum(u, 0)


class Relu:
    def __init__(self, config: Section, take: Take, dictionary: Dictionary) -> None: ...

    def __call__(self, pre_codes: PreCodes) -> Floats:
        return _relu(pre_codes.maps)


class TopK:
    """The ``k`` largest codes of each sample, after relu."""

    def __init__(self, config: Section, take: Take, dictionary: Dictionary) -> None:
        self._k = config.count("k", _USUAL_ACTIVE)

    def __call__(self, pre_codes: PreCodes) -> Floats:
        codes = _relu(pre_codes.maps[:, :, 0])
        # Energies are squares: the values that stand for them count the root of the factor.
        ranked = codes if pre_codes.favor is None else codes * np.sqrt(pre_codes.favor)
        return np.where(largest(ranked, self._k), codes, 0)[:, :, None]


class BatchTopK:
    """All codes above the running mean of the smallest value kept in training."""

    def __init__(self, config: Section, take: Take, dictionary: Dictionary) -> None:
        self._threshold = take("activation.threshold", ())

    def __call__(self, pre_codes: PreCodes) -> Floats:
        return np.where(pre_codes.maps > self._threshold, _relu(pre_codes.maps), 0)


class JumpRelu:
    """``u 1(u > theta)``, with theta a learned threshold for each concept."""

    def __init__(self, config: Section, take: Take, dictionary: Dictionary) -> None:
        self._thresholds = take("activation.threshold", (dictionary.concepts,))

    def __call__(self, pre_codes: PreCodes) -> Floats:
        return np.where(pre_codes.maps > self._thresholds[:, None], pre_codes.maps, 0)


class HardThreshold:
    """``u 1(|u| > lambda)``, or one-sided ``u 1(u > lambda)``."""

    def __init__(self, config: Section, take: Take, dictionary: Dictionary) -> None:
        self._threshold = _measured(config, "threshold")
        self._one_sided = config.truth("oneSided", False)

    def __call__(self, pre_codes: PreCodes) -> Floats:
        u = pre_codes.maps
        return np.where((u if self._one_sided else np.abs(u)) > self._threshold, u, 0)


class SoftThreshold:
    """``sign(u) max(|u| - lambda, 0)``."""

    def __init__(self, config: Section, take: Take, dictionary: Dictionary) -> None:
        self._threshold = _measured(config, "threshold")

    def __call__(self, pre_codes: PreCodes) -> Floats:
        return np.sign(pre_codes.maps) * _relu(np.abs(pre_codes.maps) - self._threshold)


class Spade:
    """Sparsemax: the projection of scaled pre-codes, those of each grid point, on the probability simplex."""

    def __init__(self, config: Section, take: Take, dictionary: Dictionary) -> None:
        self._scale = config.number("scale", 1.0)

    def __call__(self, pre_codes: PreCodes) -> Floats:
        u = pre_codes.maps * self._scale
        descending = -np.sort(-u, axis=1)
        ranks = np.arange(1, u.shape[1] + 1)[:, None]
        sums = np.cumsum(descending, axis=1)
        # The support is the longest start of the sorted row whose entries exceed the threshold that it implies.
        count = np.sum(1 + ranks * descending > sums, axis=1, keepdims=True)
        threshold = (np.take_along_axis(sums, count - 1, axis=1) - 1) / count
        return _relu(u - threshold)


class MapSparsity:
    """Which maps of a sample are active, and where within them."""

    def __init__(self, config: Section, take: Take, dictionary: Dictionary) -> None:
        concepts = dictionary.concepts
        self._concept_rule = config.choice("conceptRule", ("topk", "batch", "threshold"), "batch")
        self._domain_rule = config.choice("domainRule", ("topk", "peaks", "batch", "threshold"), "peaks")
        self._energy = config.choice("energy", ("kept", "rectified", "preactivation"), "kept")
        self._energy_grid = config.number_or("energyGrid", "data", 1.0)
        self._active = config.count("active", max(1, min(16, concepts // 4)))
        self._count = config.count("count") if config.has("count") else None
        budget = config.number("budget", _USUAL_BUDGET)
        self._density = config.number("density", min(1.0, budget * dictionary.channels / self._active))
        if self._concept_rule == "batch":
            self._energy_threshold = take("activation.energyThreshold", ())
        if self._concept_rule == "threshold":
            self._norm_thresholds = take("activation.normThreshold", (concepts,))
        if self._domain_rule in ("batch", "threshold"):
            shape = () if self._domain_rule == "batch" else (concepts,)
            self._entry_threshold = take("activation.entryThreshold", shape)

    def __call__(self, pre_codes: PreCodes) -> Floats:
        sample, concept = np.nonzero(self._chosen(pre_codes))
        # [R, |N|], a row for each chosen map.
        maps = pre_codes.maps[sample, concept]
        codes = np.zeros_like(pre_codes.maps)
        codes[sample, concept] = self._kept(maps, concept, pre_codes)
        return codes

    def _chosen(self, pre_codes: PreCodes) -> Mask:
        energies = pre_codes.energies(self._energy, self._energy_grid, self._counted(pre_codes))
        if self._concept_rule == "topk":
            return largest(energies, self._active)
        if self._concept_rule == "batch":
            return energies > self._energy_threshold
        return np.sqrt(energies) > self._norm_thresholds

    def _kept(self, maps: Floats, concept: NDArray[np.intp], pre_codes: PreCodes) -> Floats:
        grid = pre_codes.grid
        if self._domain_rule == "threshold":
            return np.where(maps > self._entry_threshold[concept, None], maps, 0)
        if self._domain_rule == "batch":
            return np.where(maps > self._entry_threshold, _relu(maps), 0)
        if self._domain_rule == "topk":
            return np.where(largest(maps, self._points(grid)), _relu(maps), 0)
        # A code of peaks is a sum of spikes, as many on every grid, each with a mass.
        resolution = pre_codes.resolution
        count = min(self._points(resolution), size_of(grid))
        # Halves are rounded up, as JavaScript does.
        distances = [int(np.floor(_PEAK_DISTANCE * (n / r) + 0.5)) for n, r in zip(grid, resolution)]
        peaks = separate(maps, grid, count, [max(0, distance - 1) for distance in distances])
        return np.where(peaks, _relu(maps), 0) * (size_of(grid) / size_of(resolution))

    def _counted(self, pre_codes: PreCodes) -> int:
        """How many points count in the energy of a map: a number of peaks stands for more of them on a finer grid."""
        if self._count is None or self._domain_rule != "peaks":
            return self._points(pre_codes.grid)
        points = size_of(pre_codes.grid)
        share = self._points(pre_codes.resolution) * (points / size_of(pre_codes.resolution))
        return max(1, min(int(np.floor(share + 0.5)), points))

    def _points(self, grid: Grid) -> int:
        """How many points of a map are kept; all if a threshold decides."""
        points = size_of(grid)
        if self._domain_rule == "threshold":
            return points
        if self._count is not None:
            return min(self._count, points)
        # 0.1 * 70 is a little more than 7 in floating point.
        return max(1, int(np.ceil(self._density * points - 1e-9)))


class Balanced:
    """Another activation, with a bias added to the log energy of each concept in the choice of concepts."""

    def __init__(self, config: Section, take: Take, dictionary: Dictionary) -> None:
        self._inner = activation_of(config.section("activation"), take, dictionary)
        self._favor = np.exp(take("activation.selectionBias", (dictionary.concepts,)))

    def __call__(self, pre_codes: PreCodes) -> Floats:
        return self._inner(pre_codes.favoring(self._favor))


_KINDS: dict[str, Callable[[Section, Take, Dictionary], Activation]] = {
    "relu": Relu,
    "topk": TopK,
    "batchtopk": BatchTopK,
    "jumprelu": JumpRelu,
    "hard-threshold": HardThreshold,
    "soft-threshold": SoftThreshold,
    "spade": Spade,
    "map-sparsity": MapSparsity,
    "balanced": Balanced,
}


def activation_of(config: Section, take: Take, dictionary: Dictionary) -> Activation:
    kind = config.text("kind")
    if kind not in _KINDS:
        raise unknown_kind(config, "activation", kind, _KINDS)
    found = _KINDS[kind](config, take, dictionary)

    def checked(pre_codes: PreCodes) -> Floats:
        refuse_nan(pre_codes.maps, "The correlations of the samples with the concepts")
        return found(pre_codes)

    return checked


def _measured(config: Section, name: str) -> float:
    """A threshold, rounded to float32, once it has been measured."""
    if isinstance(config.values.get(name, "2sd"), str):
        raise FormatError(
            f"{config.where}.{name} is not a number yet: it is measured on the first batch of a training. "
            "Train the model first."
        )
    return float(np.float32(config.number(name)))
