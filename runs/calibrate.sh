#!/usr/bin/env bash
# Finds the thresholds of both published models on two rendered stores of their own (seeds 401, 402).
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=.venv-training/bin/python
for seed in 401 402; do
    [ -d work/calibration-$seed ] || $PYTHON -m facings_train.synthetic store work/calibration-$seed \
        --seed $seed --families 80 --shelves 12
done
$PYTHON -m facings_train.calibrate work/calibration-401 work/calibration-402 --weights src/facings/weights
