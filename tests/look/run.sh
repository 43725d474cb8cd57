#!/usr/bin/env bash
# Opens report pages in headless Chromium at 1280 and 400 px and fails on a console error, a request to a host, a horizontal scroll bar, a
# picture that did not load, a filter or a search that gives other pictures than the data has, or one that takes over a second.
# Screenshots go to target/look.
# usage: run.sh [PAGE...]     default: reports of two datasets that are made for it, of 50 pictures and of 20,000 (TRAWL_LOOK_PICTURES
# gives other numbers), one of the small one with its pictures inlined, and the demo's two where they are
# TRAWL_LOOK_BINARY: the program, built when not given
# needs: chromium and chromedriver, python3 with venv; says so and skips when it cannot have them
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=target/look/venv
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
driver=$(command -v chromedriver || true)
if [ -z "$chromium" ] || [ -z "$driver" ]; then
  echo "skipped: chromium and chromedriver are not installed"
  exit 0
fi
if ! "$venv/bin/python" -c 'import selenium, PIL' 2>/dev/null; then
  mkdir -p target/look
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet selenium pillow; }; then
    echo "skipped: no Python environment with selenium and pillow could be made"
    exit 0
  fi
fi
if [ $# -eq 0 ]; then
  counts=${TRAWL_LOOK_PICTURES:-50 20000}
  trawl=${TRAWL_LOOK_BINARY:-}
  # The program refuses settings that it does not know.
  unset TRAWL_LOOK_BINARY TRAWL_LOOK_PICTURES
  if [ -z "$trawl" ]; then
    cargo build --release --quiet
    trawl=$(cargo metadata --format-version 1 --no-deps | "$venv/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/trawl
  fi
  # Pictures and datasets stay from run to run, the reports are written anew.
  work=target/look/datasets
  mkdir -p "$work"
  printf '[quality]\nfolders = true\n' > "$work/judge.toml"
  for count in $counts; do
    if [ ! -f "$work/$count/index.jsonl" ]; then
      rm -rf "$work/$count" "$work/pictures-$count"
      "$venv/bin/python" tests/look/pictures.py "$work/pictures-$count" "$count"
      "$trawl" crawl --engine "folder:$work/pictures-$count" --out "$work/$count" --config "$work/judge.toml" --quiet
    fi
    began=$(date +%s%N)
    "$trawl" report "$work/$count" --quiet
    echo "report of $count pictures: $(( ($(date +%s%N) - began) / 1000000 )) ms, $(stat -c %s "$work/$count/report.html") bytes"
    set -- "$@" "$work/$count/report.html"
  done
  small=$(printf '%s\n' $counts | sort -n | head -1)
  mkdir -p "$work/inline"
  "$trawl" report "$work/$small" --inline --quiet
  mv "$work/$small/report.html" "$work/inline/report.html"
  "$trawl" report "$work/$small" --quiet
  set -- "$@" "$work/inline/report.html"
  for page in data/demo/report.html runs/demo/report.html; do
    if [ -f "$page" ]; then set -- "$@" "$page"; fi
  done
fi
exec "$venv/bin/python" tests/look/look.py "$chromium" "$driver" target/look "$@"
