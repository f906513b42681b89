#!/usr/bin/env bash
# Makes facings-detector v3: renders 2,300 shelves in three styles, trains from nothing on them and on our own boxes,
# exports, calibrates, evaluates. The published run: one H200 with 16 cores, 3 minutes of rendering and 6.5 of training
# at 850 windows a second, loss 3.02 at the end. Two CPU cores with bfloat16 units do some 60 windows a second (an hour
# and a half), without them 8. Resumes when cut off.
# Usage: [READERS=15] runs/facings-detector.sh [FOLDER OF THE REAL PICTURES, default ../shared/data]
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

$PYTHON -m facings_train.detector.render $WORK/usual --style usual --seed 71 --pictures 900
$PYTHON -m facings_train.detector.render $WORK/varied --style varied --seed 72 --pictures 900
$PYTHON -m facings_train.detector.render $WORK/tilted --style tilted --seed 73 --pictures 500
# 27 of the 164 pictures, whole scenes, are kept from training: checkpoints, sizes and thresholds are chosen by them.
[ -f $WORK/own/truth.jsonl ] ||
    $PYTHON -m facings_train.detector.own training/annotations/real-shelves.json "$DATA" $WORK/own
$PYTHON -m facings_train.detector.train --out $WORK/v3 --steps 4800 --peak 2e-3 --seed 7 --every 200 \
    --readers "${READERS:-1}" \
    --windows $WORK/usual=20 $WORK/varied=16 $WORK/tilted=12 $WORK/own=16
$PYTHON -m facings_train.detector.export --checkpoint $WORK/v3/checkpoint.pt --to src/facings/weights
runs/calibrate.sh "$DATA"
runs/web-weights.sh
runs/evaluate.sh "$DATA"
