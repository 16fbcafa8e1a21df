#!/usr/bin/env bash
# scripts/check-abi.sh finds what would break a plugin that was built with an older release, and allows what docs/abi.md
# allows: every change here is made to a copy of the headers.
# arguments: source folder, scratch folder
source "$(dirname "$0")/../install/install.sh"
source_folder=$1
use_scratch "$2"
command -v abidiff >/dev/null || skip "abidiff is not installed (Debian abigail-tools)"

changed() {  # HEADER SED: today's headers with one change
  rm -rf "$scratch/headers"
  mkdir "$scratch/headers"
  cp -r "$source_folder/sdk/include/gistmill" "$scratch/headers/"
  sed -i -E "$2" "$scratch/headers/gistmill/$1"
  ! cmp -s "$scratch/headers/gistmill/$1" "$source_folder/sdk/include/gistmill/$1" || fail "$2 changes nothing in $1"
  "$source_folder/scripts/check-abi.sh" "$scratch/headers" >"$scratch/answer" 2>&1
}

allowed() { changed "$@" || { cat "$scratch/answer"; fail "allowed, but refused: $2"; }; }
refused() {  # HEADER SED TEXT
  ! changed "$1" "$2" || fail "refused, but allowed: $2"
  grep -q "$3" "$scratch/answer" || { cat "$scratch/answer"; fail "the answer to $2 does not say '$3'"; }
}

"$source_folder/scripts/check-abi.sh" >"$scratch/answer" 2>&1 || { cat "$scratch/answer"; fail "today's headers"; }
allowed component.h 's/^\} gm_start;/  int64_t more;\n} gm_start;/'
allowed component.h 's/^\} gm_start;/  int64_t more;\n  double other;\n} gm_start;/'
allowed extensions.h 's/^\} gm_decision;/  double more;\n} gm_decision;/'
allowed types.h 's/^(#define GM_CANCELED.*)/\1\n#define GM_ERROR_OTHER 8/'
allowed types.h 's/^(#define GM_ABI_MINOR) .*/\1 7u/'

refused component.h 's/^  uint64_t seed; /  int64_t between; uint64_t seed; /' "gm_start"
refused component.h 's/^  int32_t device_id;$//' "gm_start\|gm_call"
refused component.h 's/double half_flops/float half_flops/' "gm_work"
refused component.h 's/uint64_t step;/int64_t step;/' "gm_call"
refused component.h 's/void (\(\*destroy\))/gm_status \1/' "gm_component_interface"
refused component.h 's/^\} gm_symbol;/  int64_t more;\n} gm_symbol;/' "gm_symbol"  # says no size
refused tensor.h 's/uint64_t byte_offset;/uint64_t byte_offset; uint64_t more;/' "gm_tensor"
refused component.h 's/^\} gm_work;/  float more;\n} gm_work;/; s/  double bytes; /  double before; double bytes; /' "gm_work"
refused types.h 's/(GM_ERROR_MISUSE) 6/\1 9/' "GM_ERROR_MISUSE 6"
refused extensions.h 's/gm.state\/1/gm.state\/2/' "GM_STATE_EXTENSION"
printf 'all changes are told apart\n'
