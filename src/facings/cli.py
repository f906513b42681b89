"""The command line: it translates words into calls and results into text, and decides nothing.

Data goes to stdout, everything else to stderr. Commands import what they need when they
run, so that `facings --version` answers at once.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from facings import terminal
from facings.cli_annotate import annotate_app
from facings.cli_batch import batch_app
from facings.cli_catalogue import catalogue_app, show_product
from facings.cli_collect import collect_app
from facings.cli_dataset import dataset_app
from facings.cli_feedback import feedback_app
from facings.cli_index import index_app
from facings.cli_models import models_app
from facings.cli_options import Json, Options, print_values
from facings.cli_serve import keys_app, pack, serve

if TYPE_CHECKING:
    from facings.overlay_files import OverlayFiles
    from facings.reading import Reading

app = typer.Typer(
    name="facings",
    help="Find every product on a picture of a shelf and say which one it is.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
eval_app = typer.Typer(help="Measure the models on pictures with a known truth.")
app.add_typer(eval_app, name="eval", no_args_is_help=True)
app.add_typer(catalogue_app, name="catalogue", no_args_is_help=True)
app.add_typer(dataset_app, name="dataset", no_args_is_help=True)
app.add_typer(index_app, name="index", no_args_is_help=True)
app.add_typer(models_app, name="models", no_args_is_help=True)
app.add_typer(annotate_app, name="annotate", no_args_is_help=True)
app.add_typer(batch_app, name="batch", no_args_is_help=True)
app.add_typer(collect_app, name="collect", no_args_is_help=True)
app.add_typer(feedback_app, name="feedback", no_args_is_help=True)
app.command("product")(show_product)
app.add_typer(keys_app, name="keys", no_args_is_help=True)
app.command()(serve)
app.command()(pack)

Inputs = Annotated[
    list[Path], typer.Argument(metavar="IMAGE|DIR|VIDEO", help="Pictures, folders, videos.")
]
EveryMs = Annotated[
    int, typer.Option(min=1, metavar="N", help="Of a video, look at a frame every N ms.")
]


def main(arguments: list[str] | None = None) -> int:
    """Run a command line; return its exit code, having said on stderr what went wrong."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(arguments, prog_name="facings", standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 (the last one: nobody else would explain it)
        return terminal.explain(error)
    except SystemExit as left:  # the reader of a pipe has gone
        return left.code if isinstance(left.code, int) else terminal.SOME_FAILED
    if code == terminal.INTERRUPTED:
        terminal.say("interrupted")
    return code if isinstance(code, int) else 0


def _print_version(asked: bool) -> None:
    if asked:
        from facings import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _global_options(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(envvar="FACINGS_HOME", metavar="DIR", help="Folder of catalogue and index."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print it.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    context.obj = Options(home, quiet)


@app.command()
def scan(
    context: typer.Context,
    inputs: Inputs,
    as_json: Json = False,
    overlay: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Draw results: a file for one picture, else a folder."),
    ] = None,
    every_ms: EveryMs = 1000,
    retailer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only products that NAME sells.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(metavar="CC", help="Only products sold in CC, such as SE.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only products of this category.")
    ] = None,
    active: Annotated[
        bool, typer.Option("--active", help="Only products that are still sold.")
    ] = False,
    read: Annotated[
        bool, typer.Option(help="Read the print on facings that are ambiguous otherwise: slow.")
    ] = True,
) -> None:
    """Say what stands on the shelf: every facing, its product and its price."""
    from facings.follow import scan_frames
    from facings.recognizer import Recognizer
    from facings.report import scan_table
    from facings.scope import Scope

    options: Options = context.obj
    scope = Scope(retailer, country, category, active or None)
    reading = _reading(inputs, every_ms=0)  # a video's frames in between tell the camera's way
    files = _overlay_files(overlay, reading) if overlay else None
    opened = Recognizer.open(options.home, reads_print=read)
    with opened as recognizer, options.progress("scanning") as progress:
        if recognizer.index.advice:
            terminal.say(f"note: {recognizer.index.advice}")
        for scanned in scan_frames(recognizer, reading.frames(progress), scope, every_ms):
            if files:
                files.write(scanned)
            if as_json:
                typer.echo(scanned.to_json())
            else:
                terminal.print_rich(scan_table(scanned))
    terminal.finish(reading.failed, reading.frames_read)


@app.command()
def detect(
    context: typer.Context, inputs: Inputs, as_json: Json = False, every_ms: EveryMs = 1000
) -> None:
    """Find the facings, without saying which product each one is."""
    from facings.detect import Detector
    from facings.report import detection_dict

    reading = _reading(inputs, every_ms)
    detector = Detector.load()
    with context.obj.progress("detecting") as progress:
        for frame in reading.frames(progress):
            start = time.perf_counter()
            found = detector.detect(frame)
            latency_ms = 1000 * (time.perf_counter() - start)
            if as_json:
                terminal.print_json(detection_dict(frame, found, latency_ms))
            else:
                typer.echo(f"{frame.name}: {len(found)} facings ({latency_ms:.0f} ms)")
    terminal.finish(reading.failed, reading.frames_read)


