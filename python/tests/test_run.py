from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from folders import dense_model, fourier_model, normals, write_run

import saeno


def test_a_folder_says_what_it_is(tmp_path: Path) -> None:
    run = saeno.load(write_run(tmp_path / "run", *fourier_model(), trainingGrid=[9, 8]))
    assert (run.kind, run.concepts, run.channels, run.grid) == ("fourier", 5, 2, (9, 8))
    assert (run.summary, run.evaluation, run.metrics) == (None, None, [])
    (run.path / "summary.json").write_text('{"relativeError": 0.5}')
    (run.path / "metrics.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"st')
    again = saeno.load(run.path)
    assert again.summary == {"relativeError": 0.5}
    assert again.metrics == [{"step": 1}, {"step": 2}]


def test_what_comes_back_is_of_the_type_that_was_given(tmp_path: Path) -> None:
    run = saeno.load(write_run(tmp_path / "run", *fourier_model()))
    x = normals(3, 9, 8, 2)
    assert run.reconstruct(x).dtype == np.float32
    assert run.reconstruct(x.astype(np.float64)).dtype == np.float64
    assert run.encode(np.ones((1, 9, 8, 2), np.uint8)).value.dtype == np.float32
    assert run.encode(x[:0]).dense().shape == (0, 9, 8, 5)
    assert run.reconstruct(x[:0]).shape == (0, 9, 8, 2)


def test_pieces_make_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = saeno.load(write_run(tmp_path / "run", *fourier_model()))
    x = normals(7, 9, 8, 2)
    whole = run.encode(x)
    monkeypatch.setattr("saeno.run._AT_ONCE", 2 * 9 * 8 * 5)
    pieces = run.encode(x)
    np.testing.assert_array_equal(whole.dense(), pieces.dense())
    np.testing.assert_allclose(run.decode(whole), run.reconstruct(x), rtol=1e-6)


def test_codes_are_decoded_on_any_grid_and_edited(tmp_path: Path) -> None:
    run = saeno.load(write_run(tmp_path / "run", *fourier_model()))
    codes = run.encode(normals(2, 9, 8, 2).astype(np.float64))
    np.testing.assert_allclose(run.decode(codes, grid=(27, 24))[:, ::3, ::3], run.decode(codes), atol=1e-12)
    assert run.decode(codes, grid=16).shape == (2, 16, 16, 2)
    # Decoding is linear up to the bias.
    bias = run.decode(codes.where(codes.value == 0))
    parts = [run.decode(codes.where(codes.concept == k)) - bias for k in range(5)]
    np.testing.assert_allclose(sum(parts) + bias, run.decode(codes), atol=1e-12)
    mixed = codes.where(np.random.default_rng(0).permutation(len(codes.value)))
    np.testing.assert_allclose(run.decode(mixed), run.decode(codes), atol=1e-12)


def test_torch_in_torch_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch") if find_spec("torch") else stand_in(monkeypatch)
    run = saeno.load(write_run(tmp_path / "run", *dense_model()))
    x = normals(4, 6)
    codes = run.encode(torch.from_numpy(x))
    assert isinstance(codes.value, torch.Tensor) and isinstance(codes.dense(), torch.Tensor)
    decoded = run.decode(codes)
    assert isinstance(decoded, torch.Tensor)
    np.testing.assert_array_equal(decoded.numpy(), run.reconstruct(x))


def stand_in(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As much of torch as is used, where there is none."""

    class Tensor:
        device = "cpu"

        def __init__(self, array: Any) -> None:
            self.array = array
            self.dtype = array.dtype

        def detach(self) -> Tensor:
            return self

        def to(self, device: str) -> Tensor:
            return self

        def is_floating_point(self) -> bool:
            return bool(self.dtype.kind == "f")

        def float(self) -> Tensor:
            return Tensor(self.array.astype(np.float32))

        def long(self) -> Tensor:
            return Tensor(self.array.astype(np.int64))

        def numpy(self) -> Any:
            return self.array

    torch: Any = ModuleType("torch")
    torch.Tensor, torch.from_numpy, torch.float64 = Tensor, Tensor, np.dtype(np.float64)
    monkeypatch.setitem(sys.modules, "torch", torch)
    return torch


def test_samples_that_a_model_cannot_take(tmp_path: Path) -> None:
    functions = saeno.load(write_run(tmp_path / "functions", *fourier_model()))
    vectors = saeno.load(write_run(tmp_path / "vectors", *dense_model()))
    for run, x, words in [
        (functions, np.zeros((2, 9, 8)), r"grid of 2 axes, \[B, N1, N2, 2\]; got one of 1"),
        (functions, np.zeros((2, 9, 8, 3)), "2 on the last axis; got the shape"),
        (functions, np.zeros(5), "takes functions"),
        (functions, np.full((1, 9, 8, 2), np.nan), "NaN"),
        (functions, np.array([["a"]]), "must be numbers"),
        (vectors, np.zeros((2, 2, 3)), r"takes vectors \[B, 6\].*x.reshape"),
        (vectors, np.zeros((2, 5)), "6 on the last axis"),
    ]:
        with pytest.raises(saeno.InputError, match=words):
            run.encode(x)


def test_codes_and_grids_that_do_not_fit(tmp_path: Path) -> None:
    functions = saeno.load(write_run(tmp_path / "functions", *fourier_model()))
    vectors = saeno.load(write_run(tmp_path / "vectors", *dense_model(concepts=5)))
    with pytest.raises(saeno.InputError, match="codes are numbers"):
        functions.decode(vectors.encode(normals(2, 6)))
    with pytest.raises(saeno.InputError, match="codes of 4 concepts"):
        functions.decode(np.zeros((1, 9, 8, 4)))
    with pytest.raises(saeno.InputError, match="which have no grid"):
        vectors.decode(np.zeros((1, 5)), grid=28)
    with pytest.raises(saeno.InputError, match="which have no grid"):
        vectors.atoms(28)
    with pytest.raises(saeno.InputError, match="3 axes"):
        functions.atoms((4, 4, 4))
    with pytest.raises(saeno.InputError, match="positive number of points"):
        functions.decode(np.zeros((1, 9, 8, 5)), grid=(0, 4))


def test_folders_that_are_none(tmp_path: Path) -> None:
    run = write_run(tmp_path / "sweep" / "a", *dense_model())
    for path, words in [
        (tmp_path / "nothing", "There is no run folder"),
        (run / "config.json", "is a file. Name the run folder"),
        (tmp_path / "sweep", "holds run folders, name one of them: a"),
        (tmp_path, "is not a run folder"),
    ]:
        with pytest.raises(saeno.RunFolderError, match=words):
            saeno.load(path)
    (run / "model.safetensors").unlink()
    with pytest.raises(saeno.RunFolderError, match=r"model.safetensors is not there.*saeno resume"):
        saeno.load(run)


def test_a_run_that_is_not_finished_has_the_model_of_its_last_checkpoint(tmp_path: Path) -> None:
    model, tensors = dense_model()
    run = write_run(tmp_path / "run", model, tensors)
    for step in (90, 100, 110):
        tensors["decoder.bias"][:] = step
        write_run(run / "checkpoints" / f"step-{step}", model, tensors)
    (run / "model.safetensors").unlink()
    for step in (90, 100):
        (run / "checkpoints" / f"step-{step}" / "state.json").write_text("{}")
    # That of step 110 was cut off.
    unfinished = saeno.load(run)
    assert unfinished.checkpoint == run / "checkpoints" / "step-100"
    np.testing.assert_array_equal(unfinished.decode(np.zeros((1, 8))), np.full((1, 6), 100))
    np.testing.assert_array_equal(saeno.load(run / "checkpoints/step-90").decode(np.zeros((1, 8))), np.full((1, 6), 90))


def test_a_config_of_something_else(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", *dense_model())
    (run / "config.json").write_text('{"data": {}}')
    with pytest.raises(saeno.FormatError, match=r'config.json has no "modelConfig".*saeno import'):
        saeno.load(run)


def test_files_that_are_damaged(tmp_path: Path) -> None:
    model, tensors = dense_model()

    def refused(words: str, model: Any = model, **changes: Any) -> None:
        changed = {name: value for name, value in {**tensors, **changes}.items() if value is not None}
        with pytest.raises(saeno.FormatError, match=words):
            saeno.load(write_run(tmp_path / "run", model, changed))

    refused('model.safetensors lacks the tensor "decoder.bias"', **{"decoder.bias": None})
    refused(r'"encoder.bias" has the shape \[3\]; config.json asks for \[8\]', **{"encoder.bias": normals(3)})
    refused("does not have: input.mean", **{"input.mean": normals(6)})
    refused("holds NaN", **{"encoder.bias": np.full(8, np.nan)})
    wrong = {**model, "dictionary": {**model["dictionary"], "concepts": "many"}}
    refused(r'config.json.modelConfig.dictionary.concepts must be a positive integer; got "many"', wrong)
    refused("modelConfig.encoder must be an object; got nothing", {**model, "encoder": None})
    folder = write_run(tmp_path / "run", model, tensors)
    (folder / "config.json").write_text("{")
    with pytest.raises(saeno.FormatError, match=r"config.json is not valid JSON"):
        saeno.load(folder)
    with pytest.raises(saeno.UnknownKindError, match=r'no dictionary "wavelets".*conv, dense, fourier'):
        saeno.load(write_run(tmp_path / "run", {**model, "dictionary": {"kind": "wavelets"}}, tensors))


def test_safetensors_that_are_cut_off_or_overlap(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", *dense_model())
    file = folder / "model.safetensors"
    whole = file.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    header["encoder.bias"]["data_offsets"][0] += 4
    text = json.dumps(header).encode()
    for data, words in [
        (whole[:5], "too few for a header"),
        (whole[:40], "it is truncated"),
        (whole[:-4], "the file is truncated"),
        (whole + b"....", "4 bytes follow"),
        (whole[:8] + b"x" + whole[9:], "not the JSON"),
        (len(text).to_bytes(8, "little") + text + whole[8 + length :], '"encoder.bias" stands at bytes'),
    ]:
        file.write_bytes(data)
        with pytest.raises(saeno.FormatError, match=f"model.safetensors is not a valid.*{words}"):
            saeno.load(folder)


def test_the_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example is not None
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "runs" / "digits", *fourier_model(channels=1))
    np.save("digits.npy", normals(100, 28, 28))
    names: dict[str, Any] = {}
    exec(example[1], names)
    assert names["y"].shape == names["without"].shape == (100, 28, 28, 1)
    assert names["fine"].shape == (1, 112, 112, 1)
