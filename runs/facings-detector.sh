#!/usr/bin/env bash
# Makes facings-detector v1 again: renders shelves, trains, exports, evaluates. Resumes when cut off.
# BILL_DETECTOR
set -euo pipefail
cd "$(dirname "$0")/.."
make training
PYTHON=.venv-training/bin/python
WORK=work/detector
export OMP_NUM_THREADS=2

$PYTHON -m facings_train.detector.train --out $WORK --data $WORK/shelves \
    --pictures 3000 --seed 1 --steps 6000 --threads 2
$PYTHON -m facings_train.detector.export --checkpoint $WORK/checkpoint.pt --to src/facings/weights
runs/evaluate.sh
