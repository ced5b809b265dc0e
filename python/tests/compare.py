"""How far this package is from saeno on models that saeno wrote, with samples and what came of them, as JSON.

python3 compare.py FOLDER    # a folder for each model, beside its files expected.safetensors
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import saeno
from saeno._safetensors import read_safetensors

#: An entry may be active on one side only where it is no larger than this share of the largest: at a threshold.
_TIE = 1e-6


def difference(found: Any, expected: Any) -> float:
    """The largest difference of any entry, as a share of the largest entry."""
    if found.shape != expected.shape:
        return float("inf")
    largest = float(np.abs(expected).max(initial=0))
    return float(np.abs(found - expected).max(initial=0)) / (largest or 1.0)


def selected_otherwise(found: Any, expected: Any) -> int:
    """How many entries are active on one side only."""
    least = _TIE * float(np.abs(expected).max(initial=0))
    return int((((found != 0) != (expected != 0)) & (np.abs(found - expected) > least)).sum())


def differences(folder: Path) -> dict[str, float]:
    run = saeno.load(folder)
    expected = read_safetensors(folder / "expected.safetensors")
    found = {}
    for start in sorted({name[: -len("x")] for name in expected if name.split(".")[-1] == "x"}):
        x, codes = expected[f"{start}x"].astype(np.float64), run.encode(expected[f"{start}x"].astype(np.float64))
        found[f"{start}codes"] = difference(codes.dense(), expected[f"{start}codes"])
        found[f"{start}selected otherwise"] = selected_otherwise(codes.dense(), expected[f"{start}codes"])
        found[f"{start}reconstruction"] = difference(run.reconstruct(x), expected[f"{start}reconstruction"])
        if f"{start}decoded" in expected:
            target = expected[f"{start}decoded"]
            found[f"{start}decoded"] = difference(run.decode(run.encode(expected["x"]), target.shape[1:-1]), target)
        if f"{start}atoms" in expected:
            grid = x.shape[1:-1] if start else None
            found[f"{start}atoms"] = difference(run.atoms(grid), expected[f"{start}atoms"])
    return found


if __name__ == "__main__":
    folders = sorted(path.parent for path in Path(sys.argv[1]).glob("*/expected.safetensors"))
    print(json.dumps({folder.name: differences(folder) for folder in folders}))
