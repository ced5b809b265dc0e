"""Identities of transforms and dictionaries (specification: Fourier coefficients, Dictionaries)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from folders import conv_model, fourier_model, normals, write_run

from saeno import load
from saeno._fourier import analyze, conjugate_counts, project_on_real, resample, synthesize
from saeno._random import normals as stream

GRIDS = [((11,), (4,)), ((7, 10), (3, 5)), ((5, 6, 9), (3, 2, 4))]


@pytest.mark.parametrize(("grid", "modes"), GRIDS)
def test_coefficients_are_those_of_the_fft(grid: tuple[int, ...], modes: tuple[int, ...]) -> None:
    x = normals(2, *grid).astype(np.float64)
    full = np.fft.fftn(x, axes=range(1, x.ndim)) / np.prod(grid)
    kept = [np.arange(1 - m, m) for m in modes[:-1]] + [np.arange(modes[-1])]
    expected = full[np.ix_(np.arange(2), *kept)]
    np.testing.assert_allclose(analyze(x, modes), expected, atol=1e-14)


@pytest.mark.parametrize(("grid", "modes"), GRIDS)
def test_a_band_limited_function_is_the_same_on_every_grid(grid: tuple[int, ...], modes: tuple[int, ...]) -> None:
    shape = (*(2 * m - 1 for m in modes[:-1]), modes[-1])
    drawn = normals(2, 3, *shape).astype(np.float64)
    spectrum = project_on_real(drawn[0] + 1j * drawn[1], len(modes))
    x = synthesize(spectrum, grid)
    np.testing.assert_allclose(analyze(x, modes), spectrum, atol=1e-13)
    finer = tuple(2 * n + 1 for n in grid)
    np.testing.assert_allclose(resample(x, len(grid), finer), synthesize(spectrum, finer), atol=1e-13)
    energy = (conjugate_counts(modes[-1]) * np.abs(spectrum) ** 2).reshape(3, -1).sum(axis=1)
    np.testing.assert_allclose((x.reshape(3, -1) ** 2).mean(axis=1), energy)


@pytest.mark.parametrize("grid", [(9, 8), (4, 5)])
def test_correlation_is_the_adjoint_of_synthesis(tmp_path: Path, grid: tuple[int, int]) -> None:
    models = {"fourier": fourier_model(), "circular": conv_model(), "zero": conv_model("zero")}
    for name, (model, tensors) in models.items():
        dictionary = load(write_run(tmp_path / name, model, tensors))._model.dictionary
        x, z = normals(2, *grid, 2).astype(float), normals(2, dictionary.concepts, grid[0] * grid[1]).astype(float)
        np.testing.assert_allclose(
            (dictionary.synthesize(z, grid) * x).sum(), (dictionary.pre_codes(x).maps * z).sum(), err_msg=name
        )


def test_a_spike_makes_an_atom(tmp_path: Path) -> None:
    for name, (model, tensors) in {"fourier": fourier_model(), "conv": conv_model()}.items():
        tensors["decoder.bias"][:] = 0
        run = load(write_run(tmp_path / name, model, tensors))
        codes = np.zeros((1, 9, 11, run.concepts))
        codes[0, 0, 0, 2] = 99 if name == "fourier" else 1
        np.testing.assert_allclose(run.decode(codes)[0], run.atoms((9, 11), origin="corner")[2], atol=1e-6)
        centered = np.roll(run.atoms((9, 11), origin="corner"), (4, 5), axis=(1, 2))
        np.testing.assert_array_equal(run.atoms((9, 11)), centered)


def test_power_iteration_starts_where_saeno_does() -> None:
    # createRandom(1).normals(5) of @saeno/backend.
    known = [-1.054240345954895, -0.234571635723114, 1.0837986469268799, 0.3839457035064697, 0.1692686676979065]
    np.testing.assert_array_equal(stream(1, 5), known)
