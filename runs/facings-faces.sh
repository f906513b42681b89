#!/usr/bin/env bash
# facings-faces v1 is not trained here: MediaPipe's short-range face detector (Apache-2.0), converted to ONNX in half a minute.
# Its file comes inside the package mediapipe 0.10.14; later releases download it instead.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet numpy onnx tflite
"$scratch/venv/bin/pip" download --quiet --no-deps --only-binary=:all: --python-version 3.11 \
    --platform manylinux_2_17_x86_64 --dest "$scratch" mediapipe==0.10.14
unzip -q "$scratch"/mediapipe-*.whl 'mediapipe/modules/face_detection/*' -d "$scratch"
"$scratch/venv/bin/python" runs/facings_faces.py \
    "$scratch/mediapipe/modules/face_detection/face_detection_short_range.tflite" src/facings/weights
