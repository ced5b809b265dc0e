"""numpy inside; torch where torch was given. torch is never imported unless the caller has done so."""

from __future__ import annotations

import sys
from typing import Any, Callable

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

#: A numpy array, or a torch tensor where the caller works with those.
Array = Any
Floats = NDArray[np.float64]
#: From a numpy array to what the caller works with.
Restore = Callable[[NDArray[Any]], Array]


def is_torch(x: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def opened(x: Array, what: str) -> tuple[NDArray[Any], Restore]:
    """An array as numpy has it, and the way back."""
    if is_torch(x):
        torch, device = sys.modules["torch"], x.device
        plain = x.detach().to("cpu")
        # numpy knows no bfloat16.
        values = (plain.float() if plain.is_floating_point() and plain.dtype != torch.float64 else plain).numpy()

        def restore(array: NDArray[Any]) -> Array:
            tensor = torch.from_numpy(np.ascontiguousarray(array)).to(device)
            return tensor.long() if array.dtype.kind in "iu" else tensor

        return values, restore
    values = np.asarray(x)
    if values.dtype.kind not in "fiub":
        raise InputError(f"{what} must be numbers; got an array of {values.dtype}.")
    return values, lambda array: array


def result_type(x: NDArray[Any]) -> type:
    """Results are float32, as models are, unless float64 was given."""
    return np.float64 if x.dtype == np.float64 else np.float32
