from __future__ import annotations

import numpy as np
import pytest

from saeno import Codes, InputError


def dense() -> np.ndarray:
    values = np.zeros((3, 2, 2, 4))
    values[0, 1, 0, 2] = 5
    values[0, 0, 1, 2] = -1
    values[2, 1, 1, 0] = 2
    return values


def test_entries_are_in_the_order_of_sample_concept_and_position() -> None:
    codes = Codes.from_dense(dense())
    assert (codes.sample.tolist(), codes.concept.tolist()) == ([0, 0, 2], [2, 2, 0])
    assert (codes.position.tolist(), codes.value.tolist()) == ([1, 2, 3], [-1, 5, 2])
    assert (len(codes), codes.concepts, codes.grid) == (3, 4, (2, 2))
    np.testing.assert_array_equal(codes.dense(), dense())


def test_samples_are_cut_out_and_concepts_taken_away() -> None:
    codes = Codes.from_dense(dense())
    np.testing.assert_array_equal(codes[2].dense(), dense()[2:3])
    np.testing.assert_array_equal(codes[-1].dense(), dense()[2:3])
    np.testing.assert_array_equal(codes[1:].dense(), dense()[1:])
    assert [len(each.value) for each in codes] == [2, 0, 1]
    without = codes.where(codes.concept != 2).dense()
    assert without[0].any() is np.False_ and without[2].any()
    with pytest.raises(IndexError, match="no sample 3"):
        codes[3]


def test_a_map_is_a_function_and_has_an_energy() -> None:
    codes = Codes.from_dense(dense())
    np.testing.assert_array_equal(codes.map(0, 2), [[0, -1], [5, 0]])
    np.testing.assert_array_equal(codes.energies(), [[0, 0, 26 / 4, 0], [0, 0, 0, 0], [1, 0, 0, 0]])


def test_numbers_are_maps_of_one_point() -> None:
    codes = Codes.from_dense(np.array([[0, 2.0], [3, 0]]))
    assert (codes.grid, codes.position.tolist()) == ((), [0, 0])
    np.testing.assert_array_equal(codes.dense(), [[0, 2], [3, 0]])
    np.testing.assert_array_equal(codes.energies(), [[0, 4], [9, 0]])


def test_what_is_no_code_is_refused() -> None:
    with pytest.raises(InputError, match=r"\[B, \*N, K\]"):
        Codes.from_dense(np.zeros(3))
