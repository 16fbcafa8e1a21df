#!/usr/bin/env bash
# Builds the fuzz targets and gives each parser INPUTS inputs (20,000 unless told), or SECONDS seconds (15)
# where that comes first:  scripts/fuzz.sh [INPUTS] [SECONDS] [TARGET...]
# What was learned is kept in build/fuzz/corpus; an input that fails is written to build/fuzz/findings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly inputs=${1:-20000} seconds=${2:-15}
readonly build=build/fuzz

command -v clang++-14 >/dev/null || { printf 'error: clang-14 is missing; run scripts/setup.sh\n' >&2; exit 1; }
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
"$build/fuzz/fuzz_seeds" "$build/seeds"
mkdir -p "$build/findings"

# fuzz TARGET: one line on what was done, or what failed and its output.
fuzz() {
  local target=$1 start=$SECONDS output dictionary=tests/fuzz/dictionaries/$1 options
  mkdir -p "$build/corpus/$target"
  options=(-runs="$inputs" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=1024 -malloc_limit_mb=256
           -max_len=16384 -print_final_stats=1 -verbosity=0 -artifact_prefix="$build/findings/$target-")
  [ -f "$dictionary" ] && options+=(-dict="$dictionary")
  if output=$("$build/fuzz/targets/$target" "${options[@]}" "$build/corpus/$target" "$build/seeds/$target" 2>&1); then
    printf '%s: %s inputs in %s s, no finding\n' "$target" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' <<<"$output")" $((SECONDS - start))
  else
    printf '%s\nerror: %s failed; the input is in %s/findings\n' "$output" "$target" "$build" >&2
    return 1
  fi
}
export -f fuzz
export inputs seconds build

if [ $# -gt 2 ]; then targets=("${@:3}"); else mapfile -t targets < <(ls "$build/fuzz/targets"); fi
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}'  # as many at once as there are processors
