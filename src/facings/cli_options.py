"""What the commands share: where things are, and how values are printed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facings import terminal

if TYPE_CHECKING:
    from facings.catalogue.records import Records
    from facings.embed import Embedder
    from facings.retrieve.index import IndexPlace
    from facings.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@dataclass(frozen=True, slots=True)
class Options:
    """What was said before the command."""

    home: Path | None
    quiet: bool

    def settings(self) -> Settings:
        """Where the catalogue and the index are."""
        from facings.settings import Settings

        return Settings() if self.home is None else Settings(home=self.home)

    def records(self) -> Records:
        """Open the product records."""
        from facings.catalogue.records import Records

        return Records.open(self.settings().resolved_database_url)

    def index_place(self) -> IndexPlace:
        """Where the vector index is: a folder of the home, or a cluster."""
        from facings.retrieve.place import index_place

        settings = self.settings()
        return index_place(
            settings.index_folder,
            settings.index_url,
            settings.index_api_key,
            settings.index_name,
        )

    def embedder(self) -> Embedder:
        """Load the embedder of the index; the published one where there is no index."""
        from facings.catalogue.gallery import embedder_of

        return embedder_of(self.index_place(), self.settings().weights_folder)

    def progress(self, label: str) -> AbstractContextManager[Callable[[int, int], None]]:
        """Show on stderr how far the work is."""
        return terminal.progress_bar(label, quiet=self.quiet)


def print_values(values: dict[str, object], as_json: bool) -> None:
    """Print names and values as a table for a person, or as JSON."""
    from facings.report import value_table

    if as_json:
        terminal.print_json(values)
    else:
        terminal.print_rich(value_table(values))
