"""From a model's name to its manifest and its verified weights.

A model is an ONNX file and a JSON manifest beside it. Everything its caller must know,
preprocessing above all, is in the manifest and nowhere else: Python and TypeScript
read the same file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from facings.errors import ModelCorrupted, ModelNotFound
from facings.session import OnnxSession, Session

_REINSTALL = "reinstall facings: pip install --force-reinstall facings"


class InputSpec(BaseModel):
    """How a picture becomes the network's input tensor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """The graph's input."""
    layout: Literal["NCHW"]
    size_wh: tuple[int, int]
    """(width, height) in pixels; for `fit` the longer of them is all that counts."""
    multiple_of: Annotated[int, Field(ge=1)] = 1
    """Width and height fed in are multiples of this."""
    color: Literal["RGB"]
    mean: tuple[float, float, float]
    """Subtracted from channels scaled to [0, 1]."""
    std: tuple[float, float, float]
    """Divides what is left, channel by channel; never 0."""
    resize: Literal["fit", "halfway"]
    """fit: shrunk to the size, never enlarged, padded right and bottom up to `multiple_of`;
    halfway: resized into the middle of exactly `size_wh`, with proportions half way (in logarithms)
    to its, so that a slim bottle keeps its small print and is still seen to be slim."""
    pad_value: Annotated[float, Field(ge=0, le=255)]
    """Grey level in [0, 255] of what is padded, before mean and std."""

    @field_validator("std")
    @classmethod
    def _no_zero(cls, std: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(std) <= 0:
            raise ValueError("std must be above 0")
        return std


class Manifest(BaseModel):
    """What a published model is, needs and may be used for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: Annotated[int, Field(ge=1)]
    file: str
    """Weights file, in the manifest's folder."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """Of the weights file."""
    task: Literal["detect", "embed"]
    input: InputSpec
    outputs: Mapping[str, str]
    """Name of each of the graph's outputs to what it holds."""
    embedding_dim: Annotated[int, Field(ge=1)] | None = None
    """Length of the vectors; embedders only."""
    facing_height_px: Annotated[float, Field(gt=0)] | None = None
    """Median height of the facings, in pixels of the tensor, at which a detector finds them best;
    None: it looks once, at `input.size_wh`."""
    thresholds: Mapping[str, float]
    """Operating points, calibrated when the model was made."""
    licence: str
    """SPDX identifier of the weights."""
    training_data: tuple[str, ...]
    """Each data set with its licence."""
    run: str
    """The file in `runs/` that makes this model."""
    metrics: Mapping[str, JsonValue]

    @property
    def label(self) -> str:
        """Name, version and the first digits of the hash: what a result was made with."""
        return f"{self.name} v{self.version} ({self.sha256[:8]})"

    @field_validator("file")
    @classmethod
    def _bare_file_name(cls, file: str) -> str:
        if PurePath(file).name != file:
            raise ValueError("the weights lie beside their manifest: a bare file name")
        return file


def open_manifest(name: str, folder: Path | None = None) -> Manifest:
    """Read a model's manifest.

    Args:
        name: for example `facings-detector`.
        folder: where to look: see `weights_folder`.

    Raises:
        ModelNotFound: there is no such manifest.
        ModelCorrupted: it is not a manifest.
    """
    file = weights_folder(folder) / f"{name}.json"
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelNotFound(
            f"no model {name!r}: {file} cannot be read",
            hint=f"{_REINSTALL}, or point FACINGS_WEIGHTS to the folder that has it",
        ) from error
    except UnicodeDecodeError as error:
        raise ModelCorrupted(f"{file} is not a model manifest", hint=_REINSTALL) from error
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ModelCorrupted(
            f"{file} is not a model manifest: {where}: {first['msg']}", hint=_REINSTALL
        ) from error


def write_manifest(manifest: Manifest, folder: Path) -> Path:
    """Write a model's manifest beside its weights, `<name>.json`."""
    file = folder / f"{manifest.name}.json"
    file.write_text(manifest_text(manifest), encoding="utf-8")
    return file


def manifest_text(manifest: Manifest) -> str:
    """Lay out a manifest as its file has it, keys in their own order."""
    content = manifest.model_dump(mode="json", exclude_none=True)
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def open_model(
    name: str, threads: int | None = None, folder: Path | None = None
) -> tuple[Manifest, Session]:
    """Load a model whose weights are those its manifest names.

    Args:
        name: for example `facings-detector`.
        threads: cores used within one call; None means all this process may use.
        folder: where to look: see `weights_folder`.

    Raises:
        ModelNotFound: manifest or weights are missing.
        ModelCorrupted: the weights' hash differs, or they cannot be loaded.
    """
    manifest = open_manifest(name, folder)
    file = weights_folder(folder) / manifest.file
    _verify(file, manifest)
    return manifest, OnnxSession.open(file, threads)


def weights_folder(folder: Path | None = None) -> Path:
    """Where models are looked for: the folder, else FACINGS_WEIGHTS, else the package's own."""
    if folder is not None:
        return folder
    chosen = os.environ.get("FACINGS_WEIGHTS")
    return Path(chosen) if chosen else Path(__file__).parent / "weights"


def _verify(file: Path, manifest: Manifest) -> None:
    try:
        with file.open("rb") as weights:
            found = hashlib.file_digest(weights, "sha256").hexdigest()
    except OSError as error:
        raise ModelNotFound(
            f"the weights of {manifest.name} v{manifest.version} are missing: {file}",
            hint=_REINSTALL,
        ) from error
    if found != manifest.sha256:
        raise ModelCorrupted(
            f"{file} is not {manifest.name} v{manifest.version}: "
            f"its hash is {found[:8]}, the manifest says {manifest.sha256[:8]}",
            hint=_REINSTALL,
        )
