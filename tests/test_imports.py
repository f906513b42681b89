"""Who may import whom: read from the source, so that the house keeps its shape."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import facings

SOURCE = Path(__file__).parents[1] / "src" / "facings"
MODULES = sorted(
    ".".join(file.relative_to(SOURCE).with_suffix("").parts)
    for file in SOURCE.rglob("*.py")
    if file.name != "__init__.py"
)
FOUNDATION = {"types", "scope", "product", "errors", "geometry"}
RUNTIME = FOUNDATION | {"session", "models", "tensor"}
STAGES = {"capture", "detect", "shelves", "rectify", "embed", "rerank"} | {
    module for module in MODULES if module.startswith("evidence.")
}
HEAVY = {
    "torch", "cv2", "onnxruntime", "sqlalchemy", "pydantic", "PIL", "numpy", "qdrant_edge",
    "qdrant_client", "fastapi", "uvicorn", "httpx2", "prometheus_client",
}  # fmt: skip


def imported_by(module: str) -> set[str]:
    """List the absolute names a module imports, anywhere in it."""
    file = SOURCE.joinpath(*module.split(".")).with_suffix(".py")
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def ours(module: str) -> set[str]:
    """List the modules of ours that a module imports, without the package's name."""
    names = [name.removeprefix("facings.") for name in imported_by(module)]
    return {known for known in MODULES if any(f"{name}.".startswith(f"{known}.") for name in names)}


def test_there_is_a_house_to_look_at():
    """An empty list would make every test below pass."""
    assert {"types", "cli", "evaluate.detection"} <= set(MODULES)


@pytest.mark.parametrize("module", sorted(FOUNDATION))
def test_the_foundation_stands_on_itself(module: str):
    """Values, errors and geometry know nothing of what is built on them."""
    assert ours(module) <= FOUNDATION - {module}


@pytest.mark.parametrize("module", sorted(STAGES & set(MODULES)))
def test_a_stage_knows_no_other_stage(module: str):
    """Each takes one value and gives one value: it can be understood alone."""
    assert ours(module) <= RUNTIME


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("retrieve.")])
def test_retrieval_knows_values_and_records(module: str):
    """An index is built from the records and searched with embeddings, nothing else."""
    siblings = {name for name in MODULES if name.startswith("retrieve.")}
    assert ours(module) <= siblings | {"types", "scope", "errors", "catalogue.records"}


@pytest.mark.parametrize("module", MODULES)
def test_only_the_recognizer_puts_stages_together(module: str):
    """Edges read pictures and run one model; the path through the house is in one place."""
    allowed = {
        "follow": {"rectify"},
        "straighten": {"rectify"},  # it cuts out again
        "recognizer": STAGES,
        "compare": {"evidence.blocks", "evidence.detail", "evidence.geometry"},
        "catalogue.gallery": {"capture", "detect", "rectify", "embed"},
        "catalogue.embedded": {"embed"},
        "catalogue.reembed": {"embed"},
        "catalogue.enrol": {"capture", "rectify", "embed"},
        "evaluate.calibration": {"rerank"},
        "evaluate.compare": {"detect", "embed"},
        "evaluate.held_out": {"rerank"},
        "evaluate.open_set": {"rerank"},
        "evaluate.detection": {"capture", "detect", "rectify", "embed"},
        "evaluate.failure_sheets": {"capture"},
        "evaluate.near_ties": {
            "evidence.artwork",
            "evidence.words",
            "rerank",
        },
        "evaluate.retrieval": {"capture", "embed", "evidence.words"},
        "main_product": {"detect", "rectify"},
        "evaluate.barcodes": {"capture", "evidence.words"},
        "collect.barcodes": {"evidence.words"},
        "collect.eyes": {"capture", "detect", "rectify", "evidence.words"},
        "collect.faces": {"detect"},
        "collect.feedback": {"capture"},
        "collect.labels": {"capture"},
        "collect.look_alikes": {"embed", "rectify"},
        "collect.ml_backend": {"capture"},
        "collect.pictures": {"capture", "evidence.words"},
        "collect.forms.source": {"capture"},
        "collect.sheet": {"capture"},
        "reading": {"capture"},
        "server.packs": {"rerank"},
        "server.recognising": {"capture"},
        "server.routes.enrolment": {"capture"},
        "server.routes.products": {"capture"},
        "cli": {"detect", "embed", "rectify", "evidence.words"},
        "batch.work": {"capture", "detect", "embed"},
        "cli_annotate": {"capture", "detect"},
        "cli_batch": {"capture"},
        "cli_collect": {"detect", "evidence.words"},
        "collect.propose": {"capture", "detect", "rectify"},
        "collect.replay": {"capture", "detect"},
        "cli_options": {"embed"},
    }
    assert ours(module) & STAGES <= allowed.get(module, set())


@pytest.mark.parametrize("module", MODULES)
def test_nobody_imports_the_command_line(module: str):
    """An edge is where things end."""
    edges = {name for name in MODULES if name == "cli" or name.startswith("cli_")}
    edges |= {"terminal", "report", "reading", "overlay_files", "product_report"}
    if module not in edges:
        assert not ours(module) & edges
    assert "cli" not in ours(module)


@pytest.mark.parametrize("module", MODULES)
def test_nobody_imports_the_service(module: str):
    """It is an edge too; its client shares what goes over the wire, and nothing else."""
    served = {name for name in ours(module) if name.startswith("server.")}
    if module.startswith("client."):
        assert all(name.startswith("server.schemas.") for name in served)
    elif module not in {"cli_annotate", "cli_serve"} and not module.startswith("server."):
        assert not served


@pytest.mark.parametrize("module", MODULES)
def test_the_runtime_needs_no_torch(module: str):
    """Training is another package."""
    roots = {name.partition(".")[0] for name in imported_by(module)}
    assert not roots & {"torch", "torchvision", "timm", "facings_train"}


def test_public_names_are_sorted_and_there():
    """What is promised is small and exists."""
    assert facings.__all__ == sorted(facings.__all__)
    assert dir(facings) == facings.__all__
    assert facings.__all__ == [
        "Facing",
        "FacingsError",
        "Frame",
        "Match",
        "Product",
        "Recognizer",
        "Scan",
        "__version__",
    ]
    for name in facings.__all__:
        assert getattr(facings, name) is not None


def test_a_name_that_is_not_there_is_refused():
    """As any module refuses it."""
    with pytest.raises(AttributeError, match="has no attribute 'Recogniser'"):
        facings.Recogniser  # noqa: B018


@pytest.mark.parametrize(
    "statement",
    ["import facings", "import facings; facings.__version__", "import facings.cli"],
)
def test_importing_loads_nothing_heavy(statement: str):
    """In a fresh interpreter: a command answers `--version` at once."""
    script = f"import sys\n{statement}\nprint(*{{n.partition('.')[0] for n in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not set(done.stdout.split()) & HEAVY
