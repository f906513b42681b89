"""Running the service in this process."""

from __future__ import annotations

import signal

import uvicorn
from fastapi import FastAPI

from facings.server.connection import PatientProtocol
from facings.server.logs import LOGGING
from facings.server.settings import ServerSettings


def run_server(app: FastAPI, server: ServerSettings, host: str, port: int) -> bool:
    """Answer until SIGTERM or SIGINT; what is under way is finished first.

    Returns:
        Whether it had started at all: the log says why it had not.
    """
    PatientProtocol.head_timeout_s = server.head_timeout_s
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PatientProtocol,
        ws="none",
        log_config=LOGGING,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=server.shutdown_timeout_s,
    )
    signal.signal(signal.SIGTERM, _be_content)
    running = uvicorn.Server(config)
    running.run()
    return running.started


def _be_content(_signal: int, _frame: object) -> None:
    """Take the signal that uvicorn raises once more when it has stopped: all went well."""
