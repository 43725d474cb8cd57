#!/usr/bin/env bash
# Prints what is measured of the pictures of folders, and how many each default threshold leaves out, so that thresholds can be
# chosen: sort the list by a column, look at the pictures on either side of a value.
# usage: run.sh [--list] [FOLDER...]     default: data/gallery, of which more than one picture in fifty left out is a failure
# --list also prints a line a picture, tab-separated: run.sh --list FOLDER | sort -t "$(printf '\t')" -k4 -g
set -euo pipefail
cd "$(dirname "$0")/../.."
scores() { cargo run --release --quiet -p trawl-dataset --example quality_scores -- "$@"; }
if [ $# -gt 0 ]; then
  scores "$@"
  exit
fi
table=$(scores data/gallery)
echo "$table"
echo "$table" | awk '/ pictures of / { all = $1 } $1 == "any" { any = $2 }
  END { if (all == 0) { print "no picture was measured"; exit 1 }
        if (any * 50 > all) { print any " of " all " drawings are left out"; exit 1 } }'
