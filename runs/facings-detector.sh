#!/usr/bin/env bash
# Makes facings-detector v2 again: renders shelves, trains on them and on our own boxes, exports, calibrates,
# evaluates. Two slow CPU cores (AVX2): 5 minutes of rendering, 70 of training. Resumes when cut off.
# Goes on from version 1, which runs/facings-detector.sh of commit 0a7da51 makes.
# Usage: runs/facings-detector.sh [FOLDER OF THE REAL PICTURES, default ../shared/data]
set -euo pipefail
cd "$(dirname "$0")/.."
make training
PYTHON=.venv-training/bin/python
DATA=${1:-../shared/data}
WORK=work/detector
# Keep freed memory: every training step would otherwise fault its buffers in again. Sleep at barriers: beside other
# work, threads that spin there cost more than they bring.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456
export OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0

mkdir -p $WORK
[ -f $WORK/start.onnx ] || git show 0a7da51:src/facings/weights/facings-detector-1.onnx > $WORK/start.onnx
[ -f $WORK/own/truth.jsonl ] || $PYTHON -m facings_train.detector.own \
    training/annotations/real-shelves.json "$DATA" $WORK/own
$PYTHON -m facings_train.detector.train --out $WORK/training --start $WORK/start.onnx \
    --data $WORK/varied --varied --seed 61 --pictures 400 --own $WORK/own --own-windows 8 \
    --steps 1500 --peak 8e-4 --every 50 --threads 2
$PYTHON -m facings_train.detector.export --checkpoint $WORK/training/checkpoint.pt --to src/facings/weights
runs/calibrate.sh "$DATA"
runs/evaluate.sh "$DATA"
