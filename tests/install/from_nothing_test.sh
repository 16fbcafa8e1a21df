#!/usr/bin/env bash
# Follows docs/plugins/from-nothing.md word for word, from an empty folder, with nothing but what was installed.
# arguments: build folder, source folder, scratch folder
source "$2/tests/install/install.sh"
build=$1 source=$2
use_scratch "$3"

install_to "$build" "$scratch/home/gistmill" host sdk  # the page's first block
mkdir "$scratch/empty"
cd "$scratch/empty"
take_apart "$source/docs/plugins/from-nothing.md" "$scratch/empty"
[ -s recipe.toml ] && [ -s commands.sh ] || fail "the page has no recipe.toml or no commands"
env -i HOME="$scratch/home" PATH=/usr/local/bin:/usr/bin:/bin bash -euxo pipefail commands.sh >said 2>&1 ||
  { cat said >&2; fail "a command of the page"; }
for line in '^recipe.toml: valid$' '100% tests passed' '^certified: '; do
  grep -q "$line" said || { cat said >&2; fail "nothing said '$line'"; }
done
[ -s runs/recipe/report.html ] || fail "the run left no report"
[ -s "$(ls plain-bytes/build/*.tar.gz)" ] || fail "no archive was made"
