#!/usr/bin/env bash
# Makes facings-detector v1 again: renders shelves, trains, exports, evaluates. Resumes when cut off.
# Two CPU cores with bfloat16 units: 15 minutes of rendering, about 60 of training beside other work.
set -euo pipefail
cd "$(dirname "$0")/.."
make training
PYTHON=.venv-training/bin/python
WORK=work/detector
# Keep freed memory: every training step would otherwise fault its buffers in again.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456

$PYTHON -m facings_train.detector.train --out $WORK --data $WORK/shelves \
    --pictures 2400 --seed 1 --steps 4100 --threads 2
$PYTHON -m facings_train.detector.export --checkpoint $WORK/checkpoint.pt --to src/facings/weights
runs/calibrate.sh
runs/evaluate.sh
