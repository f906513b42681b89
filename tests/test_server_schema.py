"""Everything that the service's description allows, and much that it does not."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from serving import Process, bearer, make_key
from tiny_store import WEIGHTS

EXAMPLES = int(os.environ.get("FACINGS_EXAMPLES", "8"))  # by hand a thousand: see docs/log.md


@pytest.fixture(scope="module")
def described(
    built_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[schemathesis.BaseSchema]:
    """A service by its own description, asked by somebody who may do everything."""
    home = shutil.copytree(built_home, tmp_path_factory.mktemp("described") / "home")
    with Process(
        home,
        FACINGS_WEIGHTS=str(WEIGHTS),
        FACINGS_SERVER_RATE_PER_MINUTE="10000000",
    ) as running:
        loaded = schemathesis.openapi.from_url(f"{running.url}/openapi.json")
        loaded.config.update(headers=bearer(make_key(home)))
        yield loaded
        assert running.stop()[0] == 0


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_request_gets_an_answer_that_is_described(
    described: schemathesis.BaseSchema, mode: GenerationMode
):
    """Never a 5xx; always a status, a media type and a body that the description names.

    What does not fit it is refused. Of what fits, more is refused than a JSON schema can say:
    boxes that end before they begin, pictures that are none.
    """
    asked: Counter[str] = Counter()
    for found in described.get_all_operations():
        operation = found.ok()
        try:
            cases = operation.as_strategy(generation_mode=mode)
            _ask(operation.label, cases, asked)
        except Unsatisfiable:
            assert mode == GenerationMode.NEGATIVE, operation.label  # it takes nothing at all
    assert len(asked) >= 20
    assert sum(asked.values()) > 100


def _ask(label: str, cases: SearchStrategy[schemathesis.Case], asked: Counter[str]) -> None:
    @given(case=cases)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case) -> None:
        asked[label] += 1
        not_ours = [positive_data_acceptance]
        if case.media_type == "multipart/form-data":
            not_ours.append(negative_data_rejection)  # in a form a number is text like any other
        case.call_and_validate(excluded_checks=not_ours)

    check()


def test_it_is_openapi_3_1_and_names_every_problem(described: schemathesis.BaseSchema):
    """Each operation says what it answers where something is wrong, and which scope it needs."""
    document = described.raw_schema
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert {"4XX", "5XX"} <= set(operation["responses"])
            assert path in {"/livez", "/readyz"} or operation["security"]
