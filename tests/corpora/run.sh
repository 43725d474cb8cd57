#!/usr/bin/env bash
# Decodes the test pictures of Pillow, libtiff, giflib, libwebp and libjpeg-turbo, and ten of them cut at every length.
# usage: run.sh [FOLDER]     more pictures, or instead of packages when none can be fetched
# The sources come from the package registries, once, into target/corpora; what cannot be had is said and left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
store=${CARGO_TARGET_DIR:-target}/corpora
mkdir -p "$store"
store=$(cd "$store" && pwd)

# Debian's sources, by an apt that looks at nothing but this folder and the machine's own mirror.
apt_sources() {
  mkdir -p "$store/apt/lists/partial" "$store/apt/archives/partial"
  local mirror suite keyring
  mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)
  suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  keyring=$(ls /usr/share/keyrings/debian-archive-keyring.* 2>/dev/null | head -n 1)
  [ -n "$mirror" ] && [ -n "$suite" ] && [ -n "$keyring" ] || return 1
  printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$mirror" "$suite" "$keyring" >"$store/apt/source.sources"
  local options=(-q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$store/apt" -o "Dir::State::lists=$store/apt/lists" -o "Dir::Cache=$store/apt" -o APT::Get::List-Cleanup=0)
  apt-get "${options[@]}" update >/dev/null || return 1
  local package
  for package in tiff giflib libwebp libjpeg-turbo; do
    (cd "$store" && apt-get "${options[@]}" source --download-only "$package" >/dev/null) || echo "left out: the source of $package cannot be had"
  done
}

pillow_source() {
  [ -x "$store/venv/bin/pip" ] || python3 -m venv "$store/venv"
  "$store/venv/bin/pip" install --quiet --upgrade pybind11 setuptools wheel
  "$store/venv/bin/pip" download --quiet --no-binary :all: --no-deps --no-build-isolation --dest "$store" pillow
}

unpack() { # unpack ARCHIVE NAME
  [ -d "$store/$2" ] || { mkdir -p "$store/$2.new" && tar -xf "$1" -C "$store/$2.new" && mv "$store/$2.new" "$store/$2"; }
}

ls "$store"/tiff_*.orig.tar.* >/dev/null 2>&1 || apt_sources || echo "left out: no sources of Debian packages can be had"
ls "$store"/[Pp]illow-*.tar.gz >/dev/null 2>&1 || pillow_source || echo "left out: the source of pillow cannot be had"
folders=()
for archive in "$store"/*.orig.tar.* "$store"/[Pp]illow-*.tar.gz; do
  case $archive in *.asc | *\**) continue ;; esac
  name=$(basename "$archive" | sed 's/[-_].*//' | tr '[:upper:]' '[:lower:]')
  unpack "$archive" "$name"
done
add() { if [ -d "$1" ]; then folders+=("$1"); fi; }
# Whole sources of the libraries: what is no picture must be told as well.
for folder in "$store"/pillow/*/Tests/images "$store"/{tiff,giflib,libwebp,libjpeg} "$@"; do
  add "$folder"
done
if [ ${#folders[@]} = 0 ]; then
  echo "skipped: no pictures; name a folder of them"
  exit 0
fi
cargo build --release --quiet -p trawl-dataset --example decode_corpus
decode=${CARGO_TARGET_DIR:-target}/release/examples/decode_corpus
status=0
for folder in "${folders[@]}"; do
  echo "== ${folder#"$store"/}: $(find "$folder" -type f | wc -l) files"
  "$decode" "$folder" >"$store/last.log" || status=1
  grep -A 1000 ' files$' "$store/last.log"
done
echo "== every beginning of ten pictures"
"$decode" --cut crates/dataset/fixtures/colour/cmyk.jpg crates/dataset/fixtures/colour/ycck.jpg crates/dataset/fixtures/successive.jpg \
  crates/dataset/fixtures/png/interlaced-16.png crates/dataset/fixtures/png/interlaced-palette.png \
  crates/dataset/fixtures/tiff/rgb-strips-lzw-predictor.tif crates/dataset/fixtures/tiff/ycbcr-jpeg.tif crates/dataset/fixtures/tiff/bits-group4.tif \
  fuzz/seeds/gif/*.gif fuzz/seeds/webp/*.webp fuzz/seeds/bmp/*.bmp fuzz/seeds/jpeg/*.jpg | grep -A 1000 ' files$' || status=1
exit $status
