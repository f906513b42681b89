"""What FastAPI and uvicorn take when nothing is done: they read the frame and give it back."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

app = FastAPI()


@app.post("/echo")
async def echo(frame: dict[str, Any]) -> dict[str, Any]:
    """Give back what came."""
    return frame
