#!/usr/bin/env bash
# Makes facings-detector v2 again: fine-tunes version 1 twice, on rendered shelves and on our own boxes, averages,
# fits the price tags' scores anew, exports, calibrates, evaluates. Two slow CPU cores (AVX2): 8 minutes of rendering,
# 85 of training. Resumes when cut off. The published run was made in parts, its first fine-tuning with version 1's
# batch norms (docs/log.md 2026-11-25): near, not the same.
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
if [ ! -f $WORK/own/truth.jsonl ]; then  # all 164 pictures: both fine-tunings ended on all of them
    $PYTHON -m facings_train.detector.own training/annotations/real-shelves.json "$DATA" $WORK/own
    $PYTHON -m facings_train.detector.own training/annotations/real-shelves.json "$DATA" $WORK/held --held-out
    for picture in $WORK/held/*.png; do mv "$picture" "$WORK/own/held-$(basename "$picture")"; done
    sed 's/"file": "/&held-/' $WORK/held/truth.jsonl >> $WORK/own/truth.jsonl
fi
$PYTHON -m facings_train.detector.train --out $WORK/short --start $WORK/start.onnx --data $WORK/usual --seed 31 \
    --pictures 160 --own $WORK/own --own-windows 8 --steps 400 --peak 5e-4 --threads 2
$PYTHON -m facings_train.detector.train --out $WORK/long --start $WORK/start.onnx --data $WORK/varied --varied --seed 61 \
    --pictures 400 --own $WORK/own --own-windows 8 --steps 1500 --peak 8e-4 --threads 2
$PYTHON -m facings_train.detector.soup --start $WORK/start.onnx --shares 0.2 0.4 0.4 \
    --tuned $WORK/short/checkpoint.pt $WORK/long/checkpoint.pt --data $WORK/varied --steps 160 --out $WORK/soup.pt
$PYTHON -m facings_train.detector.export --checkpoint $WORK/soup.pt --without quads gap_scores --to src/facings/weights
runs/calibrate.sh "$DATA"
runs/evaluate.sh "$DATA"
