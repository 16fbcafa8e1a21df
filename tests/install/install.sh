# Sourced by the tests of this folder: an empty scratch folder, installing into it, and what a check says when it fails.
# shellcheck shell=bash
set -euo pipefail

fail() { printf 'failed: %s\n' "$*" >&2; exit 1; }
skip() { printf 'skipped: %s\n' "$*"; exit 77; }

quietly() {  # COMMAND...: its output is shown where it fails
  "$@" >"$scratch/output" 2>&1 || { cat "$scratch/output" >&2; fail "$*"; }
}

use_scratch() {  # FOLDER
  scratch=$1
  rm -rf "$scratch"
  mkdir -p "$scratch"
  trap 'rm -rf "$scratch"' EXIT
}

# Does what `cmake --install BUILD --component COMPONENT --prefix PREFIX` does, but writes the list of files into the
# scratch folder: the build folder's own belongs to its user, who may want to uninstall.
install_to() {  # BUILD PREFIX COMPONENT...
  local build=$1 prefix=$2 component
  shift 2
  sed "s#\"$build/\${CMAKE_INSTALL_MANIFEST}\"#\"$scratch/\${CMAKE_INSTALL_MANIFEST}\"#" \
    "$build/cmake_install.cmake" >"$scratch/install.cmake"
  for component in "$@"; do
    quietly cmake -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_COMPONENT="$component" -P "$scratch/install.cmake"
  done
  [ -f "$scratch/install_manifest_$1.txt" ] || fail "the list of installed files is not in the scratch folder"
}

compilers() {  # pairs "C C++" that are there
  printf 'gcc g++\n'
  if command -v clang-14 >/dev/null && command -v clang++-14 >/dev/null; then
    printf 'clang-14 clang++-14\n'
  else
    printf 'without clang: clang-14 is not installed\n' >&2
  fi
}

expect_plugin() {  # PROGRAM LIBRARY TEXT: the host reads it, and it exports one symbol
  local exported
  exported=$(nm -D --defined-only "$2" | awk '{print $3}')
  [ "$exported" = gm_plugin ] || fail "$2 exports '$exported' when it should export gm_plugin alone"
  "$1" plugins inspect "$2" | grep -q "$3" || fail "plugins inspect $2 does not say '$3'"
}

# Writes the files of a page, its commands (`sh`) to commands.sh and those that train (`sh training`) to training.sh. A file's
# block follows a line that is nothing but its name: `first-hour/recipe.toml`:
take_apart() {  # PAGE FOLDER
  awk -v folder="$2/" '
    /^`[^`]+`:$/ { file = substr($0, 2, length($0) - 3); next }
    /^```/ {
      inside = !inside
      out = ""
      if (!inside) next
      if ($0 == "```sh") out = folder "commands.sh"
      else if ($0 == "```sh training") out = folder "training.sh"
      else if (file != "") out = folder file
      file = ""
      next
    }
    out != "" { print > out }
  ' "$1"
}
