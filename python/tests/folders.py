"""Run folders for tests, as saeno writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.float32]]


def write_run(folder: Path, model: dict[str, Any], tensors: Tensors, **config: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"saeno": "0.0.0", **config, "modelConfig": model}))
    (folder / "model.safetensors").write_bytes(safetensors(tensors))
    return folder


def safetensors(tensors: Tensors) -> bytes:
    header, data = {}, b""
    for name, values in tensors.items():
        start = len(data)
        data += values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [start, len(data)]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def normals(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def fourier_model(channels: int = 2, concepts: int = 5, **activation: Any) -> tuple[dict[str, Any], Tensors]:
    """A tied SAE-FNO of 3 x 4 modes, all positive codes unless told otherwise."""
    model: dict[str, Any] = {
        "dictionary": {"kind": "fourier", "channels": channels, "concepts": concepts, "modes": [3, 4]},
        "encoder": {"kind": "shallow", "tied": True, "distance": False},
        "activation": activation or {"kind": "relu"},
    }
    tensors: Tensors = {
        "dictionary.theta": (normals(concepts, 2, channels, 5, 4) / 5).astype(np.float32),
        "encoder.gain": np.ones((), np.float32),
        "encoder.bias": (normals(concepts, seed=1) / 10).astype(np.float32),
        "decoder.bias": normals(channels, seed=2),
    }
    return model, tensors


def dense_model(inputs: int = 6, concepts: int = 8, **activation: Any) -> tuple[dict[str, Any], Tensors]:
    model = {
        "dictionary": {"kind": "dense", "concepts": concepts, "inputs": inputs},
        "encoder": {"kind": "shallow", "tied": False},
        "activation": activation or {"kind": "topk", "k": 3},
    }
    tensors = {
        "dictionary.atoms": normals(concepts, inputs),
        "encoder.atoms": normals(concepts, inputs, seed=1),
        "encoder.bias": normals(concepts, seed=2),
        "decoder.bias": normals(inputs, seed=3),
    }
    return model, tensors


def conv_model(padding: str = "circular", size: tuple[int, ...] = (3, 5)) -> tuple[dict[str, Any], Tensors]:
    model = {
        "dictionary": {"kind": "conv", "concepts": 4, "channels": 2, "kernel": list(size), "padding": padding},
        "encoder": {"kind": "shallow", "tied": True},
        "activation": {"kind": "hard-threshold", "threshold": 0},
    }
    tensors = {
        "dictionary.kernels": normals(4, *size, 2),
        "encoder.gain": np.ones((), np.float32),
        "encoder.bias": np.zeros(4, np.float32),
        "decoder.bias": np.zeros(2, np.float32),
    }
    return model, tensors
