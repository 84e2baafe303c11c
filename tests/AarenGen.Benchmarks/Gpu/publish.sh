#!/usr/bin/env bash
# Publishes the gpu benchmark as one native program, with the golden files and the script that runs it: publish.sh [FOLDER]
# The folder can be copied to a machine that has a GPU, its driver and NVRTC, but no .NET. Publishing needs gcc or clang and zlib's
# headers.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(realpath -m "${1:-gpu-benchmark}")
dotnet publish -c Release --use-current-runtime -o "$folder" "$here/../../AarenGen.GpuBenchmark/AarenGen.GpuBenchmark.csproj"
rm -f "$folder"/*.dbg "$folder"/*.pdb "$folder"/*.xml
mkdir -p "$folder/Golden"
cp "$here"/../../AarenGen.Tests/Golden/*.safetensors "$folder/Golden/"
cp "$here/run-gpu-benchmark.sh" "$folder/"
echo "Published to $folder: copy it whole, then run ./run-gpu-benchmark.sh there."
