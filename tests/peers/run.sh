#!/usr/bin/env bash
# Loads a dataset and every export of it with the real readers (torchvision, Hugging Face datasets, webdataset, lmdb, plyvel) and
# compares counts, classes, order and pixels; then imports the exports, and what the real writers make of it, and compares again.
# usage: run.sh [DATASET]     default: one that is made for it, of names that readers stumble over
# TRAWL_PEERS_BINARY: the program, built when not given. TRAWL_PEERS_PYTHON: a Python that has the readers; else an environment is
# made once under target/peers (some GB: it has torch); skipped with a message when it cannot be.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${TRAWL_PEERS_PYTHON:-target/peers/venv/bin/python}
modules="torchvision, datasets, webdataset, lmdb, plyvel, google.protobuf"
if ! "$python" -c "import $modules" 2>/dev/null; then
  mkdir -p target/peers
  if ! { python3 -m venv target/peers/venv && target/peers/venv/bin/pip install --quiet torch torchvision datasets pillow webdataset lmdb plyvel protobuf; }; then
    echo "skipped: no Python environment with $modules could be made"
    exit 0
  fi
  python=target/peers/venv/bin/python
fi
if [ -n "${TRAWL_PEERS_BINARY:-}" ]; then
  trawl=$TRAWL_PEERS_BINARY
else
  cargo build --release --quiet
  trawl=$(cargo metadata --format-version 1 --no-deps | "$python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/trawl
fi
# The program refuses settings that it does not know.
unset TRAWL_PEERS_BINARY TRAWL_PEERS_PYTHON
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HF_HUB_OFFLINE=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1 HF_DATASETS_CACHE=$work/cache PYTHONDONTWRITEBYTECODE=1
dataset=${1:-}
if [ -z "$dataset" ]; then
  "$python" tests/peers/pictures.py "$work/pictures"
  dataset=$work/dataset
  "$trawl" import "$work/pictures" --to "$dataset" --quiet
elif [ ! -f "$dataset/index.jsonl" ]; then
  echo "there is no published dataset $dataset; name one that has been crawled" >&2
  exit 1
fi
bad=0
"$python" tests/peers/load.py "$dataset" || bad=1
for format in imagefolder webdataset parquet lmdb leveldb; do
  "$trawl" export "$dataset" --format $format --to "$work/exports/$format" --quiet
done
for format in lmdb leveldb; do
  "$trawl" export "$dataset" --format $format --encoded --to "$work/exports/$format-encoded" --quiet
done
"$python" tests/peers/exports.py "$dataset" "$work/exports" || bad=1
mkdir "$work/returned"
for format in imagefolder webdataset parquet lmdb-encoded leveldb-encoded; do
  "$trawl" import "$work/exports/$format" --to "$work/returned/$format" --quiet
done
for format in lmdb leveldb; do
  "$trawl" import "$work/exports/$format" --to "$work/returned/$format-raw" --quiet
done
"$python" tests/peers/foreign.py "$dataset" "$work/foreign"
for format in parquet webdataset lmdb lmdb-raw leveldb leveldb-log; do
  "$trawl" import "$work/foreign/$format" --to "$work/returned/foreign-$format" --quiet
done
"$python" tests/peers/returned.py "$dataset" "$work"/returned/* || bad=1
exit $bad
