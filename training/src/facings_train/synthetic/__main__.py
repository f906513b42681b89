"""Command line: `store` writes a demonstration store, `sheet` pictures for people to look at."""

from __future__ import annotations

import argparse
from pathlib import Path

from facings_train.synthetic.sheets import write_sheets
from facings_train.synthetic.store import write_store


def main() -> None:
    """Parse the command line and do as it says."""
    parser = argparse.ArgumentParser(prog="python -m facings_train.synthetic")
    commands = parser.add_subparsers(dest="command", required=True)
    store = commands.add_parser("store", help="write a demonstration store")
    store.add_argument("out", type=Path, help="folder to create")
    store.add_argument("--seed", type=int, default=7)
    store.add_argument("--families", type=int, default=80)
    store.add_argument("--shelves", type=int, default=12)
    store.add_argument("--workers", type=int, default=2)
    sheet = commands.add_parser("sheet", help="write contact sheets")
    sheet.add_argument("out", type=Path, help="PNG of products; OUT-shelves.png is written too")
    sheet.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    match arguments.command:
        case "store":
            write_store(
                arguments.out,
                seed=arguments.seed,
                families=arguments.families,
                shelves=arguments.shelves,
                workers=arguments.workers,
            )
        case _:
            write_sheets(arguments.out, seed=arguments.seed)


if __name__ == "__main__":
    main()
