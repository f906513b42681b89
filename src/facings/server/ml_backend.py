"""The ML backend that Label Studio talks to, on this machine's own address: no keys.

Routes as Label Studio 1.x calls them (label_studio/ml/api_connector.py).
"""

from __future__ import annotations

import threading
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from facings.collect.ml_backend import Backend


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore")
    tasks: list[dict[str, Any]] = []


def create_ml_backend(backend: Backend) -> FastAPI:
    """Make the application."""
    app = FastAPI(title="Facings for Label Studio", docs_url=None, redoc_url=None)
    one_at_a_time = threading.Lock()

    @app.get("/")
    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "UP", "model_class": backend.model}

    @app.post("/setup")
    def setup() -> dict[str, str]:
        return {"model_version": backend.model}

    @app.post("/validate")
    def validate() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/versions")
    @app.post("/versions")
    def versions() -> dict[str, list[str]]:
        return {"versions": [backend.model]}

    @app.post("/predict")
    def predict(asked: _Asked) -> dict[str, Any]:
        with one_at_a_time:
            return backend.predict(asked.tasks)

    @app.post("/train", status_code=201)
    @app.post("/webhook", status_code=201)
    def train() -> dict[str, str]:
        """Nothing is learned without a person: see `facings annotate pull`."""
        return {"status": "not trained here"}

    @app.post("/delete")
    def delete() -> dict[str, str]:
        """Nothing is kept of a project."""
        return {}

    @app.get("/is_training")
    def is_training() -> dict[str, bool]:
        return {"is_training": False}

    return app
