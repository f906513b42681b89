#!/usr/bin/env bash
# The whole loop for real: pictures pre-annotated, corrected, put into a checked data set, trained on, judged, and
# published only if better: into work/loop/weights, a copy of the published ones, never into the package.
# Two CPU cores: about 6 minutes of training (400 steps of 16 windows), 2 of rendering, 3 of judging. Resumes when cut off.
# Usage: [STEPS=400] [REPORTS=10] [WORK=work/loop] runs/loop.sh [FOLDER OF THE DATA, default ../shared/data] [CORRECTIONS]
# CORRECTIONS: a COCO file, or a folder of them as `facings annotate pull` writes; default: those of training/annotations.
set -euo pipefail
cd "$(dirname "$0")/.."
make setup training
DATA=${1:-../shared/data}
CORRECTIONS=${2:-training/annotations/real-shelves.json}
WORK=${WORK:-work/loop}
PYTHON=.venv-training/bin/python
FACINGS=.venv-training/bin/facings
export FACINGS_HOME=$PWD/$WORK/home
# As in runs/facings-detector.sh: keep freed memory, sleep at barriers.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456
export OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0

echo "1. proposed by the published detector, corrected by us"
[ -f $WORK/corrected.json ] || $PYTHON evals/loop.py corrected $WORK --data "$DATA" --corrections "$CORRECTIONS"

echo "2. into a checked data set, a store each"
if [ ! -f $WORK/dataset.json ]; then
    [ ! -f $WORK/anujb05.json ] || $FACINGS dataset add loop $WORK/anujb05.json --images $WORK/pictures --store anujb05 \
        --source "github.com/AnujB05/Retail-Shelf-Price-Tag-Recognition-and-OCR" --licence "CC BY 4.0" \
        --consent "public; uploader's statement" --why "photos of shelves"
    [ ! -f $WORK/tiagoapolo.json ] || $FACINGS dataset add loop $WORK/tiagoapolo.json --images $WORK/pictures \
        --store tiagoapolo --source "github.com/tiagoapolo/shelf_object_recognition" --licence MIT \
        --consent "public; licence of the repository" --why "frames of a walk"
    $FACINGS dataset stats loop --json > $WORK/stats.json
    mv $WORK/stats.json $WORK/dataset.json
fi

echo "3. trained from the published detector"
.venv-training/bin/facings-train detector --dataset loop --from facings-detector --out $WORK/own --steps "${STEPS:-400}" \
    --rendered $WORK/rendered --reports "${REPORTS:-10}"

echo "4. judged beside it on the same pictures, and published if the gates hold"
[ -d work/fresh-511 ] || $PYTHON -m facings_train.synthetic store work/fresh-511 --seed 511 --families 80 --shelves 12
$PYTHON evals/loop.py judged work/judged --data "$DATA"
[ -d $WORK/weights ] || cp -r src/facings/weights $WORK/weights
.venv-training/bin/facings-train publish facings-detector --candidate $WORK/own/weights \
    --gates training/gates/loop.toml --to $WORK/weights --json > $WORK/publish.json ||
    [ $? = 9 ]  # a gate failed: the one in use stays
$FACINGS models list --weights $WORK/weights
$PYTHON evals/loop.py report $WORK
