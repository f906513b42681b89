"""A phone that sends frame after frame without a pause; run by load_test.py."""

from __future__ import annotations

import os
import random
from pathlib import Path

from locust import FastHttpUser, constant, task

PATH = os.environ["FRAME_PATH"]
FRAMES = [file.read_bytes() for file in sorted(Path(os.environ["FRAMES"]).glob("*.json"))]


class Phone(FastHttpUser):
    """Waits for each answer."""

    wait_time = constant(0)

    @task
    def send(self) -> None:
        """Send one of the frames."""
        frame = random.choice(FRAMES)  # noqa: S311  (no secret)
        self.client.post(PATH, data=frame, headers={"Content-Type": "application/json"})
