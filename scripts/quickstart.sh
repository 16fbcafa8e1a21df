#!/usr/bin/env bash
# From a fresh clone to a measured result: installs, builds, fetches model and text, trains two compressors
# and prints the table. Run again, it goes on where it was stopped, or shows the result that is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source scripts/setup.sh
say "building"
cmake --preset release >/dev/null || fail "cmake could not configure; its messages are above"
cmake --build --preset release --target program
scripts/fetch-model.sh
scripts/fetch-text.sh
exec build/release/bin/gistmill run recipes/gistnet/quickstart.toml --resume "$@"
