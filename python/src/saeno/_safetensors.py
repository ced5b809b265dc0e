"""Reads safetensors files: eight bytes of header length, a JSON header, the values. Everything is checked."""

from __future__ import annotations

import json
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
        entries = sorted(header.items(), key=lambda item: tuple(item[1]["data_offsets"]))
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise fail("its header is not the JSON that it should be") from error

    tensors: dict[str, NDArray[Any]] = {}
    end = 0
    for name, entry in entries:
        try:
            dtype, shape, (begin, finish) = entry["dtype"], [int(n) for n in entry["shape"]], entry["data_offsets"]
        except (ValueError, KeyError, TypeError) as error:
            raise fail(f'"{name}" has no dtype, shape and data_offsets') from error
        if dtype not in _TYPES:
            raise fail(f'"{name}" is of type {dtype}, which is not read here')
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(_TYPES[dtype]).itemsize
        if begin != end or finish - begin != size:
            raise fail(f'"{name}" stands at bytes {begin} to {finish}; {end} to {end + size} were expected')
        if start + finish > len(data):
            raise fail(f'"{name}" ends at byte {start + finish} of {len(data)}; the file is truncated')
        tensors[name] = np.frombuffer(
            data, _TYPES[dtype], count=size // np.dtype(_TYPES[dtype]).itemsize, offset=start + begin
        ).reshape(shape)
        end = finish
    if start + end != len(data):
        raise fail(f"{len(data) - start - end} bytes follow the last tensor")
    return tensors
