#!/usr/bin/env bash
# Loads a dataset with the real readers, torchvision and Hugging Face datasets, and compares counts by split and class.
# usage: run.sh [DATASET]     default: data/demo
# The Python environment is made once under target/peers (some GB: it has torch); skipped with a message when it cannot be.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${TRAWL_PEERS_PYTHON:-target/peers/venv/bin/python}
dataset=${1:-data/demo}
if [ ! -f "$dataset/index.jsonl" ]; then
  echo "there is no published dataset $dataset; run \`just demo\` first" >&2
  exit 1
fi
if ! "$python" -c 'import torchvision, datasets' 2>/dev/null; then
  mkdir -p target/peers
  if ! { python3 -m venv target/peers/venv && target/peers/venv/bin/pip install --quiet torch torchvision datasets pillow; }; then
    echo "skipped: no Python environment with torchvision and datasets could be made"
    exit 0
  fi
  python=target/peers/venv/bin/python
fi
HF_HUB_OFFLINE=1 HF_DATASETS_CACHE=target/peers/cache exec "$python" tests/peers/load.py "$dataset"
