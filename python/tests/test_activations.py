"""Known answers of the choice of entries (specification: Activations)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from saeno import FormatError, UnknownKindError
from saeno._activations import activation_of
from saeno._config import Section
from saeno._precodes import PreCodes
from saeno._selection import largest, separate


class Anything:
    concepts = 4
    channels = 1


def applied(config: dict[str, Any], maps: Any, grid: tuple[int, ...] = (), **tensors: Any) -> Any:
    def take(name: str, shape: tuple[int, ...]) -> Any:
        return np.broadcast_to(np.asarray(tensors[name.split(".")[1]], float), shape)

    dictionary: Any = Anything()
    values = np.asarray(maps, float)
    values = values[:, :, None] if grid == () else values
    found = activation_of(Section(config, "activation"), take, dictionary)(PreCodes(values, grid, grid))
    return found[:, :, 0] if grid == () else found


def test_ties_go_to_the_lower_index() -> None:
    np.testing.assert_array_equal(largest(np.array([[1.0, 2, 2, 2, 0]]), 2), [[False, True, True, False, False]])
    np.testing.assert_array_equal(largest(np.array([[1.0, 1, 3, 1, 1]]), 3), [[True, True, True, False, False]])


def test_peaks_are_apart_until_nothing_apart_is_left() -> None:
    row = np.array([[5.0, 4, 0, 3, 2, 4.5]])
    # Point 5 is next to point 0: the grid is periodic.
    np.testing.assert_array_equal(np.flatnonzero(separate(row, (6,), 2, (1,))), [0, 3])
    np.testing.assert_array_equal(np.flatnonzero(separate(row, (6,), 3, (1,))), [0, 3, 5])
    np.testing.assert_array_equal(np.flatnonzero(separate(row, (2, 3), 2, (0, 1))), [0, 5])


def test_scalar_activations() -> None:
    u = [[3.0, -2, 1, 2]]
    np.testing.assert_array_equal(applied({"kind": "topk", "k": 2}, u), [[3, 0, 0, 2]])
    np.testing.assert_array_equal(applied({"kind": "topk", "k": 4}, u), [[3, 0, 1, 2]])
    np.testing.assert_array_equal(applied({"kind": "batchtopk"}, u, threshold=1), [[3, 0, 0, 2]])
    np.testing.assert_array_equal(applied({"kind": "jumprelu"}, u, threshold=[4, 0, 0.5, 2]), [[0, 0, 1, 0]])
    np.testing.assert_array_equal(applied({"kind": "hard-threshold", "threshold": 1.5}, u), [[3, -2, 0, 2]])
    one_sided = {"kind": "hard-threshold", "threshold": 1.5, "oneSided": True}
    np.testing.assert_array_equal(applied(one_sided, u), [[3, 0, 0, 2]])
    np.testing.assert_array_equal(applied({"kind": "soft-threshold", "threshold": 1.5}, u), [[1.5, -0.5, 0, 0.5]])
    np.testing.assert_allclose(applied({"kind": "spade", "scale": 0.5}, u), [[0.75, 0, 0, 0.25]])
    favored = applied({"kind": "balanced", "activation": {"kind": "topk", "k": 1}}, u, selectionBias=[0, 0, 5, 0])
    np.testing.assert_array_equal(favored, [[0, 0, 1, 0]])


def test_maps_are_chosen_by_energy_and_then_their_points() -> None:
    maps = np.zeros((1, 4, 6))
    maps[0, 0] = [1, 2, 0, 0, 0, -9]
    maps[0, 2] = [0, 3, 2.5, 0, 1, 0]
    rules = {"kind": "map-sparsity", "conceptRule": "topk", "active": 1, "count": 2}
    found = applied({**rules, "domainRule": "topk"}, maps, (6,))
    np.testing.assert_array_equal(found[0], [[0] * 6, [0] * 6, [0, 3, 2.5, 0, 0, 0], [0] * 6])
    found = applied({**rules, "domainRule": "peaks"}, maps, (6,))
    np.testing.assert_array_equal(found[0, 2], [0, 3, 0, 0, 1, 0])
    found = applied({**rules, "domainRule": "topk", "energy": "preactivation"}, maps, (6,))
    np.testing.assert_array_equal(found[0, 0], [1, 2, 0, 0, 0, 0])
    by_batch = {"kind": "map-sparsity", "conceptRule": "batch", "domainRule": "batch", "density": 0.5}
    found = applied(by_batch, maps, (6,), energyThreshold=0.8, entryThreshold=1.5)
    np.testing.assert_array_equal(found[0, [0, 2]], [[0, 2, 0, 0, 0, 0], [0, 3, 2.5, 0, 0, 0]])


def test_a_kind_of_a_plugin_is_named() -> None:
    with pytest.raises(UnknownKindError, match=r'no activation "winner" here. Known: balanced, .* plugin'):
        applied({"kind": "winner"}, [[1.0]])


def test_a_threshold_that_was_never_measured_is_an_error() -> None:
    with pytest.raises(FormatError, match="threshold is not a number yet"):
        applied({"kind": "hard-threshold", "threshold": "2sd"}, [[1.0]])
