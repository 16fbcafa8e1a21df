#!/usr/bin/env bash
# `gistmill plugins new`: every role's project is whole and renamed throughout; the sources of all roles keep their
# contracts; one of each tier builds against an installed SDK and passes its own tests; what is wrong is told.
# arguments: build folder, source folder, scratch folder
source "$2/tests/install/install.sh"
build=$1 source=$2
use_scratch "$3"
gistmill=$build/bin/gistmill
cd "$scratch"

refused() {  # CODE TEXT ARGUMENTS...
  local code=0 expected=$1 text=$2
  shift 2
  "$gistmill" plugins new "$@" >out 2>&1 || code=$?
  [ "$code" = "$expected" ] || fail "plugins new $* ends with $code when it should with $expected"
  grep -q -- "$text" out || { cat out >&2; fail "plugins new $* does not say '$text'"; }
}

count=0
for library in "$build"/tests/roles/*/*.so; do
  name=$(basename "$library" .so)
  role=${name#role-} tier=${name##*-}
  role=${role%-"$tier"}
  expect_plugin "$gistmill" "$library" "plugin example 0.1.0, tier $tier"
  quietly "$gistmill" plugins new sharp-margin "$name" --role "$role" --tier "$tier"
  ! grep -ri 'example' "$name" || fail "the project of $name is not renamed throughout"
  ! grep -r '@[a-z_]*@' "$name" || fail "the project of $name has something that was not filled in"
  [ -s "$name/sharp-margin.cpp" ] || fail "the project of $name has no source"
  count=$((count + 1))
done
[ "$count" -ge 14 ] || fail "found $count roles and tiers"

refused 2 'roles: allocator, dataset' none
refused 2 "did you mean 'loss'" other --role los
refused 2 '--tier libtorch or c' other --role loss --tier d
refused 2 'lower-case letters' Other --role loss
refused 2 'lower-case letters' ../other --role loss
refused 2 'exists already' sharp-margin role-loss-c --role loss
[ ! -e other ] && [ ! -e none ] || fail "what was refused left a folder"

install_to "$build" "$scratch/sdk" sdk
torch=$(realpath "$build/lib/gistmill/torch")
for name in role-loss-c role-loss-libtorch; do
  quietly cmake -S "$name" -B "$name/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$scratch/sdk" \
    -DGISTMILL_TORCH_ROOT="$torch" -DGISTMILL="$gistmill"
  quietly cmake --build "$name/build"
  quietly ctest --test-dir "$name/build" --no-tests=error
  quietly cmake --build "$name/build" --target package
  tar -tf "$name"/build/*.tar.gz | grep -q 'lib/gistmill/plugins/sharp-margin.so' || fail "$name's package lacks the plugin"
done
