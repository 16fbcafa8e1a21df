#!/usr/bin/env bash
# The SDK's headers, each by itself, without a warning: C99, C11, C17 for the C headers, C++17, C++20, C++23 for all.
# arguments: source folder, LibTorch or nothing
source "$(dirname "$0")/install.sh"
include=$1/sdk/include torch=${2:-}
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Werror)

names() { (cd "$include" && find gistmill -name "$1" | sort); }
needs_torch() { grep -qE 'ATen/|c10/|gistmill/(torch|products|layers|gist)\.hpp|"(torch|products)\.hpp"' "$include/$1"; }

check() {  # COMPILER LANGUAGE STANDARD FLAGS... -- HEADERS...: each header by itself
  local compiler=$1 language=$2 standard=$3 flags=() header
  shift 3
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  for header in "$@"; do
    printf '#include <%s>\nextern int after;\n' "$header" |
      "$compiler" -x "$language" -std="$standard" "${warnings[@]}" -DGISTMILL_MANIFEST='"none"' -fsyntax-only \
        -I"$include" "${flags[@]}" - || fail "$header does not compile with $compiler -std=$standard"
  done
}

together() {  # all headers in one source, in the order of names and backwards
  local compiler=$1 standard=$2
  shift 2
  { printf '#include <%s>\n' "$@"; printf '%s\n' "$@" | tac | sed 's/.*/#include <&>/'; } |
    "$compiler" -x c++ -std="$standard" "${warnings[@]}" -DGISTMILL_MANIFEST='"none"' -fsyntax-only -I"$include" \
      -isystem /usr/include/hdf5/serial - || fail "the headers do not compile with $compiler -std=$standard"
}

mapfile -t c_headers < <(names '*.h')
plain_headers=("${c_headers[@]}") torch_headers=()
for header in $(names '*.hpp'); do
  if needs_torch "$header"; then torch_headers+=("$header"); else plain_headers+=("$header"); fi
done
[ ${#c_headers[@]} -ge 6 ] && [ ${#plain_headers[@]} -ge 20 ] || fail "found too few headers"

alone() {
  check g++ c++ c++17 -isystem /usr/include/hdf5/serial -- "${plain_headers[@]}"
}

with_every_compiler() {
  local c cxx standard
  while read -r c cxx; do
    for standard in c99 c11 c17; do check "$c" c $standard -- "${c_headers[@]}"; done
    for standard in c++17 c++20 c++2b; do together "$cxx" $standard "${plain_headers[@]}"; done
  done < <(compilers)
}

with_torch() {
  local standard
  for standard in c++17 c++20; do
    printf '#include <%s>\n' "${torch_headers[@]}" |
      g++ -x c++ -std=$standard "${warnings[@]}" -fsyntax-only -I"$include" -idirafter "$torch/include" - ||
      fail "the headers for LibTorch do not compile with g++ -std=$standard"
  done
}

alone & first=$!
with_every_compiler & second=$!
wait $first
[ -z "$torch" ] || with_torch
wait $second
