"""The commands of pre-annotation: `facings annotate ...`."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facings import terminal
from facings.cli_options import Json, Options, print_values
from facings.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facings.collect.propose import ByDetector, FromBatch, Propose, Proposed
    from facings.errors import PictureError
    from facings.types import Frame

annotate_app = typer.Typer(help="Boxes proposed by our models and corrected in Label Studio.")

Url = Annotated[str, typer.Option(envvar="FACINGS_STUDIO_URL", help="Where Label Studio is.")]
Token = Annotated[str, typer.Option(envvar="FACINGS_STUDIO_TOKEN", help="Of a user of it.")]
Name = Annotated[str, typer.Option(metavar="NAME", help="Of this batch of pictures.")]
_OFFLINE = {
    "LATEST_VERSION_CHECK": "False",  # without these two it waits for hosts that are not there
    "COLLECT_ANALYTICS": "False",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    "ML_BLOCK_LOCAL_IP": "false",  # else it refuses a backend on its own machine,
    "USE_DEFAULT_BANNED_SUBNETS": "false",  # and the webhook that it makes for it
}


@annotate_app.command("up")
def annotate_up(
    context: typer.Context,
    email: Annotated[str, typer.Option(help="Of its first user.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, help="Of that user.")],
    token: Token,
    environment: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Environment of its own; made if missing.")
    ] = None,
    port: Annotated[int, typer.Option(help="On this machine alone.")] = 8081,
) -> None:
    """Start Label Studio, installed first (about 1 GB) where it is not; stops with Ctrl-C."""
    options: Options = context.obj
    home = options.settings().home.resolve()
    place = environment or home / "label-studio" / "venv"
    binaries = place / ("Scripts" if sys.platform == "win32" else "bin")
    if not (binaries / "label-studio").exists():
        terminal.say(f"note: installing Label Studio in {place}: about 1 GB")
        venv.create(place, with_pip=True)
        subprocess.run([binaries / "pip", "install", "--quiet", "label-studio"], check=True)  # noqa: S603
    said = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(home / "label-studio"),
        "LABEL_STUDIO_USERNAME": email,
        "LABEL_STUDIO_PASSWORD": password,
        "LABEL_STUDIO_USER_TOKEN": token,
    }
    words = ["start", "--no-browser", "--port", str(port), "--internal-host", "127.0.0.1"]
    done = subprocess.run(  # noqa: S603
        [binaries / "label-studio", *words], env={**os.environ, **_OFFLINE, **said}, check=False
    )
    raise typer.Exit(done.returncode)


@annotate_app.command("push")
def annotate_push(
    context: typer.Context,
    inputs: Annotated[list[Path], typer.Argument(metavar="IMAGE|DIR|VIDEO")],
    name: Name,
    token: Token,
    url: Url = "http://127.0.0.1:8081",
    every_ms: Annotated[int, typer.Option(min=1, metavar="N", help="Of a video.")] = 1000,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Say beside each box which products it may be.")
    ] = False,
    proposals: Annotated[
        Path | None,
        typer.Option(metavar="RESULTS", help="Of `facings batch propose`: boxes that are there."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Send pictures with proposed boxes, the least sure first."""
    from facings.collect.annotate import push
    from facings.collect.label_studio import LabelStudio
    from facings.reading import Reading

    options: Options = context.obj
    reading = Reading(inputs, every_ms, terminal.say_error)
    studio, kept = LabelStudio(url, token), _kept(context, name)
    with ExitStack() as stack:
        proposing: ByDetector | FromBatch
        if proposals is None:
            proposing = _by_detector(options, stack, suggest=suggest)
        else:
            proposing = _from_batch(options, stack, proposals, inputs, suggest=suggest)
        frames = reading.frames(stack.enter_context(options.progress("proposing")))
        proposed = _proposed(frames, proposing.propose, reading.failed)
        project, pushed = push(proposed, proposing.model, studio, name, kept)
    print_values({"project": project, "pictures": pushed, "model": proposing.model}, as_json)
    terminal.finish(reading.failed, pushed)


