#!/usr/bin/env bash
# Makes facings-detector-live v4, which phones run: first version 3, from nothing, on 2,300 shelves rendered in three styles and our own boxes;
# then a fine-tuning of it on 1,150 other shelves, our own boxes, and what version 3 is sure of on pictures that nobody
# annotated. Exports, calibrates, evaluates. The published run: version 3 on one H200 with 16 cores, 3 minutes of rendering
# and 6.5 of training at 850 windows a second (loss 3.02 at the end); the fine-tuning on two CPU cores with bfloat16 units
# and other work beside, 10 to 33 windows a second, half an hour (loss 2.86). Idle, such cores do some 60 windows a
# second, cores without them 8. Resumes when cut off.
# Usage: [READERS=15] runs/facings-detector-live.sh [FOLDER OF THE REAL PICTURES, default ../shared/data]
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
mkdir -p $WORK/weights
$PYTHON -m facings_train.detector.export --checkpoint $WORK/v3/checkpoint.pt --version 3 --score 0.62 --to $WORK/weights

FACINGS_WEIGHTS=$WORK/weights $PYTHON -m facings_train.detector.pseudo --detector facings-detector-live \
    training/annotations/real-shelves.json "$DATA" $WORK/pseudo
$PYTHON -m facings_train.detector.render $WORK/usual2 --style usual --seed 81 --pictures 450
$PYTHON -m facings_train.detector.render $WORK/varied2 --style varied --seed 82 --pictures 450
$PYTHON -m facings_train.detector.render $WORK/tilted2 --style tilted --seed 83 --pictures 250
$PYTHON -m facings_train.detector.train --out $WORK/v4 --start $WORK/weights/facings-detector-live-3.onnx \
    --steps 800 --peak 8e-4 --seed 11 --every 50 --readers "${READERS:-1}" \
    --windows $WORK/usual2=16 $WORK/varied2=14 $WORK/tilted2=10 $WORK/own=12 $WORK/pseudo=12
$PYTHON -m facings_train.detector.export --checkpoint $WORK/v4/checkpoint.pt --version 4 --to src/facings/weights
$PYTHON -m facings_train.calibrate work/calibration-401 work/calibration-402 --held-out work/held-out \
    --detector facings-detector-live --weights src/facings/weights
runs/web-weights.sh
runs/evaluate.sh "$DATA"
