#!/usr/bin/env bash
# Makes facings-embedder v4 from version 3: renders crops, trains all of it, goes a quarter of the way, keeps version 3's
# artwork, exports, calibrates, evaluates. The published run: one H200 with 16 cores that a detector's training shared, 4
# minutes of rendering, 7.5 of training at 1,300 crops a second, planned for 1,400 steps and cut off at 750, whose averaged
# weights are published (loss 2.12). Expect hit@1 of 0.92 by the vector alone on rendered stores of other seeds. Resumes
# when cut off.
# Version 3 is made by runs/facings-embedder.sh of commit a23e161, version 1 by that of commit 1b904b2.
# Usage: [READERS=8] runs/facings-embedder.sh [FOLDER OF THE REAL PICTURES, default ../shared/data]
set -euo pipefail
cd "$(dirname "$0")/.."
make training
PYTHON=.venv-training/bin/python
DATA=${1:-../shared/data}
WORK=work/embedder
# Keep freed memory: every training step would otherwise fault its buffers in again (1.5 x slower).
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456

mkdir -p $WORK
[ -f $WORK/start.onnx ] || git show a23e161:src/facings/weights/facings-embedder-3.onnx > $WORK/start.onnx
[ -f $WORK/crops/crops.csv ] || $PYTHON -m facings_train.embedder.render $WORK/crops \
    --seed 31 --families 1200 --views 6
[ -f $WORK/real/facings.csv ] || $PYTHON -m facings_train.embedder.real "$DATA" $WORK/real
$PYTHON -m facings_train.embedder.train --out $WORK/training --start $WORK/start.onnx --steps 1400 --every 50 \
    --peak 5e-4 --seed 31 --readers "${READERS:-1}" \
    --crops $WORK/crops/crops.csv=32x4x2 $WORK/real/packages.csv=14x1x2 $WORK/real/facings.csv=24x1x1

$PYTHON -m facings_train.embedder.export --training $WORK/training --blend 0.25 --version 4 --to src/facings/weights
runs/calibrate.sh "$DATA"
runs/web-weights.sh
runs/evaluate.sh "$DATA"
