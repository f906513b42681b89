"""From a recognised frame to what goes over the wire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from facings.scan import STATES
from facings.server.details import Details
from facings.server.schemas.frame import AlternativeOut, FacingOut, FrameOut, OptionsIn
from facings.server.schemas.product import ProductOut
from facings.types import Candidate, Facing, FloatArray

_TOLD_WITH_A_PRODUCT = frozenset({"product", "knowledge", "offers", "reviews"})


def frame_out(
    facings: tuple[Facing, ...],
    lines_xyxy: FloatArray,
    latency_ms: Mapping[str, float],
    options: OptionsIn,
    details: Details,
    *,
    models: Mapping[str, str],
    size_wh: tuple[int, int] | tuple[None, None] = (None, None),
) -> FrameOut:
    """Say what a frame shows, with as much about it as was asked for."""
    known = {each.product.gtin: each.product for each in facings if each.product}
    products = details.of(known.values()) if _wants_products(options) else {}
    names = details.names(_to_choose_from(facings)) if "alternatives" in options.include else {}
    states = Counter(each.match.state for each in facings)
    return FrameOut(
        frame_id=options.frame_id,
        session_id=options.session_id,
        width=size_wh[0],
        height=size_wh[1],
        models=dict(models),
        counts={state: states[state] for state in STATES},
        facings=tuple(
            _facing_out(order, each, options, products, names) for order, each in enumerate(facings)
        ),
        lines_xyxy=tuple(map(tuple, lines_xyxy.round(1).tolist())),
        latency_ms=(
            {stage: round(took_ms, 2) for stage, took_ms in latency_ms.items()}
            if "timing" in options.include
            else None
        ),
    )


def _wants_products(options: OptionsIn) -> bool:
    """Say whether anything was asked for that is told with a product."""
    return options.profile is not None or bool(options.include & _TOLD_WITH_A_PRODUCT)


def _to_choose_from(facings: Iterable[Facing]) -> set[str]:
    """GTINs among which a person has to choose."""
    return {
        other.gtin
        for each in facings
        if each.match.state == "ambiguous"
        for other in each.match.alternatives
    }


def _facing_out(
    order: int,
    facing: Facing,
    options: OptionsIn,
    products: Mapping[str, ProductOut],
    names: Mapping[str, str],
) -> FacingOut:
    match = facing.match
    wanted = options.include
    left, top, right, bottom = (round(side, 1) for side in facing.box_xyxy)
    return FacingOut(
        order=order,
        box_xyxy=(left, top, right, bottom),
        score=round(facing.score, 4),
        shelf_index=facing.shelf_index,
        position_index=facing.position_index,
        state=match.state,
        gtin=match.gtin,
        similarity=round(match.similarity, 4),
        probability=round(match.probability, 4),
        alternatives=(
            tuple(_alternative_out(each, names) for each in match.alternatives)
            if "alternatives" in wanted
            else None
        ),
        evidence=(
            {name: round(value, 4) for name, value in match.evidence.items()}
            if "evidence" in wanted
            else None
        ),
        product=products.get(match.gtin) if match.gtin else None,
    )


def _alternative_out(candidate: Candidate, names: Mapping[str, str]) -> AlternativeOut:
    look = candidate.look
    return AlternativeOut(
        gtin=candidate.gtin,
        similarity=round(candidate.similarity, 4),
        picture_id=candidate.picture_id,
        name=names.get(candidate.gtin),
        valid_from=look.valid_from if look else None,
        valid_until=look.valid_until if look else None,
    )
