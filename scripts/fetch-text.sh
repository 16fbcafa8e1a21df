#!/usr/bin/env bash
# Fetches the texts of data/catalog.toml as Debian packages and turns them into plain text under data/text.
# Needs no root: packages are unpacked, not installed. What is there is left alone; data/text appears when it
# is complete, or not at all.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/fetch-text.sh [--help]

Fetches the English prose that the recipes train on (data/catalog.toml says what and under which licence)
into data/text, one .txt file a document. Uses apt-get download: Debian's package lists must be there.
Does nothing where data/text holds documents already; remove the folder to fetch anew.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/messages.sh
take_no_arguments "$@"
readonly TARGET=data/text

summary() {
  find "$1" -name '*.txt' -printf '%s\n' |
    awk '{ bytes += $1 } END { printf "%d documents, %.1f MB", NR, bytes / 1e6 }'
}

if [ -n "$(find "$TARGET" -name '*.txt' -print -quit 2>/dev/null)" ]; then
  say "text: $(summary "$TARGET"), already there"
  exit 0
fi
[ ! -e "$TARGET" ] || rmdir "$TARGET" 2>/dev/null || fail "$TARGET is there but holds no .txt file; move it away"

for tool in apt-get apt-cache dpkg-deb python3 sha256sum; do
  command -v "$tool" >/dev/null ||
    fail "'$tool' was not found. This script needs Debian and Python 3.11; elsewhere put .txt files into $TARGET"
done

# name, package, version, digest of each text in the catalog, a line each
texts=$(python3 -c '
import tomllib
with open("data/catalog.toml", "rb") as file:
    for name, text in tomllib.load(file)["text"].items():
        print(name, text["package"], text["version"], text["sha256"])
') || fail "data/catalog.toml cannot be read"

update_lists_if_missing() {
  local package=$1
  apt-cache show "$package" >/dev/null 2>&1 && return
  if [ "$(id -u)" -eq 0 ]; then
    say "text: bringing the package lists up to date"
    apt-get update -qq >&2 || fail "the package lists could not be brought up to date; nothing was installed. Check the network and run this again"
    apt-cache show "$package" >/dev/null 2>&1 && return
    fail "package '$package' is not in the package lists; it is in main of Debian 12"
  fi
  fail "package '$package' is not in the package lists; run:  sudo apt-get update"
}

partial=$(mktemp -d data/text.partial.XXXXXX)
trap 'rm -rf "$partial"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$partial"

fetch() {
  local name=$1 package=$2 version=$3 sha256=$4
  local work=$partial/.work-$name
  mkdir "$work"
  update_lists_if_missing "$package"
  say "text: fetching $package"
  # The sandbox user could not write into this folder; apt checks signature and digest either way.
  (cd "$work" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$package" >&2) ||
    fail "package '$package' could not be downloaded; nothing was installed. Check the network and run this again"
  local file found_version found_sha256
  file=$(find "$work" -name '*.deb' -print -quit)
  [ -n "$file" ] || fail "package '$package' could not be downloaded; nothing was installed. Run this again"
  found_version=$(dpkg-deb -f "$file" Version)
  found_sha256=$(sha256sum "$file" | cut -d ' ' -f 1)
  if [ "$found_version" != "$version" ]; then
    say "warning: $package is version $found_version, the catalog knows $version; figures may differ a little"
  elif [ "$found_sha256" != "$sha256" ]; then
    fail "$package $version has sha256 $found_sha256 when the catalog says $sha256; nothing was installed"
  fi
  dpkg-deb -x "$file" "$work/unpacked"
  python3 scripts/text_from_packages.py "$name" "$work/unpacked" "$partial/$name" >&2 ||
    fail "the text of $package $found_version could not be read; nothing was installed"
  printf '[%s]\npackage = "%s"\nversion = "%s"\nsha256 = "%s"\n\n' \
    "$name" "$package" "$found_version" "$found_sha256" >>"$partial/sources.toml"
  rm -rf "$work"
}

while read -r name package version sha256; do
  fetch "$name" "$package" "$version" "$sha256" </dev/null
done <<<"$texts"

mv -T "$partial" "$TARGET" || fail "$TARGET appeared while it was fetched; run this again"
say "text: $(summary "$TARGET") in $TARGET"
