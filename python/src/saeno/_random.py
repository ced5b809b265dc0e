"""The random numbers of saeno, the same everywhere: power iteration starts from them (xoroshiro128+, Box-Muller)."""

from __future__ import annotations

import numpy as np

from ._arrays import Floats

_LOW, _ALL = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


def normals(seed: int, size: int) -> Floats:
    """The first standard normal numbers of the stream of a seed, rounded to float32."""
    pairs = (size + 1) // 2
    drawn = np.array(_outputs(_mixed(seed & _LOW, (seed >> 32) & _LOW), 4 * pairs), np.int64).reshape(pairs, 2, 2)
    uniform = ((drawn[:, :, 0] >> 5) * 2.0**26 + (drawn[:, :, 1] >> 6)) / 2.0**53
    radius, angle = np.sqrt(-2 * np.log(1 - uniform[:, 0])), 2 * np.pi * uniform[:, 1]
    values = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)[:size]
    return values.astype(np.float32).astype(np.float64)


def _mixed(a: int, b: int) -> int:
    """A 32-bit hash of two numbers (the finalizer of MurmurHash3)."""
    h = ((a ^ 0x9E3779B9) * 0x85EBCA6B & _LOW) ^ b
    h = (h ^ (h >> 16)) * 0x85EBCA6B & _LOW
    h = (h ^ (h >> 13)) * 0xC2B2AE35 & _LOW
    return h ^ (h >> 16)


def _outputs(seed: int, count: int) -> list[int]:
    s0, s1 = 0xFFFFFFFF << 32 | (~seed & _LOW), seed << 32
    outputs = []
    # The first sixteen are thrown away: those of nearby seeds resemble each other.
    for _ in range(count + 16):
        outputs.append(s0 + s1 & _LOW)
        a = s0 ^ s1
        s0 = ((s0 << 24 | s0 >> 40) ^ a ^ a << 16) & _ALL
        s1 = (a << 37 | a >> 27) & _ALL
    return outputs[16:]