@annotate_app.command("backend")
def annotate_backend(
    context: typer.Context,
    token: Token,
    url: Url = "http://127.0.0.1:8081",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N")] = 9090,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Say beside each box which products it may be.")
    ] = False,
) -> None:
    """Propose boxes while people annotate: Label Studio's ML backend, on this machine alone."""
    try:
        from facings.server.ml_backend import create_ml_backend
        from facings.server.run import run_server
        from facings.server.settings import ServerSettings
    except ModuleNotFoundError as error:
        raise RequestRefused(
            503,
            "not-installed",
            f"the backend needs {error.name}, which is not installed",
            hint="pip install 'facings[server]'",
        ) from None
    from facings.collect.ml_backend import Backend

    with ExitStack() as stack:
        proposing = _by_detector(context.obj, stack, suggest=suggest)
        backend = Backend(proposing.propose, proposing.model, url.rstrip("/"), token)
        app = create_ml_backend(backend)
        terminal.say(f"note: add http://127.0.0.1:{port} under Settings, Model, of the project")
        if not run_server(app, ServerSettings(), "127.0.0.1", port):
            raise typer.Exit(terminal.SOME_FAILED)


@annotate_app.command("pull")
def annotate_pull(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT.json", help="COCO file to write.")],
    name: Name,
    token: Token,
    url: Url = "http://127.0.0.1:8081",
    as_json: Json = False,
) -> None:
    """Fetch what people made of the proposals: every box with where it comes from."""
    import json

    from facings.collect.annotate import agreements, coco_with_provenance, read_pushed, times
    from facings.collect.label_studio import LabelStudio
    from facings.output import replaced_file

    project, proposals = read_pushed(_kept(context, name))
    pulled = LabelStudio(url, token).annotations(project)
    coco, counts = coco_with_provenance(pulled, proposals)
    with replaced_file(out) as fresh:
        fresh.write_text(json.dumps(coco) + "\n", "utf-8")
    done = len({each.key for each in pulled})
    told: dict[str, object] = {"pictures": done, "waiting": len(proposals) - done, **counts}
    told |= {"seconds": times(pulled, proposals), "double": agreements(pulled)}
    print_values(told, as_json)


@annotate_app.command("replay")
def annotate_replay(
    context: typer.Context,
    images: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the pictures.")],
    annotations: Annotated[Path, typer.Option(metavar="COCO.json", help="Their final boxes.")],
    as_json: Json = False,
) -> None:
    """Say what proposals would have saved on pictures whose boxes are known."""
    from facings.collect.replay import replay
    from facings.detect import Detector
    from facings.evaluate.truth import read_truths

    truths = read_truths(annotations, images)
    with context.obj.progress("proposing") as progress:
        print_values(replay(Detector.load(), truths, progress), as_json)


def _by_detector(options: Options, stack: ExitStack, *, suggest: bool) -> ByDetector:
    """What proposes boxes now, with products from the index where wanted."""
    from facings.collect.propose import ByDetector, suggest_by
    from facings.detect import Detector
    from facings.recognizer import Recognizer

    if not suggest:
        return ByDetector(Detector.load())
    recognizer = stack.enter_context(Recognizer.open(options.home, reads_print=False))
    return ByDetector(recognizer.detector, suggest_by(recognizer))


def _from_batch(
    options: Options, stack: ExitStack, folder: Path, inputs: list[Path], *, suggest: bool
) -> FromBatch:
    """What takes boxes that a batch found, with products from the index where wanted."""
    from facings.capture import expand_inputs
    from facings.collect.propose import FromBatch, suggest_by
    from facings.recognizer import Recognizer

    there = expand_inputs(path for path in inputs if path.exists())
    files = {each.path.name: each.path for each in there if each.kind == "picture"}
    if not suggest:
        return FromBatch(folder, files)
    recognizer = stack.enter_context(Recognizer.open(options.home, reads_print=False))
    return FromBatch(folder, files, suggest_by(recognizer))


def _proposed(
    frames: Iterable[Frame], propose: Propose, failed: list[PictureError]
) -> Iterator[tuple[Frame, Proposed]]:
    """Propose for what can be proposed for; the rest is said, and stops none of it."""
    from facings.errors import PictureError

    for frame in frames:
        try:
            proposed = propose(frame)
        except PictureError as error:
            failed.append(error)
            terminal.say_error(error)
        else:
            yield frame, proposed


def _kept(context: typer.Context, name: str) -> Path:
    options: Options = context.obj
    if not name or Path(name).name != name:
        raise typer.BadParameter(f"{name!r} is no name of a file", param_hint="--name")
    return options.settings().home / "annotate" / f"{name}.json"
