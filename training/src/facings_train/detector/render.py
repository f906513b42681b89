"""Render shelves to train on into a folder.

    python -m facings_train.detector.render OUT --style varied --seed 71 --pictures 1500

About three pictures a second and core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from facings_train.detector.data import render_shelves
from facings_train.synthetic.style import TILTED, TRAINING, VARIED

STYLES = {"usual": TRAINING, "varied": VARIED, "tilted": TILTED}


def main() -> None:
    """Render; a folder that is complete is left alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--style", choices=STYLES, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pictures", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    render_shelves(
        given.out,
        seed=given.seed,
        count=given.pictures,
        workers=given.workers,
        style=STYLES[given.style],
    )


if __name__ == "__main__":
    main()
