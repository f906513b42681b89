"""The commands of the service: run it, and look after its keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facings import terminal
from facings.cli_options import Json, Options, print_values
from facings.errors import RequestRefused

if TYPE_CHECKING:
    from rich.console import RenderableType

    from facings.server.keys import ApiKey

keys_app = typer.Typer(help="API keys: who may call the service, and for what.")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}

KeyId = Annotated[str, typer.Argument(metavar="ID", help="As `facings keys list` shows it.")]


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen: 0.0.0.0 is everywhere.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N")] = 8000,
    open_to_all: Annotated[
        bool, typer.Option("--open", help="Ask for no key; on this machine's own address only.")
    ] = False,
    web: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Web client to serve at /; the package's own if it has one."
        ),
    ] = None,
) -> None:
    """Answer over HTTP: see docs/guides/run-the-service.md."""
    try:
        from facings.recognizer import Recognizer
        from facings.server.app import create_app
        from facings.server.run import run_server
        from facings.server.settings import ServerSettings
        from facings.server.traces import otlp_traces
        from facings.server.web import built_web
    except ModuleNotFoundError as error:
        raise RequestRefused(
            503,
            "not-installed",
            f"the service needs {error.name}, which is not installed",
            hint="pip install 'facings[server]'",
        ) from None

    server = ServerSettings()
    server = server.model_copy(
        update={
            "open_to_all": open_to_all or server.open_to_all,
            "web_folder": web or server.web_folder or built_web(),
        }
    )
    if server.open_to_all and host not in _LOOPBACK:
        raise typer.BadParameter(
            f"without keys the service listens on {', '.join(sorted(_LOOPBACK))} only",
            param_hint="--open",
        )
    home = context.obj.settings().home
    traces = otlp_traces() if server.traces == "otlp" else None
    with Recognizer.open(home) as recognizer:
        app = create_app(recognizer, home, server, traces)
        if not run_server(app, server, host, port):
            raise typer.Exit(terminal.SOME_FAILED)


def pack(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the store or region.")] = "store",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Else where the service offers it."),
    ] = None,
    retailer: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    country: Annotated[str | None, typer.Option(metavar="CC", help="Such as SE.")] = None,
    category: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    max_mb: Annotated[
        float, typer.Option("--max-mb", min=0.01, help="Of the file: fewer pictures go in.")
    ] = 15,
    as_json: Json = False,
) -> None:
    """Make a pack: vectors and records with which a phone recognises products without network."""
    from facings.scope import Scope
    from facings.server.packs import MIB, SUFFIX, make_pack, packs_folder

    options: Options = context.obj
    file = output or packs_folder(options.settings().home) / f"{name}{SUFFIX}"
    with options.records() as records, options.progress("packing") as progress:
        head = make_pack(
            records,
            options.index_place().stats(),
            file,
            Scope(retailer, country, category, active=True),
            name=name,
            artwork_shape=options.embedder().artwork_shape,
            max_bytes=int(max_mb * MIB),
            progress=progress,
        )
    values = {
        "file": str(file),
        "bytes": file.stat().st_size,
        "products": head.product_count,
        "pictures": head.picture_count,
        "artwork": bool(head.artwork_shape),
        "created_at": head.created_at,
    }
    print_values(values, as_json)


@keys_app.command("create")
def create_key(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(metavar="NAME", help="Whose it is.")],
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="SCOPE", help="recognise, read, contribute, enrol, moderate, metrics."
        ),
    ],
    expires_days: Annotated[
        int | None, typer.Option(min=1, max=3650, metavar="N", help="Valid for N days.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once."""
    from facings.server.keys import ApiKeys

    expires_at = datetime.now(UTC) + timedelta(days=expires_days) if expires_days else None
    with context.obj.records() as records:
        _tell_fresh(*ApiKeys(records.database).create(tenant, scope, expires_at), as_json)


@keys_app.command("list")
def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """List the keys, without their secrets."""
    from facings.server.keys import ApiKeys

    with context.obj.records() as records:
        keys = ApiKeys(records.database).all()
    if as_json:
        terminal.print_json([_plain(key) for key in keys])
    else:
        terminal.print_rich(_table(keys))


@keys_app.command("rotate")
def rotate_key(
    context: typer.Context,
    key_id: KeyId,
    overlap_hours: Annotated[
        float, typer.Option(min=0, metavar="N", help="How long the old one is still taken.")
    ] = 24.0,
    as_json: Json = False,
) -> None:
    """Make a key that opens the same, and let the old one end soon."""
    from facings.server.keys import ApiKeys

    with context.obj.records() as records:
        keys = ApiKeys(records.database)
        _tell_fresh(*keys.rotate(key_id, overlap=timedelta(hours=overlap_hours)), as_json)


@keys_app.command("revoke")
def revoke_key(context: typer.Context, key_id: KeyId) -> None:
    """Make a key useless; a running service takes it for five seconds more at most."""
    from facings.server.keys import ApiKeys

    with context.obj.records() as records:
        ApiKeys(records.database).revoke(key_id)
    terminal.say(f"key {key_id} is revoked")


def _tell_fresh(key: ApiKey, text: str, as_json: bool) -> None:
    if as_json:
        terminal.print_json(_plain(key) | {"key": text})
        return
    typer.echo(text)
    terminal.say(f"note: key {key.id} of {key.tenant}; it is not shown again")


def _table(keys: Sequence[ApiKey]) -> RenderableType:
    from rich.table import Table

    now = datetime.now(UTC)
    table = Table("ID", "Tenant", "Begins", "Opens", "State", "Last used", box=None)
    for key in keys:
        until = f"until {key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else "valid"
        state = until if key.is_valid(now) else "revoked" if key.revoked_at else "expired"
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        begins = f"fk_{key.prefix}"
        table.add_row(key.id, key.tenant, begins, " ".join(key.scopes), state, used)
    return table


def _plain(key: ApiKey) -> dict[str, object]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(key).items()
    }
