"""Versions of published models, side by side in one weights folder.

    facings-detector.json      the one in use: the manifest of its version once more
    facings-detector-4.json    every version that was published here, beside its weights
    facings-detector-4.onnx    and its card, facings-detector-4.md

Only the first file is ever replaced, in one step: so a model is published and taken back.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from facings.errors import ModelNotFound
from facings.models import (
    Manifest,
    manifest_text,
    open_manifest,
    open_model,
    weights_folder,
)
from facings.output import storage_full_as_error
from facings.session import Session


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """One version of a model in a weights folder."""

    manifest: Manifest
    is_current: bool
    """Whether it is the one in use."""


def published_models(folder: Path | None = None) -> tuple[PublishedModel, ...]:
    """List every version of every model, by name and ascending version.

    Args:
        folder: where to look: see `facings.models.weights_folder`.

    Raises:
        ModelCorrupted: a manifest is damaged.
    """
    place = weights_folder(folder)
    manifests = {file.stem: open_manifest(file.stem, place) for file in place.glob("*.json")}
    in_use = {each.name: each.sha256 for stem, each in manifests.items() if stem == each.name}
    versions = {(each.name, each.version): each for each in manifests.values()}
    return tuple(
        PublishedModel(each, in_use.get(each.name) == each.sha256)
        for _, each in sorted(versions.items())
    )


def open_models(said: str) -> dict[Literal["detect", "embed"], tuple[Manifest, Session]]:
    """Open models by what a person called them, by task.

    Args:
        said: a weights folder, whose models in use are meant, of each task the first by name; a
            manifest's path; a published model's name; or NAME@VERSION.

    Raises:
        ModelNotFound, ModelCorrupted: see `facings.models.open_model`.
    """
    path = Path(said)
    if path.is_dir():
        names = [each.manifest.name for each in published_models(path) if each.is_current]
        if not names:
            raise ModelNotFound(f"{path} holds no models", hint="name a folder of weights")
        opened = [open_model(name, folder=path) for name in names]
    elif path.suffix == ".json":
        opened = [open_model(path.stem, folder=path.parent)]
    else:
        name, _, version = said.partition("@")
        opened = [open_model(f"{name}-{version}" if version else name)]
    found: dict[Literal["detect", "embed"], tuple[Manifest, Session]] = {}
    for manifest, session in opened:  # facings-detector comes before facings-faces
        found.setdefault(manifest.task, (manifest, session))
    return found


def publish_model(
    manifest: Manifest, weights: Path, card: Callable[[Manifest], str], folder: Path
) -> Manifest:
    """Make a model the one in use, as the next version of its name; those before it stay.

    A process that is killed meanwhile leaves the old one in use.

    Args:
        manifest: of the new model; its version, file and hash are set here.
        weights: its ONNX file.
        card: writes what is to be read about it, in Markdown.
        folder: made where it is missing.

    Returns:
        The manifest as published.

    Raises:
        StorageFull: there is no room; the old model is in use as before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = _versions_of(manifest.name, folder)
    for each in known:
        _replace(folder / f"{each.name}-{each.version}.json", manifest_text(each).encode())
    contents = weights.read_bytes()
    version = max((each.version for each in known), default=manifest.version - 1) + 1
    stem = f"{manifest.name}-{version}"
    fresh = manifest.model_copy(
        update={
            "version": version,
            "file": f"{stem}.onnx",
            "sha256": hashlib.sha256(contents).hexdigest(),
        }
    )
    _replace(folder / fresh.file, contents)
    _replace(folder / f"{stem}.md", card(fresh).encode())
    for name in (stem, manifest.name):
        _replace(folder / f"{name}.json", manifest_text(fresh).encode())
    return fresh


def roll_back(name: str, folder: Path | None = None, to: int | None = None) -> Manifest:
    """Take an earlier version into use again, after checking its weights; none is deleted.

    Args:
        to: its version; None means the one before that in use.

    Returns:
        The manifest that is in use now.

    Raises:
        ModelNotFound: there is no such version.
        ModelCorrupted: its weights are not those that were published.
    """
    place = weights_folder(folder)
    now = open_manifest(name, place)
    kept = {each.version for each in _versions_of(name, place)} - {now.version}
    earlier = max((version for version in kept if version < now.version), default=None)
    wanted = earlier if to is None else to
    if wanted not in kept:
        there = ", ".join(f"v{version}" for version in sorted(kept)) or "none"
        asked = "earlier version" if to is None else f"version {to}"
        raise ModelNotFound(
            f"{place} holds no {asked} of {name} beside v{now.version} in use",
            hint=f"kept there: {there}; see facings models list",
        )
    manifest, _ = open_model(f"{name}-{wanted}", folder=place)
    _replace(place / f"{name}-{now.version}.json", manifest_text(now).encode())
    _replace(place / f"{name}.json", manifest_text(manifest).encode())
    return manifest


def find_version(name: str, version: int, sha256: str, folder: Path) -> str | None:
    """Find the very weights of a version in a folder; what to open there, or None.

    Raises:
        ModelCorrupted: a manifest of that folder is damaged.
    """
    for file in sorted(folder.glob(f"{name}*.json")):
        manifest = open_manifest(file.stem, folder)
        if (manifest.name, manifest.version, manifest.sha256) == (name, version, sha256):
            return file.stem
    return None


def keep_version(manifest: Manifest, source: Path, folder: Path) -> None:
    """Copy one version's weights and manifest into a folder that publishes nothing.

    Args:
        source: folder of its weights.
        folder: made where it is missing; versions of the same number lie there side by side.

    Raises:
        StorageFull: there is no room.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{manifest.name}-{manifest.version}-{manifest.sha256[:8]}"
    _replace(folder / f"{stem}.onnx", (source / manifest.file).read_bytes())
    kept = manifest.model_copy(update={"file": f"{stem}.onnx"})
    _replace(folder / f"{stem}.json", manifest_text(kept).encode())


def _versions_of(name: str, folder: Path) -> list[Manifest]:
    every = (each.manifest for each in published_models(folder))
    return [manifest for manifest in every if manifest.name == name]


def _replace(file: Path, contents: bytes) -> None:
    """Write a file so that even a power cut leaves the old one or the new one."""
    if file.is_file() and file.read_bytes() == contents:
        return
    with storage_full_as_error(file):
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        fresh = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(contents)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.chmod(0o644)
            fresh.replace(file)
        finally:
            fresh.unlink(missing_ok=True)
        _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder last; a system that cannot (Windows) does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
