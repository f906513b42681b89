"""The pictures a command was given, read one after another; a bad one stops none of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from facings.capture import Input, expand_inputs, read_picture, read_video
from facings.errors import PictureError
from facings.types import Frame


class Reading:
    """Goes once through pictures, folders and videos, and keeps what could not be read."""

    def __init__(
        self, paths: Sequence[Path], every_ms: int, say_error: Callable[[PictureError], None]
    ) -> None:
        """List the files.

        Args:
            paths: pictures, videos, and folders of them.
            every_ms: time between two frames of a video.
            say_error: told of each failure as it happens.
        """
        self.failed: list[PictureError] = []
        """What could not be read, so far."""
        self.frames_read = 0
        self._every_ms = every_ms
        self._say_error = say_error
        self._inputs: list[Input] = []
        for path in paths:
            try:
                self._inputs += expand_inputs([path])
            except PictureError as error:
                self._fail(error)
        self.is_one_picture = (
            len(paths) == 1
            and not paths[0].is_dir()
            and all(each.kind == "picture" for each in self._inputs)
        )
        """One picture was given by its own name, so there will be at most one result."""

    @property
    def is_empty(self) -> bool:
        """Nothing is left to read: every path was wrong."""
        return not self._inputs

    def frames(self, progress: Callable[[int, int], None]) -> Iterator[Frame]:
        """Read everything that can be read.

        Args:
            progress: told how many files of how many are done.
        """
        for done, each in enumerate(self._inputs):
            progress(done, len(self._inputs))
            try:
                for frame in self._frames_of(each):
                    self.frames_read += 1
                    yield frame
            except PictureError as error:
                self._fail(error)

    def _frames_of(self, each: Input) -> Iterable[Frame]:
        if each.kind == "video":
            return read_video(each.path, every_ms=self._every_ms)
        return (read_picture(each.path),)

    def _fail(self, error: PictureError) -> None:
        self.failed.append(error)
        self._say_error(error)
