"""Command line for drawing boxes on real pictures.

    python -m facings_train.real.annotate propose LIST
    python -m facings_train.real.annotate sheet g001 --plain
    python -m facings_train.real.annotate correct < edits.txt
    python -m facings_train.real.annotate export training/annotations/real-shelves.json

LIST has a line for each picture: a short name and a key, `g001 grocery-store/images/x.jpg`.
Edits stand under their picture's name in brackets, `[g001]`; `correct` in
`facings_train.real.annotation` lists them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2

from facings.detect import Detector
from facings_train.real.annotation import correct, load_annotation, save_annotation
from facings_train.real.export import change_counts, coco_from
from facings_train.real.pictures import origin_of, read_picture
from facings_train.real.propose import propose
from facings_train.real.sheet import Region, draw_sheet, regions


def read_list(file: Path) -> dict[str, str]:
    """Read short names and keys, and refuse keys that are kept for evaluation."""
    lines = file.read_text(encoding="utf-8").splitlines()
    names = (line.split(maxsplit=1) for line in lines if line.strip())
    keys = {words[0]: words[1] for words in names}
    for key in keys.values():
        origin_of(key)
    return keys


def edits_by_name(lines: Iterable[str]) -> dict[str, list[str]]:
    """Sort edits under the name in brackets above them.

    Raises:
        ValueError: an edit stands above the first name.
    """
    edits: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in map(str.strip, lines):
        if line.startswith("["):
            current = edits.setdefault(line.strip("[]"), [])
        elif line and current is None:
            raise ValueError(f"of which picture is this edit? {line}")
        elif line and current is not None:
            current.append(line)
    return edits


def propose_all(keys: Mapping[str, str], data: Path, folder: Path) -> None:
    """Write proposals for every picture that has no file yet."""
    folder.mkdir(parents=True, exist_ok=True)
    detector = Detector.load(threads=1)
    for name, key in keys.items():
        file = folder / f"{name}.json"
        if not file.exists():
            save_annotation(propose(detector, read_picture(data, key)), file)


def write_sheets(
    file: Path, data: Path, out: Path, parts: list[Region | None], *, marked: bool
) -> None:
    """Draw one sheet a part into `out` and say where."""
    out.mkdir(parents=True, exist_ok=True)
    annotation = load_annotation(file)
    image = read_picture(data, annotation.key).image
    for number, part in enumerate(parts):
        suffix = ("" if part is None else f"-{number}") + ("" if marked else "-plain")
        path = out / f"{file.stem}{suffix}.png"
        sheet = draw_sheet(image, annotation, part, marked=marked)
        cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
        print(path)


def correct_all(edits: Mapping[str, list[str]], folder: Path) -> None:
    """Apply edits to their pictures and say what the pictures hold now."""
    for name, lines in edits.items():
        file = folder / f"{name}.json"
        corrected = correct(load_annotation(file), lines)
        save_annotation(corrected, file)
        print(name, f"{len(corrected.drawn)} boxes")


def export_all(folder: Path, out: Path) -> None:
    """Write every reviewed picture into one COCO file and count the changes."""
    found = [load_annotation(file) for file in sorted(folder.glob("*.json"))]
    reviewed = [annotation for annotation in found if annotation.is_reviewed]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(_readable(coco_from(reviewed)), encoding="utf-8")
    for source, counts in change_counts(reviewed).items():
        print(source, dict(sorted(counts.items())))


def _readable(coco: Mapping[str, object]) -> str:
    """JSON with one entry a line, so that a change of one box is a change of one line."""
    blocks = []
    for name, entries in coco.items():
        assert isinstance(entries, list)
        lines = ",\n".join(f"  {json.dumps(entry)}" for entry in entries)
        blocks.append(f'"{name}": [\n{lines}\n]')
    return "{" + ",\n".join(blocks) + "}\n"


def main() -> None:
    """Parse the command line and do as it says."""
    parser = argparse.ArgumentParser(prog="python -m facings_train.real.annotate")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("work/annotations"))
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("propose", help="run the detector").add_argument("list", type=Path)
    sheet = commands.add_parser("sheet", help="draw sheets to look at")
    sheet.add_argument("names", nargs="+")
    sheet.add_argument("--region", type=int, nargs=4, metavar=("X0", "Y0", "X1", "Y1"))
    sheet.add_argument("--grid", type=int, nargs=2, metavar=("COLUMNS", "ROWS"))
    sheet.add_argument("--plain", action="store_true", help="the grid alone, no boxes")
    commands.add_parser("correct", help="apply edits from the standard input")
    commands.add_parser("export", help="write the COCO file").add_argument("out", type=Path)
    arguments = parser.parse_args()
    folder = arguments.work / "pictures"
    match arguments.command:
        case "propose":
            propose_all(read_list(arguments.list), arguments.data, folder)
        case "sheet":
            for name in arguments.names:
                file = folder / f"{name}.json"
                parts = _parts(file, arguments.region, arguments.grid)
                out = arguments.work / "sheets"
                write_sheets(file, arguments.data, out, parts, marked=not arguments.plain)
        case "correct":
            correct_all(edits_by_name(sys.stdin), folder)
        case _:
            export_all(folder, arguments.out)


def _parts(file: Path, region: list[int] | None, grid: list[int] | None) -> list[Region | None]:
    if region:
        return [(region[0], region[1], region[2], region[3])]
    if grid:
        return list(regions(load_annotation(file).size_wh, grid[0], grid[1], 0.12))
    return [None]


if __name__ == "__main__":
    main()
