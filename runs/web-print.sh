#!/usr/bin/env bash
# facings-print v1, the networks that read print in a browser, are not trained here: PP-OCR's text detector (v3) and text
# recogniser (v4), Apache-2.0, made small in half a minute. Their files come inside packages of rapidocr.
# Usage: runs/web-print.sh
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
download="python3 -m pip download --quiet --no-deps --dest $scratch"
$download rapidocr-onnxruntime==1.2.3
$download rapidocr==3.0.0
unzip -q -j "$scratch"/rapidocr_onnxruntime-*.whl '*/ch_PP-OCRv3_det_infer.onnx' -d "$scratch"
unzip -q -j "$scratch"/rapidocr-3*.whl '*/ch_PP-OCRv4_rec_infer.onnx' -d "$scratch"
.venv-training/bin/python runs/web_print.py \
    "$scratch/ch_PP-OCRv3_det_infer.onnx" "$scratch/ch_PP-OCRv4_rec_infer.onnx" web/models
