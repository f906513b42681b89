"""What every command does alike: print, show progress, explain an error, choose an exit code."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from errno import ENOSPC, EPIPE
from typing import TYPE_CHECKING

import typer

from facings import errors
from facings.errors import FacingsError, StorageFull

if TYPE_CHECKING:
    from rich.console import RenderableType

SOME_FAILED = 1
USAGE = 2
WORSE = 9
NOT_TOLD_APART = 10
UNEXPECTED = 70
INTERRUPTED = 130
_EXIT_CODES: tuple[tuple[type[FacingsError], int], ...] = (
    (errors.PictureError, 3),
    (errors.ModelError, 4),
    (errors.IndexUnusable, 5),
    (errors.CatalogueError, 6),
    (errors.AnnotationError, 6),
    (errors.StorageFull, 7),
    (errors.RequestRefused, 8),
)
_PIPED_WIDTH = 160
_USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]  # Typer exports only its child


def exit_code(error: FacingsError) -> int:
    """Give the documented exit code of an error."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), UNEXPECTED)


def print_json(document: object) -> None:
    """Print one line of JSON to stdout."""
    typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))


def print_rich(shown: RenderableType) -> None:
    """Print a table to stdout: coloured in a terminal, plain and wide in a file or pipe."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    Console(width=width, highlight=False, soft_wrap=False).print(shown)


def say(message: str) -> None:
    """Tell the person something on stderr, on one line."""
    typer.echo(" ".join(message.split()), err=True)


def say_error(error: FacingsError) -> None:
    """Tell on stderr what was wrong and what to do."""
    say(f"error: {error.message}")
    if error.hint:
        say(f"hint: {error.hint}")


def finish(failed: Sequence[FacingsError], succeeded: int) -> None:
    """Leave with the exit code of a command some of whose inputs failed.

    Raises:
        typer.Exit: 1 where others went well, else the code of the first error.
    """
    if failed:
        raise typer.Exit(SOME_FAILED if succeeded else exit_code(failed[0]))


@contextmanager
def progress_bar(label: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr while work goes on; none where nobody watches.

    Yields:
        To be called with how much is done and how much there is.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # data in a file or pipe stays there
    ) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def explain(error: Exception) -> int:
    """Say on stderr what went wrong; return the exit code."""
    if os.environ.get("FACINGS_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, FacingsError):
        say_error(error)
        return exit_code(error)
    if isinstance(error, _USAGE_ERROR):
        return _explain_usage(error)
    if isinstance(error, OSError):
        return _explain_system(error)
    say(f"error: unexpected {type(error).__name__}: {error}")
    say("hint: this is a bug: run it again with FACINGS_DEBUG=1 and report what it prints")
    return UNEXPECTED


def _explain_usage(error: Exception) -> int:
    """Say which word was wrong, and where help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "facings"
    if type(error).__name__ == "NoArgsIsHelpError":  # the help is on the screen already
        return USAGE
    say(f"error: {getattr(error, 'format_message', lambda: str(error))()}")
    known = {each.name for each in context.find_root().command.params} if context else {"home"}
    advice = "; --home and --quiet go before the command" if "home" in known else ""
    say(f"hint: {command} --help{advice}")
    return USAGE


def _explain_system(error: OSError) -> int:
    """Say what the operating system refused: most often a file that may not be written."""
    if error.errno == EPIPE:
        _stop_writing()
        return SOME_FAILED
    if error.errno == ENOSPC:
        _stop_writing()
        return explain(StorageFull("the disk is full", hint="free some space and run it again"))
    file = f": {error.filename}" if error.filename else ""
    say(f"error: {error.strerror or error}{file}")
    return USAGE


def _stop_writing() -> None:
    """Keep Python from complaining when it flushes what nobody can take on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
