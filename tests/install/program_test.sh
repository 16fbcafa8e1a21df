#!/usr/bin/env bash
# The installed program works after its folder was moved, from another folder, with nothing of the build: it
# validates, trains and reports. Without LibTorch it says where it looked; GISTMILL_TORCH_ROOT says where it is.
# arguments: build folder, source folder, LibTorch, scratch folder
source "$(dirname "$0")/install.sh"
build=$1 source=$2 torch=$3
use_scratch "$4"
unset GISTMILL_TORCH_ROOT GISTMILL_PLUGIN_PATH LD_LIBRARY_PATH

install_to "$build" "$scratch/first" host
mkdir "$scratch/elsewhere"
mv "$scratch/first" "$scratch/elsewhere/moved"
prefix=$scratch/elsewhere/moved
gistmill=$prefix/bin/gistmill

while IFS= read -r library; do
  path=$(readelf -d "$library" | sed -nE 's/.*R(UN)?PATH.*\[(.*)\]/\2/p')
  case $path in '' | '$ORIGIN/'*) ;; *) fail "run path of $library is $path" ;; esac
done < <(find "$prefix/bin" "$prefix/lib" -type f ! -name '*.toml')

for file in man/man1/gistmill.1 man/man1/gistmill-plugins-list.1 bash-completion/completions/gistmill \
  zsh/site-functions/_gistmill fish/vendor_completions.d/gistmill.fish; do
  [ -s "$prefix/share/$file" ] || fail "share/$file was not installed"
done

mkdir -p "$scratch/here/plugins"
cp "$build/tests/plugins/plain.so" "$scratch/here/plugins/"
cd "$scratch/here"
cp "$source/tests/plugins/plain/ramp.toml" .

"$gistmill" plugins list --json | grep -q "$build/lib" && fail "the program uses plugins of the build folder"
find "$prefix/share/gistmill/recipes" -name '*.toml' ! -path '*/parts/*' -print0 | xargs -0 "$gistmill" validate >/dev/null
"$gistmill" data list | grep -q "^novels " || fail "data list does not know the novels"
[ -f "$prefix/share/gistmill/data/text_from_packages.py" ] || fail "the reader of packages' text was not installed"
expect_answer() {  # TEXT COMMAND...: it fails and says so
  local text=$1
  shift
  "$@" >answer.txt 2>&1 && fail "$* ended well when it should say '$text'"
  grep -qF "$text" answer.txt || fail "$* did not say '$text': $(cat answer.txt)"
}
# What is loaded on demand lies beside the program, wherever that was moved.
fetch=("$gistmill" data fetch novels --package "$source/LICENSE")
expect_answer "when it should be a package of Debian" "${fetch[@]}"
mv "$prefix/lib/gistmill/libgistmill-fetch.so" kept
expect_answer "the fetch library cannot be loaded: $prefix/lib/gistmill/libgistmill-fetch.so: " "${fetch[@]}"
expect_answer "install gistmill again" "${fetch[@]}"
"$gistmill" env | grep -qF "there is no $prefix/lib/gistmill/libgistmill-fetch.so" || fail "env does not miss a library"
mv kept "$prefix/lib/gistmill/libgistmill-fetch.so"
"$gistmill" recipes copy quickstart 2>/dev/null >copied
[ "$(cat copied)" = quickstart.toml ] || fail "recipes copy said '$(cat copied)'"
"$gistmill" validate quickstart.toml >/dev/null
"$gistmill" validate ramp.toml >/dev/null
"$gistmill" run ramp.toml >/dev/null
[ -s runs/ramp/report.html ] || fail "the run left no report"
ln -s "$gistmill" "$scratch/linked"
"$scratch/linked" run ramp.toml --folder by-link >/dev/null

expect_failure() {  # TEXT: run fails with 1 and says so
  local code=0
  "$gistmill" run ramp.toml --folder refused >out.txt 2>&1 || code=$?
  [ "$code" = 1 ] || fail "run ended with $code when it should end with 1: $(cat out.txt)"
  grep -qF "$1" out.txt || fail "run did not say '$1': $(cat out.txt)"
}
ln -sfn "$scratch/gone" "$prefix/lib/gistmill/torch"
expect_failure "there is no $prefix/lib/gistmill/torch/lib/libtorch_cpu.so ($prefix/lib/gistmill/torch is a link to $scratch/gone)"
expect_failure "set GISTMILL_TORCH_ROOT to the folder"
export GISTMILL_TORCH_ROOT=$scratch/nowhere
expect_failure "LibTorch was not found in GISTMILL_TORCH_ROOT: there is no $scratch/nowhere/lib/libtorch_cpu.so"
mkdir -p "$scratch/other/lib" "$scratch/other/include/torch/headeronly"
touch "$scratch/other/lib/libtorch_cpu.so"
printf '#define TORCH_VERSION_%s 1\n' MAJOR MINOR PATCH >"$scratch/other/include/torch/headeronly/version.h"
export GISTMILL_TORCH_ROOT=$scratch/other
expect_failure "LibTorch in $scratch/other is 1.1.1 when this program was built with "
export GISTMILL_TORCH_ROOT=$torch
"$gistmill" run ramp.toml --folder by-variable >/dev/null

# CUDA is taken from the same LibTorch: here a part that only says that it was loaded.
rm -r "$scratch/other"
mkdir -p "$scratch/other/lib"
ln -s "$torch"/lib/lib*.so* "$scratch/other/lib/"
rm -f "$scratch/other/lib/libtorch_cuda.so"
printf '#include <stdio.h>\n__attribute__((constructor)) static void loaded(void) { fputs("cuda is here\\n", stderr); }\n' |
  gcc -x c -shared -fPIC -o "$scratch/other/lib/libtorch_cuda.so" -
export GISTMILL_TORCH_ROOT=$scratch/other
"$gistmill" run ramp.toml --folder on-cuda --set run.device=cuda >out.txt 2>&1 || true
grep -q 'cuda is here' out.txt || fail "CUDA was not looked for in GISTMILL_TORCH_ROOT: $(cat out.txt)"
