#!/usr/bin/env bash
# clang-tidy (.clang-tidy) over the sources: all of them (about half an hour on two cores), or those that changed.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/tidy.sh [--changed [COMMIT]] [--most N] [--help] [FILE.cpp...]

  --changed [COMMIT]   only sources that differ from COMMIT, committed or not (default: where this branch left
                       origin/main, or the commit before the last)
  --most N             at most N sources, the smallest ones; says how many it left out
  FILE.cpp...          only these

A warning is an error. Exit code 1: clang-tidy found something.
TEXT
}

changed=
since=
files=()
most=
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --changed) changed=yes ;;
    --most)
      most=${2:-}
      case $most in '' | *[!0-9]*) usage >&2; exit 2 ;; esac
      shift ;;
    -*) usage >&2; exit 2 ;;
    *) if [ -n "$changed" ] && [ -z "$since" ] && [ ! -e "$1" ]; then since=$1; else files+=("$1"); fi ;;
  esac
  shift
done
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup.sh
install_packages clang-tidy-14 libomp-14-dev  # omp.h, which LibTorch includes; GCC's is not for clang

# The last commit that all of us have: a branch is compared with where it left main, main with its last commit.
base_of_changes() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null || true)
  if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then base=HEAD~1; fi
  printf '%s' "$base"
}

readonly sources=('host/*.cpp' 'sdk/*.cpp' 'plugins/*.cpp')
cmake --preset tidy >/dev/null
if [ -n "$changed" ]; then
  base=${since:-$(base_of_changes)}
  if ! git rev-parse --quiet --verify "$base^{commit}" >/dev/null; then
    say "clang-tidy: there is no $base to compare with (a clone without history?), nothing is checked"
    exit 0
  fi
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- "${sources[@]}")
  say "clang-tidy: ${#files[@]} sources differ from $(git rev-parse --short "$base")"
elif [ ${#files[@]} = 0 ]; then
  mapfile -t files < <(git ls-files -- "${sources[@]}")
fi
# Only what the build knows: fuzz targets and an outsider's projects are compiled elsewhere.
known=()
for file in "${files[@]}"; do
  if grep -qF "\"file\": \"$PWD/$file\"" build/tidy/compile_commands.json; then known+=("$file"); fi
done
[ ${#known[@]} -gt 0 ] || exit 0
if [ -n "$most" ] && [ ${#known[@]} -gt "$most" ]; then
  say "clang-tidy: $((${#known[@]} - most)) of ${#known[@]} sources are left out; scripts/tidy.sh checks all"
  mapfile -t known < <(wc -c "${known[@]}" | grep -v ' total$' | sort -n | head -n "$most" | sed -E 's/^ *[0-9]+ //')
fi
printf '%s\0' "${known[@]}" | xargs -0 -P "$(nproc)" -n 1 clang-tidy-14 -p build/tidy --quiet 2> >(grep -vE '^[0-9]+ warnings? generated' >&2) ||
  exit 1  # xargs has a code of its own
