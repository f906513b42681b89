#!/usr/bin/env bash
# Makes facings-embedder v1 again: renders crops, trains, exports, evaluates. Resumes when cut off.
# BILL_EMBEDDER
# Needs the GroceryStoreDataset (MIT) as laid out in docs/data/; its folder is the first argument.
set -euo pipefail
cd "$(dirname "$0")/.."
GROCERY_STORE=${1:?"usage: runs/facings-embedder.sh FOLDER_OF_GROCERY_STORE"}
make training
PYTHON=.venv-training/bin/python
WORK=work/embedder
# Keep freed memory: every training step would otherwise fault its buffers in again (1.5 x slower).
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456

[ -f $WORK/crops/crops.csv ] || $PYTHON -m facings_train.embedder.render $WORK/crops \
    --seed 11 --families 700 --views 9
$PYTHON -m facings_train.embedder.train --out $WORK --rendered $WORK/crops/crops.csv \
    --grocery-store "$GROCERY_STORE" --steps 1400 --threads 2
$PYTHON -m facings_train.embedder.export --training $WORK --to src/facings/weights
runs/calibrate.sh
runs/evaluate.sh "$GROCERY_STORE/.."
