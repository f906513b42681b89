"""A sheet: one HTML file with a data set's pictures and boxes, to look through in a browser."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from pathlib import Path

from facings.capture import read_picture, small_jpeg
from facings.catalogue.gtin import natural_form
from facings.collect.dataset import Dataset, Row, statistics
from facings.output import replaced_file

_SIDE_PX = 560


def write_sheet(
    title: str,
    dataset: Dataset,
    rows: Sequence[Row],
    out: Path,
    limit: int,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Write the sheet; how many pictures are on it.

    Args:
        rows: of one version.
        limit: pictures at most, the first of each split in turn.

    Raises:
        PictureError: a picture is damaged.
    """
    shown = _in_turn(rows, limit)
    figures = []
    for done, of_one in enumerate(shown):
        progress(done, len(shown))
        figures.append(_figure(dataset, of_one))
    progress(len(shown), len(shown))
    with replaced_file(out) as fresh:
        fresh.write_text(_page(title, rows, figures), "utf-8")
    return len(figures)


def _in_turn(rows: Sequence[Row], limit: int) -> list[list[Row]]:
    """Rows put together by picture, one picture of each split after the other."""
    by_split: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        by_split.setdefault(row.split, {}).setdefault(row.picture, []).append(row)
    piles = [list(pictures.values()) for _, pictures in sorted(by_split.items())]
    longest = max((len(pile) for pile in piles), default=0)
    turns = [pile[n] for n in range(longest) for pile in piles if n < len(pile)]
    return turns[:limit]


def _figure(dataset: Dataset, rows: Sequence[Row]) -> str:
    first = rows[0]
    image = read_picture(dataset.picture_file(first.picture, first.suffix)).image
    data = base64.b64encode(small_jpeg(image, _SIDE_PX)).decode()
    boxes = "".join(_box(row) for row in rows if row.has_box)
    told = {
        "split": first.split,
        "store": first.store,
        "provenance": " ".join(sorted({row.provenance for row in rows if row.has_box})) or "none",
    }
    attributes = "".join(f' data-{name}="{html.escape(value)}"' for name, value in told.items())
    count = sum(row.has_box and not row.is_crowd for row in rows)
    alt = f"Picture {first.picture[:12]} with {count} boxes"
    caption = (
        f"<b>{first.split}</b> {html.escape(first.store)}, {count} boxes "
        f"<small>{first.picture[:12]} {html.escape(first.source)}, "
        f"{html.escape(first.licence)}</small>"
    )
    return (
        f"<figure{attributes}><div><img loading=lazy alt='{html.escape(alt)}' "
        f"src='data:image/jpeg;base64,{data}'>"
        f"<svg viewBox='0 0 {first.width_px} {first.height_px}' aria-hidden='true'>{boxes}</svg>"
        f"</div><figcaption>{caption}</figcaption></figure>"
    )


def _box(row: Row) -> str:
    gtin = natural_form(row.gtin) if row.gtin else ""
    kind = "crowd" if row.is_crowd else row.provenance
    words = [row.label, gtin, kind, row.model and f"{row.model} {row.score:.2f}"]
    size = f"width='{row.x1 - row.x0:.1f}' height='{row.y1 - row.y0:.1f}'"
    title = html.escape(" ".join(filter(None, words)))
    named = " named" if gtin else ""
    return (
        f"<rect class='{kind}{named}' x='{row.x0:.1f}' y='{row.y0:.1f}' {size}>"
        f"<title>{title}</title></rect>"
    )


def _page(title: str, rows: Sequence[Row], figures: Sequence[str]) -> str:
    told = statistics(rows)
    by = told.pop("boxes_by")
    assert isinstance(by, dict)
    facts = {**told, **{f"boxes by {name}": _listed(counts) for name, counts in by.items()}}
    table = "".join(
        f"<tr><th scope=row>{html.escape(name.replace('_', ' '))}</th>"
        f"<td>{html.escape(str(value))}</td></tr>"
        for name, value in facts.items()
    )
    choices = "".join(
        _choice(name, sorted({str(getattr(row, name)) for row in rows}))
        for name in ("split", "store", "provenance")
    )
    left = f"{len(figures)} of {told['pictures']} pictures"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8>"
        f"<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>"
        f"<main><h1>{html.escape(title)}</h1><table>{table}</table>"
        f"<form>{choices}<p>{_LEGEND}</p><p role=status>{left}</p></form>"
        f"<section aria-label=Pictures>{''.join(figures)}</section></main>"
        f"<script>{_SCRIPT}</script></html>\n"
    )


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _choice(name: str, values: Sequence[str]) -> str:
    options = "".join(f"<option>{html.escape(each)}</option>" for each in values)
    return (
        f"<label>{name} <select name={name}><option value=''>all</option>{options}</select></label>"
    )


_LEGEND = (
    "<span class='key model'>as the model had it</span> <span class='key edited'>edited</span> "
    "<span class='key human'>drawn</span> <span class='key crowd'>ignored</span> "
    "Boxes of a named product are filled."
)
_STYLE = """
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}
main{max-width:110rem;margin:auto;padding:1rem}
table{border-collapse:collapse}th,td{text-align:left;padding:.15rem .8rem .15rem 0;font-weight:400}
th{opacity:.75}form{display:flex;flex-wrap:wrap;gap:.3rem 1.5rem;align-items:center}
select{font:inherit;min-height:2.4rem}
section{display:grid;grid-template-columns:repeat(auto-fill,minmax(24rem,1fr));gap:1rem}
figure{margin:0}figure[hidden]{display:none}figure div{position:relative}
img{width:100%;display:block;border-radius:8px}svg{position:absolute;inset:0;width:100%;height:100%}
rect{fill:transparent;stroke-width:2px;vector-effect:non-scaling-stroke;stroke:#3f7}
rect:hover{fill:#fff5}.named{fill:#fff3}
rect.edited{stroke:#fb3}rect.human{stroke:#4cf}rect.crowd{stroke:#f55;stroke-dasharray:6 4}
figcaption small{display:block;opacity:.75;overflow-wrap:anywhere}
.key{border-left:1.1rem solid #3f7;padding-left:.4rem;margin-right:.8rem}
.key.edited{border-color:#fb3}.key.human{border-color:#4cf}.key.crowd{border-color:#f55}
"""
_SCRIPT = """
const form = document.querySelector('form'), figures = [...document.querySelectorAll('figure')]
form.addEventListener('change', () => {
  const asked = [...new FormData(form)].filter(([, value]) => value)
  for (const each of figures) {
    each.hidden = !asked.every(([name, value]) => name === 'provenance'
      ? each.dataset[name].split(' ').includes(value) : each.dataset[name] === value)
  }
  const shown = figures.filter((each) => !each.hidden).length
  form.querySelector('[role=status]').textContent = `${shown} of ${figures.length} shown`
})
"""
