#!/usr/bin/env bash
# Makes facings-embedder v3 again: renders crops, computes frozen features, trains vectors and artwork, exports,
# calibrates, evaluates. Two slow CPU cores (AVX2): 20 minutes of rendering, 5 of features, 15 of training the
# vectors, 10 the artwork. Resumes when cut off.
# Goes on from version 1, which runs/facings-embedder.sh of commit 1b904b2 makes.
# Real data is needed for calibration and the last evaluation alone; its folder may be given, default ../shared/data.
set -euo pipefail
cd "$(dirname "$0")/.."
make training
PYTHON=.venv-training/bin/python
WORK=work/embedder
# Keep freed memory: every training step would otherwise fault its buffers in again (1.5 x slower).
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456

mkdir -p $WORK
[ -f $WORK/start.onnx ] || git show 1b904b2:src/facings/weights/facings-embedder-1.onnx > $WORK/start.onnx
[ -f $WORK/crops/crops.csv ] || $PYTHON -m facings_train.embedder.render $WORK/crops \
    --seed 21 --families 700 --views 6
[ -f $WORK/features/rows.csv ] || $PYTHON -m facings_train.embedder.features $WORK/features \
    --table $WORK/crops/crops.csv --start $WORK/start.onnx --passes 1
$PYTHON -m facings_train.embedder.train --out $WORK/training --start $WORK/start.onnx \
    --features $WORK/features --steps 900 --threads 2
$PYTHON -m facings_train.embedder.artwork --out $WORK/artwork --features $WORK/features --training $WORK/training
$PYTHON -m facings_train.embedder.export --training $WORK/training --artwork $WORK/artwork/artwork.pt \
    --to src/facings/weights
runs/calibrate.sh "${1:-../shared/data}"
runs/evaluate.sh "${1:-../shared/data}"
