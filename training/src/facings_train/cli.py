"""The command line of the training package: it translates words into calls, and decides nothing.

Data goes to stdout, everything else to stderr. Commands import what they need when they run:
`convert` works without torch.
"""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from facings import terminal
from facings.settings import Settings
from facings_train.cli_publish import publish, runs
from facings_train.errors import TrainingRefused, require_one

app = typer.Typer(
    name="facings-train",
    help="Train the models of Facings on your own shelves.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


app.command()(publish)
app.command()(runs)


def main(arguments: list[str] | None = None) -> int:
    """Run a command line; return its exit code, having said on stderr what went wrong."""
    try:
        code = app(arguments, prog_name="facings-train", standalone_mode=False)
    except TrainingRefused as error:
        terminal.say_error(error)
        return terminal.USAGE
    except Exception as error:  # noqa: BLE001 (the last one: nobody else would explain it)
        return terminal.explain(error)
    return code if isinstance(code, int) else 0


@app.callback()
def _group() -> None:
    """Keep the commands' names on the command line."""


@app.command()
def detector(
    data: Annotated[
        Path | None, typer.Option(metavar="COCO.json", help="Boxes around your products.")
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(metavar="NAME|FOLDER", help="Data set of `facings dataset`, in its place."),
    ] = None,
    start: Annotated[
        str,
        typer.Option(
            "--from", metavar="MODEL", help="Detector to go on from: a name, or its manifest."
        ),
    ] = "facings-detector",
    pictures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where file names start from; default: by the boxes."),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Everything that is made goes here.")
    ] = Path("facings-detector-own"),
    steps: Annotated[int, typer.Option(min=1, metavar="N", help="Batches to train on.")] = 1000,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Windows in a batch.")] = 16,
    seed: Annotated[int, typer.Option(help="Chooses the held-back pictures, and more.")] = 1,
    reports: Annotated[
        int, typer.Option(min=1, metavar="N", help="Points on the curve, and checkpoints.")
    ] = 20,
    rendered: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|none",
            help="Rendered shelves, half of each batch, rendered first where they are missing.",
        ),
    ] = None,
) -> None:
    """Fine-tune the detector on your own boxes; run it again to go on after a break."""
    _require_torch()
    from facings_train.detector.fine_tune import FineTuning, fine_tune
    from facings_train.runs import recorded

    source = _source(data, dataset)
    shelves = Path(rendered) if rendered else out / "rendered"
    asked = FineTuning(
        data=source,
        pictures=pictures or source.parent,
        start=start,
        out=out,
        rendered=None if rendered == "none" else shelves,
        steps=steps,
        batch=batch,
        seed=seed,
        reports=reports,
    )
    words = {name: str(value) for name, value in asdict(asked).items()}
    with recorded(Settings().home, "detector", words, seed) as recording:
        comparison = fine_tune(asked, terminal.say, recording)
    typer.echo(f"{comparison.start.n_images} held-back pictures, start -> trained:")
    for name, before, after in comparison.rows():
        typer.echo(f"  {name:<15} {before:.3f} -> {after:.3f} ({after - before:+.3f})")
    typer.echo(f"use it:  FACINGS_WEIGHTS={out / 'weights'} facings scan ...")
    if not comparison.is_better:
        terminal.say("note: not better than the start on the held-back pictures: keep the start")


@app.command()
def embedder(
    dataset: Annotated[
        str, typer.Option(metavar="NAME|FOLDER", help="Data set whose boxes name products.")
    ],
    start: Annotated[
        str, typer.Option("--from", metavar="MODEL", help="Embedder to go on from.")
    ] = "facings-embedder",
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Everything that is made goes here.")
    ] = Path("facings-embedder-own"),
    steps: Annotated[int, typer.Option(min=1, metavar="N", help="Batches to train on.")] = 200,
    blend: Annotated[
        float, typer.Option(min=0, max=1, help="How far from the start to the trained weights.")
    ] = 0.5,
    rendered: Annotated[
        int, typer.Option(min=0, metavar="N", help="Rendered families beside your products.")
    ] = 100,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 1,
) -> None:
    """Fine-tune the embedder on your own products; run it again to go on after a break."""
    _require_torch()
    from facings_train.embedder.fine_tune import EmbedderTuning, fine_tune_embedder
    from facings_train.runs import recorded

    out.mkdir(parents=True, exist_ok=True)
    folder = _source(None, dataset)
    asked = EmbedderTuning(folder, start, out, steps, blend, rendered, seed)
    words = {name: str(value) for name, value in asdict(asked).items()}
    with recorded(Settings().home, "embedder", words, seed) as recording:
        comparison = fine_tune_embedder(asked, terminal.say, recording)
    typer.echo(f"use it:  FACINGS_WEIGHTS={out / 'weights'} facings index reembed")
    if comparison is None:
        terminal.say("note: no product is held back with two pictures, so nothing was compared")
        return
    before, after = comparison.start.hit[1], comparison.tuned.hit[1]
    typer.echo(f"{comparison.start.n} held-back pictures, right first: {before:.3f} -> {after:.3f}")
    if not comparison.is_better:
        terminal.say("note: not better than the start on held-back products: keep the start")


def _require_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise TrainingRefused(
            "training needs torch, which is not installed",
            hint='pip install "facings-train[torch]"',
        )


def _source(data: Path | None, dataset: str | None) -> Path:
    """What to train on: a COCO file, or the folder of a data set."""
    require_one("what to train on", data=data, dataset=dataset)
    if data is not None:
        return data
    if importlib.util.find_spec("pyarrow") is None:
        raise TrainingRefused("data sets need pyarrow", hint='pip install "facings[parquet]"')
    named = Path(str(dataset))
    folder = named if named.is_dir() else Settings().home / "datasets" / named
    if not (folder / "versions").is_dir():
        raise TrainingRefused(
            f"there is no data set {dataset}: {folder} has no versions",
            hint="facings dataset add makes one",
        )
    return folder


@app.command()
def convert(
    form: Annotated[
        Literal["coco", "sku110k", "supervisely", "voc", "yolo"],
        typer.Argument(metavar="FORMAT", help="coco, sku110k, supervisely, voc or yolo."),
    ],
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="COCO or CSV file; of the others the folder.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT.json", help="COCO file to write.")],
    product: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A class that is a product; may be repeated."),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Of coco, sku110k and voc: where the pictures are."),
    ] = None,
) -> None:
    """Bring annotations of another form into the COCO file that `detector` reads.

    Without --product a class named product is taken, or every class where there is none.
    SKU-110K may be used for research alone: convert it only if you have the right to use it.
    """
    from facings_train.convert.formats import read_format
    from facings_train.convert.write import write_coco

    sources = list(read_format(form, source, pictures))
    with terminal.progress_bar("converting", quiet=False) as progress:
        done = write_coco(sources, out, product or [], progress)
    classes = ", ".join(f"{name} {count}" for name, count in done.labels.most_common())
    typer.echo(f"came in: {done.pictures_in} pictures, {done.boxes_in} boxes ({classes or 'none'})")
    typer.echo(f"written: {done.pictures_out} pictures, {done.boxes_out} products to {out}")
    for reason, count in done.left_out.most_common():
        typer.echo(f"left out: {count} x {reason}, first {done.examples[reason]}")
