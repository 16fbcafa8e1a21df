#!/usr/bin/env bash
# Compares the ABI's headers with those of every release that is kept in sdk/compat: what a plugin was built with then
# has to stay where it was. Allowed are fields at the end of structs that have struct_size, new types and new
# constants (docs/abi.md). Needs abidiff (Debian abigail-tools) and gcc; exit code 77 where abidiff is missing.
#   scripts/check-abi.sh [HEADERS]     HEADERS: a folder with gistmill/*.h (default: sdk/include)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly headers=${1:-sdk/include}
command -v abidiff >/dev/null || { printf 'skipped: abidiff is not installed (Debian abigail-tools)\n'; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

c_headers() { (cd "$1" && ls gistmill/*.h | grep -v '/manifest\.h$'); }  # manifest.h is for a plugin's own file
types() { grep -ohE '^} gm_[a-z_]+;' "$1"/gistmill/*.h | sed -E 's/^} (.*);/\1/' | sort -u; }
growing() {  # the structs of FOLDER that begin with struct_size
  awk '/^typedef struct gm_/ { name = $3; getline; while ($0 ~ /^ *$/) getline; if ($0 ~ /uint32_t struct_size;/) print name }' \
    "$1"/gistmill/*.h | sort -u
}
constants() {  # "NAME value" of every constant but those that say a version
  grep -hE '^#define G(M|ISTMILL)_[A-Z0-9_]+ +[^ ]' "$1"/gistmill/*.h | grep -vE 'GM_ABI_MINOR|GM_VERSION|GM_EXPORT|_INLINE' |
    sed -E 's/^#define +//; s# */\*.*##; s/ +/ /' | sort -u
}

probe() {  # FOLDER OUT: a library whose debug information holds every type that release $release had
  {
    c_headers "sdk/compat/$release" | sed -E 's/.*/#include <&>/'
    types "sdk/compat/$release" | sed -E 's/.*/__attribute__((visibility("default"))) &* of_&(&* it) { return it; }/'
  } >"$scratch/probe.c"
  gcc -std=c99 -g -shared -fPIC -I"$1" "$scratch/probe.c" -o "$2"
}

# Prints what is not allowed of abidiff's report on changed types; GROWING: names that may grow, between spaces. (A
# suppression file of abidiff 2.2 that allows additions at the end passes members of another type too.)
not_allowed() {  # GROWING REPORT
  awk -v growing=" $1 " '
    function finish() { if (block != "" && !fine) printf "%s", block; block = "" }
    /^[^ ].* changed:$/ { finish(); name = $2; gsub(/\047/, "", name); fine = index(growing, " " name " ") > 0; block = $0 "\n"; next }
    block == "" { next }
    /^$/ { finish(); next }
    { block = block $0 "\n" }
    /^  type size changed from [0-9]+ to / { size = $5; next }
    /^  [0-9]+ data member insertions?:$/ || /^  .*impacted interfaces?:$/ || /^    function / { next }
    match($0, /at offset [0-9]+ \(in bits\)$/) { if ($(NF - 2) + 0 < size + 0) fine = 0; next }
    { fine = 0 }
    END { finish() }' "$2"
}

failed=0
for folder in sdk/compat/*/; do
  release=$(basename "$folder")
  if ! probe "$folder" "$scratch/then.so" || ! probe "$headers" "$scratch/now.so"; then
    printf '%s: the headers of today lack a type or a header of this release\n' "$release" >&2
    failed=1
    continue
  fi
  if ! LC_ALL=C abidiff --leaf-changes-only --no-show-locs "$scratch/then.so" "$scratch/now.so" >"$scratch/report"; then
    changed=$(not_allowed "$(growing "$folder" | paste -sd' ')" "$scratch/report")
    if [ -n "$changed" ] || ! grep -q ' changed:$' "$scratch/report"; then
      printf '%s\n%s: a type is not what it was; that needs another major version\n' "${changed:-$(cat "$scratch/report")}" \
        "$release" >&2
      failed=1
    fi
  fi
  if ! lost=$(comm -23 <(constants "$folder") <(constants "$headers")) || [ -n "$lost" ]; then
    printf '%s: constants that are missing or have another value:\n%s\n' "$release" "$lost" >&2
    failed=1
  fi
  [ "$failed" = 1 ] || printf '%s: %d types and %d constants are where they were\n' "$release" \
    "$(types "$folder" | wc -l)" "$(constants "$folder" | wc -l)"
done
exit "$failed"
