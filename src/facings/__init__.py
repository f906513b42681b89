"""Facings: every product on the shelf found, named by its GTIN, and explained.

Names are loaded when first asked for, so `import facings` stays instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facings.errors import FacingsError
    from facings.product import Product
    from facings.recognizer import Recognizer
    from facings.scan import Scan
    from facings.types import Facing, Frame, Match

    __version__: str

__all__ = [
    "Facing",
    "FacingsError",
    "Frame",
    "Match",
    "Product",
    "Recognizer",
    "Scan",
    "__version__",
]

_MODULE_OF = {
    "Facing": "facings.types",
    "FacingsError": "facings.errors",
    "Frame": "facings.types",
    "Match": "facings.types",
    "Product": "facings.types",
    "Recognizer": "facings.recognizer",
    "Scan": "facings.scan",
}


def __getattr__(name: str) -> object:
    """Load a public name the first time it is used (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("facings")
        except PackageNotFoundError:  # run from the source tree without being installed
            return "0+source"
    if name in _MODULE_OF:
        from importlib import import_module

        return getattr(import_module(_MODULE_OF[name]), name)
    raise AttributeError(f"module 'facings' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Public names only."""
    return __all__
