#!/usr/bin/env bash
# Plugins of every release of the ABI that is kept train in the program of today: today's source built with the headers
# of then, and the library that was built then. The checking proxy watches, and the losses are those of today's plugin.
# arguments: build folder, source folder, scratch folder
source "$(dirname "$0")/../install/install.sh"
build=$1 source_folder=$2
use_scratch "$3"
export GISTMILL_CHECK=1

losses() {  # FOLDER: what a short training with the plugin of this folder says
  rm -rf "$scratch/run"
  quietly "$build/bin/gistmill" run "$source_folder/tests/plugins/plain/ramp.toml" --plugins "$1" --folder "$scratch/run"
  grep -h '"event":"step"' "$scratch/run/events.jsonl" | grep -oE '"loss":[^,}]+' || fail "the run with $1 logged no loss"
}

mkdir "$scratch/today"
cp "$build/tests/plugins/plain.so" "$scratch/today/"
today=$(losses "$scratch/today")

for headers in "$source_folder"/sdk/compat/*/; do
  release=$(basename "$headers")
  mkdir -p "$scratch/$release/source" "$scratch/$release/binary"
  quietly "$source_folder/tests/compat/build_plain.sh" "$headers" "$release" "$scratch/$release/source/plain.so"
  [ "$(losses "$scratch/$release/source")" = "$today" ] || fail "built with the headers of $release it trains otherwise"
  printf '%s: built with its headers it trains\n' "$release"
  if [ "$(uname -m)" != x86_64 ]; then
    printf '%s: the library that was built then is for x86-64\n' "$release"
    continue
  fi
  (cd "$source_folder/tests/compat/$release" && quietly sha256sum --check SHA256SUMS)
  cp "$source_folder/tests/compat/$release/plain.so" "$scratch/$release/binary/"
  [ "$(losses "$scratch/$release/binary")" = "$today" ] || fail "the library that was built with $release trains otherwise"
  printf '%s: the library that was built then trains\n' "$release"
done
