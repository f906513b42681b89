"""Every error Facings raises on purpose.

    FacingsError
    ├── PictureError          the picture, video or folder cannot be read
    ├── ModelError            a model cannot be used
    │   ├── ModelNotFound     no manifest or no weights of that name
    │   └── ModelCorrupted    the weights are not those the manifest names
    ├── IndexUnusable         the vector index cannot answer
    │   ├── IndexMissing      nothing has been built yet
    │   ├── IndexMismatch     the index holds vectors of another embedder
    │   └── IndexTooSmall     it holds too little for what was asked
    ├── CatalogueError        product records are wrong
    │   ├── DatabaseUnusable  the records database does not answer
    │   ├── InvalidGtin       not a GTIN, or its check digit is wrong
    │   └── ImportRejected    an import file as a whole cannot be used
    ├── AnnotationError       an evaluation's truth file cannot be used
    ├── RequestRefused        the service does not do what was asked; also what its client raises
    └── StorageFull           the disk is full; nothing was left half-written

A message says what was wrong and what was given; `hint` says what to do.
"Nothing recognised" is a value, never an exception.
"""

from __future__ import annotations


class FacingsError(Exception):
    """Something was asked that Facings cannot do; the message is fit for a person."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class PictureError(FacingsError):
    """The picture, video or folder cannot be read."""


class ModelError(FacingsError):
    """A model cannot be used."""


class ModelNotFound(ModelError):
    """No manifest or no weights file of that name."""


class ModelCorrupted(ModelError):
    """The weights file is not the one its manifest names."""


class IndexUnusable(FacingsError):
    """The vector index cannot answer."""


class IndexMissing(IndexUnusable):
    """Nothing has been built yet."""


class IndexMismatch(IndexUnusable):
    """The index holds vectors of another embedder."""


class IndexTooSmall(IndexUnusable):
    """The index holds too little for what was asked."""


class CatalogueError(FacingsError):
    """Product records are wrong."""


class DatabaseUnusable(CatalogueError):
    """The records database does not answer, or what was named is none."""


class InvalidGtin(CatalogueError):
    """Not a GTIN, or its check digit is wrong."""


class ImportRejected(CatalogueError):
    """An import file as a whole cannot be used; nothing of it was kept."""


class AnnotationError(FacingsError):
    """An evaluation's truth file cannot be used."""


class RequestRefused(FacingsError):
    """The service does not do what was asked.

    Raised by the service itself, and by its client where the service answered so.
    """

    def __init__(self, status: int, kind: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        """HTTP status: 401, 403, 404, 409, 413, 429, 503..."""
        self.kind = kind
        """One of the problems in docs/reference/http-api.md, such as `not-found`."""


class StorageFull(FacingsError):
    """The disk is full; nothing was left half-written."""
