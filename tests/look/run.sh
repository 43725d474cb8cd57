#!/usr/bin/env bash
# Opens report pages in headless Chromium at 1280 and 400 px and fails on a console error, a horizontal scroll bar or a
# picture that did not load. Screenshots go to target/look.
# usage: run.sh [PAGE...]     default: the demo's two reports
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
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import selenium' 2>/dev/null; then
  mkdir -p target/look
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet selenium; }; then
    echo "skipped: no Python environment with selenium could be made"
    exit 0
  fi
fi
[ $# -gt 0 ] || set -- data/demo/report.html runs/demo/report.html
exec "$venv/bin/python" tests/look/look.py "$chromium" "$driver" target/look "$@"
