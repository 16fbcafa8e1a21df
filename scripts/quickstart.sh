#!/usr/bin/env bash
# From a fresh clone to a measured result: installs, builds, fetches model and text, trains two compressors
# and prints the table. Run again, it goes on where it was stopped, or shows the result that is there.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/quickstart.sh [--full] [OPTION OF gistmill run]...

Trains two compressors and measures them, within about a quarter of an hour after the build on any machine: fewer
steps are taken on a slow one, and the run says how many.

  --full   all steps, without a bound in time (recipes/gistnet/quickstart-full.toml)
TEXT
}

recipe=recipes/gistnet/quickstart.toml
options=()
for word in "$@"; do
  case "$word" in
    -h | --help) usage; exit 0 ;;
    --full) recipe=recipes/gistnet/quickstart-full.toml ;;
    *) options+=("$word") ;;
  esac
done
set --

cd "$(dirname "${BASH_SOURCE[0]}")/.."

source scripts/setup.sh
say "building"
cmake --preset release >/dev/null || fail "cmake could not configure; its messages are above"
cmake --build --preset release --target program
scripts/fetch-model.sh
scripts/fetch-text.sh
exec build/release/bin/gistmill run "$recipe" --resume "${options[@]}"
