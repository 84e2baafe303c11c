#!/usr/bin/env bash
# Runs the whole gpu benchmark in less than eight minutes: run-gpu-benchmark.sh [FOLDER] [--short]
# The folder gets results.json and results.md. If python3 has torch, PyTorch is measured as well. Exits with 3 if there is no device.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=gpu-benchmark-results
if [ $# -gt 0 ] && [ "$1" != --short ]; then
  folder=$1
  shift
fi
# What was measured until then is written.
timeout --signal=INT --kill-after=10 470 "$here/AarenGen.GpuBenchmark" --output "$folder" "$@"
