"""The smallest thing a stage needs of an inference engine, and ONNX Runtime behind it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from facings.errors import ModelCorrupted
from facings.types import FloatArray

if TYPE_CHECKING:
    import onnxruntime

_LOG_ERRORS_ONLY = 3


class Session(Protocol):
    """A loaded network: named arrays in, named arrays out."""

    def run(self, inputs: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        """Run the network once on inputs named and shaped as the model's graph says."""
        ...


class OnnxSession:
    """An ONNX model on this machine's CPU. Calls may come from several threads."""

    def __init__(self, engine: onnxruntime.InferenceSession) -> None:
        self._engine = engine
        self._output_names = [output.name for output in engine.get_outputs()]

    @classmethod
    def open(cls, file: Path, threads: int | None = None) -> OnnxSession:
        """Load a model file.

        Args:
            file: `.onnx` with every weight inside.
            threads: cores used within one call; None means all this process may use.

        Raises:
            ModelCorrupted: the file is no model, or one newer than the installed runtime.
        """
        import onnxruntime

        onnxruntime.set_default_logger_severity(_LOG_ERRORS_ONLY)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _LOG_ERRORS_ONLY
        options.intra_op_num_threads = threads or usable_cores()
        options.inter_op_num_threads = 1
        # Detector and embedder take turns: the idle one's threads must not spin on the cores
        # of the other. Two 10-layer networks on two busy cores: 38 ms instead of 70.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            engine = onnxruntime.InferenceSession(
                file.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime's errors share no public class
            raise ModelCorrupted(
                f"{file.name} cannot be loaded: {str(error).splitlines()[0]}",
                hint="reinstall facings, or upgrade onnxruntime: pip install -U onnxruntime",
            ) from error
        return cls(engine)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names `run` expects, in the graph's order."""
        return tuple(each.name for each in self._engine.get_inputs())

    def run(self, inputs: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        """Run the network once; the outputs are float32 arrays by name."""
        arrays = self._engine.run(self._output_names, dict(inputs))
        return {
            name: np.asarray(array, dtype=np.float32)
            for name, array in zip(self._output_names, arrays, strict=True)
        }


def usable_cores() -> int:
    """Count the cores this process may run on, which in a container is not all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
