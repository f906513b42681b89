#!/usr/bin/env bash
# Makes facings-detector v5, which looks at still pictures: EfficientNet-Lite0's trunk as embedder v3 has it, a neck and
# head from nothing, on 1,240 rendered shelves, our own boxes, and what facings-detector-live v4 is sure of on pictures
# that nobody annotated. Exports, calibrates, evaluates. The published run, on one H200 with 16 cores that an embedder's
# training shared: 4 minutes of rendering, then 7 minutes at 450 windows a second, planned for 4,200 steps and cut off
# at 3,100, whose averaged weights are published (loss 2.65). Expect F1@0.7 of 0.78 on the held-out photographs and 0.96 on
# the calibration stores. On two CPU cores it takes days: kernels of depthwise convolutions then stay as they are.
# Usage: [READERS=7] runs/facings-detector.sh [FOLDER OF THE REAL PICTURES, default ../shared/data]
set -euo pipefail
cd "$(dirname "$0")/.."
make training
PYTHON=.venv-training/bin/python
DATA=${1:-../shared/data}
WORK=work/detector
mkdir -p $WORK
git show a23e161:src/facings/weights/facings-embedder-3.onnx > $WORK/trunk.onnx

$PYTHON -m facings_train.detector.render $WORK/usual --style usual --seed 91 --pictures 500
$PYTHON -m facings_train.detector.render $WORK/varied --style varied --seed 92 --pictures 500
$PYTHON -m facings_train.detector.render $WORK/tilted --style tilted --seed 93 --pictures 240
# 27 of the 164 pictures, whole scenes, are kept from training: checkpoints, sizes and thresholds are chosen by them.
[ -f $WORK/own/truth.jsonl ] ||
    $PYTHON -m facings_train.detector.own training/annotations/real-shelves.json "$DATA" $WORK/own
[ -f $WORK/pseudo/truth.jsonl ] ||
    $PYTHON -m facings_train.detector.pseudo training/annotations/real-shelves.json "$DATA" $WORK/pseudo \
        --detector facings-detector-live
$PYTHON -m facings_train.detector.train --out $WORK/photo --trunk $WORK/trunk.onnx --steps 4200 --peak 2e-3 --seed 31 \
    --every 100 --readers "${READERS:-1}" \
    --windows $WORK/usual=20 $WORK/varied=16 $WORK/tilted=8 $WORK/own=12 $WORK/pseudo=8
$PYTHON -m facings_train.detector.export --checkpoint $WORK/photo/checkpoint.pt --version 5 --to src/facings/weights
runs/calibrate.sh "$DATA"
runs/evaluate.sh "$DATA"