@app.command()
def embed(
    context: typer.Context,
    inputs: Inputs,
    out: Annotated[Path, typer.Option(metavar="FILE.npz", help="Where the vectors go.")],
    every_ms: EveryMs = 1000,
) -> None:
    """Turn pictures of single products into unit vectors: arrays `names` and `vectors`."""
    import numpy as np

    from facings.embed import Embedder
    from facings.output import replaced_file
    from facings.rectify import trim_packshot
    from facings.types import Crops

    if out.suffix != ".npz":
        raise typer.BadParameter(f"{out} must end in .npz", param_hint="--out")
    reading = _reading(inputs, every_ms)
    embedder = Embedder.load()
    names: list[str] = []
    rows = [embedder.embed(Crops(())).vectors]
    with context.obj.progress("embedding") as progress:
        for frame in reading.frames(progress):
            names.append(frame.name)
            rows.append(embedder.embed(Crops((trim_packshot(frame.image),))).vectors)
    if names:
        with replaced_file(out) as fresh:
            np.savez(fresh, names=np.array(names), vectors=np.concatenate(rows))
    terminal.finish(reading.failed, reading.frames_read)


@eval_app.command("detection")
def eval_detection(
    context: typer.Context,
    images: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the pictures.")],
    annotations: Annotated[Path, typer.Option(metavar="COCO.json", help="Their boxes.")],
    failures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Draw what went wrong, as sheets to look at."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Score the detector: COCO average precision, and F1 at its operating threshold."""
    from facings.detect import Detector
    from facings.evaluate.detection import report_on, run_detector
    from facings.evaluate.truth import read_truths

    truths = read_truths(annotations, images)
    with context.obj.progress("detecting") as progress:
        run = run_detector(Detector.load(), truths, progress)
    if failures:
        from facings.evaluate.failure_sheets import write_failure_sheets

        sheets = write_failure_sheets(run, failures)
        counts = ", ".join(
            f"{kind.replace('-', ' ')} {total}" for kind, total in sheets.totals.items()
        )
        terminal.say(f"note: {counts}: {len(sheets.files)} sheets in {failures}")
    print_values(report_on(run).to_dict(), as_json)


@eval_app.command("retrieval")
def eval_retrieval(
    context: typer.Context,
    gallery: Annotated[Path, typer.Option(metavar="G.csv", help="Columns file, product_id.")],
    queries: Annotated[Path, typer.Option(metavar="Q.csv", help="Columns file, product_id.")],
    crop: Annotated[
        Literal["none", "detect"],
        typer.Option(help="Whole queries, or of several looks at their main product the best."),
    ] = "detect",
    read: Annotated[
        bool, typer.Option(help="Read the print of what stays ambiguous, as a scan does.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Score single products: how often the right one is among the nearest 1, 5 and 10."""
    from facings import main_product
    from facings.detect import Detector
    from facings.embed import Embedder
    from facings.evaluate import retrieval
    from facings.evidence.words import open_reader

    known = retrieval.read_labelled_pictures(gallery)
    asked = retrieval.read_labelled_pictures(queries)
    looks = main_product.MainProductCrop(Detector.load()).looks if crop == "detect" else None
    with context.obj.progress("embedding") as progress:
        report = retrieval.evaluate_retrieval(
            known, asked, Embedder.load(), looks, open_reader() if read else None, progress
        )
    if report.absent:
        terminal.say(
            f"note: {report.absent} queries show products that are not in the gallery: misses"
        )
    print_values(report.to_dict(), as_json)


@eval_app.command("barcodes")
def eval_barcodes(
    context: typer.Context,
    truth: Annotated[Path, typer.Option(metavar="T.csv", help="Columns file, symbology, digits.")],
    as_json: Json = False,
) -> None:
    """Score the reading of barcodes, beside the decoder's defaults on the same pictures."""
    from facings.evaluate.barcodes import evaluate_barcodes, read_truth
    from facings.evidence.words import open_reader

    asked = read_truth(truth)
    with context.obj.progress("reading") as progress:
        report = evaluate_barcodes(asked, open_reader(), progress)
    print_values(report.to_dict(), as_json)


def _reading(inputs: list[Path], every_ms: int) -> Reading:
    """List the inputs, and leave at once where there is nothing to read."""
    from facings.reading import Reading

    reading = Reading(inputs, every_ms, terminal.say_error)
    if reading.is_empty:
        terminal.finish(reading.failed, succeeded=0)
    return reading


def _overlay_files(out: Path, reading: Reading) -> OverlayFiles:
    from facings.overlay_files import OverlayFiles

    try:
        return OverlayFiles(out, one_picture=reading.is_one_picture)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--overlay") from error
