"""What one running service holds: opened once when it starts, closed when it stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial
from pathlib import Path

from facings.catalogue.enrol import enrol_into
from facings.collect.eyes import open_eyes
from facings.collect.field import FieldFolder
from facings.collect.pictures import Eyes
from facings.recognizer import Recognizer
from facings.retrieve.index import IndexStats
from facings.server.keys import ApiKeys
from facings.server.limits import Rate, Turnstile
from facings.server.metrics import Metrics
from facings.server.recognising import scan_for_run
from facings.server.runs import Runs
from facings.server.settings import ServerSettings
from facings.server.traces import Traces


@dataclass(slots=True)
class Service:
    """Everything that routes need. Threads share it."""

    recognizer: Recognizer
    home: Path
    """Folder under which enrolled pictures are kept, and pictures of runs wait."""
    settings: ServerSettings
    metrics: Metrics
    traces: Traces | None = None
    """None where nobody asked for them."""
    eyes: Eyes = dataclass_field(init=False)
    """What looks at pictures that people send to be kept."""
    field: FieldFolder = dataclass_field(init=False)
    """What comes home from shops."""
    runs: Runs = dataclass_field(init=False)
    keys: ApiKeys = dataclass_field(init=False)
    rate: Rate = dataclass_field(init=False)
    scans: Turnstile = dataclass_field(init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        database = self.recognizer.records.database
        recognizer = self.recognizer
        self.eyes = open_eyes(recognizer.detector, recognizer.reader, settings.max_pixels)
        self.field = FieldFolder(self.home / "collect", self.eyes)
        self.runs = Runs(database, self.home / "runs", partial(scan_for_run, self))
        self.keys = ApiKeys(database)
        self.rate = Rate(settings.rate_per_minute, settings.rate_storage)
        self.scans = Turnstile(settings.busy_scans, settings.waiting_scans)
        self.metrics.gauge(
            "facings_scans_inside", "Pictures being scanned or waiting.", lambda: self.scans.inside
        )
        self.metrics.gauge(
            "facings_index_pictures",
            "Pictures in the index.",
            lambda: self.recognizer.index.stats().picture_count,
        )

    def enrol(self, gtin: str, files: Sequence[Path], name: str | None) -> IndexStats:
        """Make a product findable by pictures at once: see `facings.catalogue.enrol`."""
        recognizer = self.recognizer
        return enrol_into(
            recognizer.index,
            gtin,
            files,
            name=name,
            records=recognizer.records,
            embedder=recognizer.embedder,
        )
