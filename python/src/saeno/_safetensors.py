"""Reads safetensors files: eight bytes of header length, a JSON header, the values. Everything is checked."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import FormatError

_TYPES = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?"},
    **{"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"},
}


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a file by their names, in the order of their bytes."""
    data = path.read_bytes()

    def fail(problem: str) -> FormatError:
        return FormatError(f"{path} is not a valid safetensors file: {problem}. Copy the run folder again.")

    if len(data) < 8:
        raise fail(f"{len(data)} bytes are too few for a header")
    start = 8 + int.from_bytes(data[:8], "little")
    if start > len(data):
        raise fail(f"its header claims {start - 8} bytes, the file has {len(data) - 8} more; it is truncated")
    try:
        header = json.loads(data[8:start])
        header.pop("__metadata__", None)
        entries = sorted((*_checked(entry), name) for name, entry in header.items())
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise fail("its header is not the JSON that it should be") from error

    tensors: dict[str, NDArray[Any]] = {}
    end = 0
    for begin, finish, dtype, shape, name in entries:
        if dtype not in _TYPES:
            raise fail(f'"{name}" is of type {dtype}, which is not read here')
        count, kind = math.prod(shape), np.dtype(_TYPES[dtype])
        size = count * kind.itemsize
        if begin != end or finish - begin != size:
            raise fail(f'"{name}" stands at bytes {begin} to {finish}; {end} to {end + size} were expected')
        if start + finish > len(data):
            raise fail(f'"{name}" ends at byte {start + finish} of {len(data)}; the file is truncated')
        tensors[name] = np.frombuffer(data, kind, count, start + begin).reshape(shape)
        end = finish
    if start + end != len(data):
        raise fail(f"{len(data) - start - end} bytes follow the last tensor")
    return tensors


def _checked(entry: dict[str, Any]) -> tuple[int, int, str, tuple[int, ...]]:
    """Where the values of a tensor begin and end, their type and their shape."""
    (begin, finish), dtype, shape = entry["data_offsets"], entry["dtype"], tuple(entry["shape"])
    if not isinstance(dtype, str) or not all(type(n) is int and 0 <= n < 2**31 for n in shape):
        raise ValueError(entry)
    if not (type(begin) is int and type(finish) is int):
        raise ValueError(entry)
    return begin, finish, dtype, shape
