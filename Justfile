# trawl's tasks. `just` lists them.

# The binary, built when needed.
trawl := "cargo run --release --quiet --"

_default:
    @just --list --unsorted

# The whole way on the built-in demo site: names, dataset, classifier
[group('run')]
demo *ARGS:
    {{ trawl }} demo {{ ARGS }}

# Names to a dataset: just crawl names.txt [--engine E]..
[group('run')]
crawl NAMES *ARGS:
    {{ trawl }} crawl {{ NAMES }} {{ ARGS }}

# Ask the engines again and add what is new
[group('run')]
refresh *ARGS:
    {{ trawl }} refresh {{ ARGS }}

# Fine-tune VGG16 on the newest dataset
[group('run')]
train *ARGS:
    {{ trawl }} train {{ ARGS }}

# Measure the newest run on its test split
[group('run')]
evaluate *ARGS:
    {{ trawl }} evaluate {{ ARGS }}

# Name what is on pictures: just predict picture.jpg
[group('run')]
predict *ARGS:
    {{ trawl }} predict {{ ARGS }}

# Write the newest dataset's report again
[group('run')]
report *ARGS:
    {{ trawl }} report {{ ARGS }}

# All fast tests
[group('check')]
test:
    cargo test --workspace

# The slow tests as well: two hundred kills, ten million candidates, a million hashes, the vgg head. What is timed runs alone
[group('check')]
test-slow:
    cargo test --workspace -- --include-ignored --skip ten_million --skip a_million_pictures --skip a_list_of_a_hundred_thousand --skip acceptance_of_4_000 --skip probes_of_a_picture --skip sixty_four --skip beyond_what_is_confirmed
    cargo test --release -p trawl-crawler ten_million -- --ignored --nocapture
    cargo test --release -p trawl-dataset --lib -- --ignored --nocapture --test-threads 1
    cargo test -p trawl --test integration sixty_four -- --ignored --nocapture

# Formatting, lints and documentation
[group('check')]
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

# Licences, sources and banned crates
[group('check')]
deny:
    cargo deny --log-level error check bans licenses sources

# Everything CI runs, cheapest first
[group('check')]
ci: lint deny test

# The other devices still compile
[group('check')]
check-devices:
    cargo clippy -p trawl --features ndarray -- -D warnings
    cargo test -p trawl-training --features ndarray ndarray
    cargo check -p trawl --features wgpu
    # An LLVM that the CUDA path of burn brings would be downloaded by its build script; checking needs none.
    DOCS_RS=1 cargo check -p trawl --features cuda

# JPEG by the system's libjpeg-turbo (needs libturbojpeg0-dev and pkg-config; outside ci)
[group('check')]
check-turbo:
    cargo clippy -p trawl-dataset --all-targets --features libjpeg-turbo -- -D warnings
    cargo test -p trawl-dataset --features libjpeg-turbo
    cargo check -p trawl --features libjpeg-turbo

# Each reader of strangers' bytes under libFuzzer, so many seconds each (needs cargo-fuzz; outside ci)
[group('check')]
fuzz SECONDS="600" TARGETS="names retry_after robots_tag robots tdmrep license engines jpeg png gif webp bmp tiff icc":
    for target in {{ TARGETS }}; do mkdir -p "fuzz/corpus/$target" "fuzz/seeds/$target"; cargo fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- -max_total_time={{ SECONDS }} -max_len=65536 -timeout=20 -rss_limit_mb=1024 || exit 1; done

# The test pictures of other programs: no panic, hang or memory over the bound (fetches their sources; outside ci)
[group('check')]
corpora *FOLDERS:
    bash tests/corpora/run.sh {{ FOLDERS }}

# A dataset and its exports in torchvision, datasets, webdataset, lmdb and plyvel (a Python environment of its own; skipped when it cannot be made)
[group('check')]
peers *ARGS:
    bash tests/peers/run.sh {{ ARGS }}

# Reports of 50 and of 20,000 pictures in headless Chromium at 1280 and 400 px: filters, search, speed (some minutes the first time)
[group('check')]
look *PAGES:
    bash tests/look/run.sh {{ PAGES }}

# What is measured of the pictures of a folder, to choose thresholds by: just quality [--list] FOLDER..
[group('check')]
quality *FOLDERS:
    bash tests/quality/run.sh {{ FOLDERS }}

# Near-duplicates among edited photographs and drawings, against imagededup (downloads packages; see tests/neardup/run.sh)
[group('perf')]
neardup *ARGS:
    bash tests/neardup/run.sh {{ ARGS }}

# CPU time an image against img2dataset, on loopback: just bench SCRIPTS (see tests/bench/run.sh)
[group('perf')]
bench *ARGS:
    bash tests/bench/run.sh {{ ARGS }}
