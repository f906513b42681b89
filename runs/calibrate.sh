#!/usr/bin/env bash
# Finds the thresholds of both published models on rendered stores of their own (the detector's on seeds 401
# and 402, the embedder's on 401 to 405), on photographs kept from training, and on photos of packages never
# trained on.
# Usage: runs/calibrate.sh [FOLDER OF THE REAL PICTURES, default ../shared/data]
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=.venv-training/bin/python
DATA=${1:-../shared/data}
for seed in 401 402 403 404 405; do
    [ -d work/calibration-$seed ] || $PYTHON -m facings_train.synthetic store work/calibration-$seed \
        --seed $seed --families 80 --shelves 12
done
[ -f work/held-out/truth.jsonl ] || $PYTHON -m facings_train.detector.own \
    training/annotations/real-shelves.json "$DATA" work/held-out --held-out
$PYTHON -m facings_train.calibrate work/calibration-401 work/calibration-402 --held-out work/held-out \
    --weights src/facings/weights
$PYTHON -m facings_train.embedder.calibrate work/calibration-40{1,2,3,4,5} --strangers work/held-out \
    --packages "$DATA/grocery-store" --weights src/facings/weights
