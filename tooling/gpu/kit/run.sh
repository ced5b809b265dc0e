#!/bin/bash
# Checks saeno's WebGPU backend on this machine's GPU and times it next to PyTorch: bash run.sh [OUT] [flags]; --help lists them.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/unpack.sh" || exit 1
"$KIT/bin/node" "$KIT/gpu/dist/run.js" "$@"
