#!/usr/bin/env bash
# CPU time an extra accepted image and accepted images a second, trawl against img2dataset, on the same web-sized JPEGs from the same
# nginx on loopback, in one run. Both are run on a short and on a long list; the slope leaves start-up out (img2dataset's alone is
# some 19 CPU seconds).
# usage: run.sh SCRIPTS [SHORT LONG]     SCRIPTS holds make_corpus.py and nginx.conf; default 1000 and 4000 pictures
#        ROUNDS=1 run.sh SCRIPTS    is quicker and less sure than the usual three
#        FEATURES=libjpeg-turbo run.sh SCRIPTS    measures a build with that feature, kept apart from the usual one
# needs: nginx, GNU time, python3 with pillow and img2dataset (IMG2DATASET=path to the program)
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts=${1:?name the folder with make_corpus.py and nginx.conf}
short=${2:-1000} long=${3:-4000} rounds=${ROUNDS:-3}
work=$(realpath -m target/bench)
python=${PYTHON:-python3}
img2dataset=${IMG2DATASET:-img2dataset}
target=${CARGO_TARGET_DIR:-$PWD/target}${FEATURES:+/$FEATURES}
cargo build --release --quiet --target-dir "$target" ${FEATURES:+--features "$FEATURES"}
trawl=$target/release/trawl
mkdir -p "$work"
if [ ! -f "$work/corpus-$long/urls.txt" ]; then
  "$python" "$scripts/make_corpus.py" "$work/corpus-$long" --count "$long"
fi
sed "s#CORPUS#$work/corpus-$long#; s#pid nginx-bench.pid#user root; pid $work/nginx.pid#" "$scripts/nginx.conf" > "$work/nginx.conf"
nginx -c "$work/nginx.conf" -e "$work/nginx.log"
# Nothing is deleted before all is measured: ext4 gives out no inode for minutes after its deletion, and looking for others costs CPU time.
made=$(mktemp -d "$work/made-XXXXXX")
trap 'nginx -c "$work/nginx.conf" -e "$work/nginx.log" -s quit; rm -rf "$work"/made-*' EXIT

# Arguments: list, folder to make. Prints: CPU seconds, wall seconds, peak kB, accepted.
ours() {
  /usr/bin/time -o "$work/time" -f '%U %S %e %M' "$trawl" crawl --engine "urls:$1" --label all --out "$2" --quiet --allow-private-hosts --config "$work/trawl.toml" >&2
  echo "$(awk '{print $1+$2, $3, $4}' "$work/time") $(find "$2/images" -name '*.jpg' | wc -l)"
}
theirs() {
  NO_ALBUMENTATIONS_UPDATE=1 /usr/bin/time -o "$work/time" -f '%U %S %e %M' "$img2dataset" --url_list "$1" --output_folder "$2" \
    --processes_count "$(nproc)" --thread_count 64 --image_size 224 --resize_mode center_crop --output_format files \
    --number_sample_per_shard 250 --enable_wandb False >"$work/theirs.log" 2>&1
  echo "$(awk '{print $1+$2, $3, $4}' "$work/time") $(find "$2" -name '*.jpg' | wc -l)"
}
printf '[crawl]\nhost_interval = "0ms"\nper_host = 8\n' > "$work/trawl.toml"
head -n "$short" "$work/corpus-$long/urls.txt" > "$work/short.txt"
head -n "$long" "$work/corpus-$long/urls.txt" > "$work/long.txt"
# Single runs differ by a tenth on a busy machine, so each is made several times in turn, and the median of each figure counts.
for round in $(seq "$rounds"); do
  for list in short long; do
    echo "ours-$list $(ours "$work/$list.txt" "$made/ours-$round-$list")"
    echo "theirs-$list $(theirs "$work/$list.txt" "$made/theirs-$round-$list")"
  done
  echo "round $round of $rounds done" >&2
done | awk '
  function median(of, column,   i, j, n, swap, all) {
    n=count[of]
    for (i=1; i<=n; i++) all[i]=seen[of, i, column]
    for (i=1; i<=n; i++) for (j=i+1; j<=n; j++) if (all[j]<all[i]) { swap=all[i]; all[i]=all[j]; all[j]=swap }
    return n%2 ? all[(n+1)/2] : (all[n/2]+all[n/2+1])/2
  }
  { count[$1]++; for (i=2; i<=5; i++) seen[$1, count[$1], i]=$i }
  END {
    split("ours-short theirs-short ours-long theirs-long", runs, " ")
    for (i=1; i<=4; i++) { cpu[i]=median(runs[i], 2); wall[i]=median(runs[i], 3); rss[i]=median(runs[i], 4); n[i]=median(runs[i], 5) }
    ours=(cpu[3]-cpu[1])/(n[3]-n[1])*1000; theirs=(cpu[4]-cpu[2])/(n[4]-n[2])*1000
    our_rate=(n[3]-n[1])/(wall[3]-wall[1]); their_rate=(n[4]-n[2])/(wall[4]-wall[2])
    printf "%-12s %8s %8s %10s %9s %14s %14s\n", "", "pictures", "wall s", "CPU s", "peak MB", "CPU ms/extra", "extra/wall s"
    printf "%-12s %8d %8.1f %10.1f %9.0f %14.2f %14.0f\n", "trawl", n[3], wall[3], cpu[3], rss[3]/1024, ours, our_rate
    printf "%-12s %8d %8.1f %10.1f %9.0f %14.2f %14.0f\n", "img2dataset", n[4], wall[4], cpu[4], rss[4]/1024, theirs, their_rate
    printf "{\"trawl_ms\": %.2f, \"img2dataset_ms\": %.2f, \"ratio\": %.3f, \"trawl_per_s\": %.0f, \"img2dataset_per_s\": %.0f, \"rate_ratio\": %.2f, \"trawl_peak_mb\": %.0f}\n",
      ours, theirs, ours/theirs, our_rate, their_rate, our_rate/their_rate, rss[3]/1024
  }'
