#!/usr/bin/env bash
# With DESTDIR everything is put below that folder; uninstall takes away what was installed, and nothing else.
# arguments: build folder, source folder, scratch folder
source "$(dirname "$0")/install.sh"
build=$1 source=$2
use_scratch "$3"
export DESTDIR=$scratch/stage

install_to "$build" /opt/gistmill-test host sdk
[ ! -e /opt/gistmill-test ] || fail "DESTDIR was not obeyed"
prefix=$DESTDIR/opt/gistmill-test
for file in bin/gistmill lib/gistmill/plugins/contracts/loss.toml share/gistmill/recipes/gistnet/base.toml \
  lib/gistmill/plugins/tokenizer-bpe.so include/gistmill/plugin.hpp; do
  [ -e "$prefix/$file" ] || fail "$file was not installed"
done

# Of strangers: beside ours, in our folders, and in a folder of theirs within ours.
touch "$prefix/bin/other" "$prefix/lib/gistmill/plugins/other.so" "$DESTDIR/opt/gistmill"
mkdir -p "$prefix/share/gistmill/mine" "$DESTDIR/lib/gistmill"
cmake -D MANIFESTS="$scratch" -P "$source/cmake/uninstall.cmake" >/dev/null 2>&1

left=$(cd "$DESTDIR" && find . -not -type d -o -empty | sort)
expected='./lib/gistmill
./opt/gistmill
./opt/gistmill-test/bin/other
./opt/gistmill-test/include
./opt/gistmill-test/lib/gistmill/plugins/other.so
./opt/gistmill-test/share/gistmill/mine'
left=$(printf '%s\n' "$left" | grep -vE '/(lib[^/]*)/(cmake|pkgconfig|[^/]*-linux-gnu.*)$|/share/(doc|man/man1|(bash-completion|zsh|fish)/[^/]*)$')
[ "$left" = "$expected" ] || fail "uninstall left:
$left
when it should leave:
$expected"
if cmake -D MANIFESTS="$scratch" -P "$source/cmake/uninstall.cmake" >"$scratch/again" 2>&1; then
  fail "a second uninstall succeeded"
fi
grep -q 'nothing was installed from' "$scratch/again" || fail "a second uninstall does not say why it fails"
