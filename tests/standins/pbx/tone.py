"""Which tone is in a recording: how the tests hear."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path


def tone_share(path: Path, frequency: float) -> float:
    """Share (0 to 1) of the recording's energy that lies at `frequency` Hz. 16-bit mono WAV; 0 when silent or empty."""
    samples, rate = _samples(path)
    energy = sum(sample * sample for sample in samples)
    if not energy:
        return 0.0
    return min(1.0, 2 * _goertzel(samples, rate, frequency) / (len(samples) * energy))


def seconds(path: Path) -> float:
    samples, rate = _samples(path)
    return len(samples) / rate


def _samples(path: Path) -> tuple[list[int], int]:
    with wave.open(str(path), "rb") as recording:
        data = recording.readframes(recording.getnframes())
        return list(struct.unpack(f"<{len(data) // 2}h", data)), recording.getframerate()


def _goertzel(samples: list[int], rate: int, frequency: float) -> float:
    """Squared magnitude of one frequency's component."""
    coefficient = 2 * math.cos(2 * math.pi * frequency / rate)
    before, last = 0.0, 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    return before * before + last * last - coefficient * before * last
