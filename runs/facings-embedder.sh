#!/usr/bin/env bash
# Makes facings-embedder v1 again: renders crops, trains, exports, evaluates. Resumes when cut off.
# Two CPU cores with bfloat16 units: 8 minutes of rendering, about 60 of training beside other work.
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
# First at all sizes, then on crops large enough to read the small print that tells flavours apart.
$PYTHON -m facings_train.embedder.train --out $WORK --rendered $WORK/crops/crops.csv \
    --grocery-store "$GROCERY_STORE" --steps 1400 --threads 2
$PYTHON -m facings_train.embedder.train --out $WORK-2 --start $WORK/checkpoint.pt --min-side 120 \
    --rendered $WORK/crops/crops.csv --grocery-store "$GROCERY_STORE" \
    --steps 300 --peak 2e-4 --seed 2 --threads 2
$PYTHON -m facings_train.embedder.export --training $WORK-2 --to src/facings/weights
runs/calibrate.sh
runs/evaluate.sh "$GROCERY_STORE/.."
