#!/usr/bin/env bash
# Makes the weights that browsers download from the published ones, and shows what they lose.
# Run it after publishing a model; a test fails until it has been run.
# Usage: runs/web-weights.sh
set -euo pipefail
cd "$(dirname "$0")/.."
.venv-training/bin/python -m facings_train.web_weights src/facings/weights web/models
.venv/bin/python evals/web_weights.py demo/store
