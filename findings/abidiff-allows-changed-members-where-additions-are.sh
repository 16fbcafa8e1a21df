#!/usr/bin/env bash
# A suppression of abidiff 2.2 that allows members to be added at a struct's end (has_data_member_inserted_at = end) passes a
# member of another type or size too, also where no member is added at all.
#
# The manual calls it a directive for types that had data members inserted at that place. One would take it to keep an ABI
# that grows only at the ends of its structs, and have everything else reported. Reported are a member that is removed and
# one that is inserted elsewhere. A member that becomes larger and moves those behind it, or an int that becomes a float,
# ends with exit code 0 and without a word: the difference inserts nothing elsewhere, and so the suppression fits it.
#
# Seen with abigail-tools 2.2-2 of Debian 12, gcc 12. Fails where that changes. Needs gcc, dpkg-deb and apt-get download.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q abigail-tools=2.2-2 libabigail0=2.2-2 >/dev/null 2>&1 ||
  { echo "abigail-tools 2.2-2 cannot be downloaded here (Debian 12 has it)" >&2; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" tools; done
export LD_LIBRARY_PATH=$folder/tools/usr/lib/x86_64-linux-gnu
abidiff=$folder/tools/usr/bin/abidiff
printf '[suppress_type]\n  name = table\n  has_data_member_inserted_at = end\n' >end.abignore

library() {  # NAME, MEMBERS
  printf 'struct table { %s };\nint first(struct table *t) { return (int)t->a; }\n' "$2" >"$1.c"
  gcc -g -shared -fPIC -o "$1.so" "$1.c"
}
code() {  # NEW [OPTIONS]: abidiff's exit code, 0 where it reports nothing
  local code=0
  "$abidiff" "${@:2}" old.so "$1.so" >said.txt 2>&1 || code=$?
  echo "$code"
}
expect() {  # NAME, MEMBERS, exit code with the suppression
  library "$1" "$2"
  local plain suppressed
  plain=$(code "$1")
  suppressed=$(code "$1" --suppressions end.abignore)
  printf '%-30s exit code %s, with the suppression %s\n' "{ $2 }" "$plain" "$suppressed"
  [[ $plain == 4 && $suppressed == "$3" ]] || { echo "this is not what was seen before" >&2; exit 1; }
}

library old 'int a; int b;'
echo "against { int a; int b; }, $("$abidiff" --version | sed 's|.*/||'):"
expect added 'int a; int b; int c;' 0
expect removed 'int a;' 4
expect inserted 'int a; int c; int b;' 4
expect larger 'long a; int b;' 0
expect other 'int a; float b;' 0
echo "as expected: members of another type pass where additions at the end do"
