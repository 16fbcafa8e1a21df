#!/usr/bin/env bash
# The plugin in Rust builds with rustc alone, exports one symbol, keeps its contract, and a training makes its loss fall:
# through the checking proxy, by a gradient that is its own. A panic is an error of the run, not the end of the program.
# arguments: build folder, source folder, scratch folder
source "$2/tests/install/install.sh"
source "$2/tests/sdk/languages/training.sh"
build=$1 source=$2
use_scratch "$3"
rustc=$(command -v /usr/bin/rustc || command -v rustc) || skip "rustc is not installed (Debian rustc)"
cd "$scratch"

write_recipe '{ use = "loss/log-cosh", width = 0.5 }'
quietly "$source/sdk/languages/rust/build.sh" "$scratch/plugins/log-cosh.so" "$rustc"
expect_plugin "$build/bin/gistmill" plugins/log-cosh.so 'loss/log-cosh'
train plugins run || { cat run.out; fail "the training"; }
expect_falling_loss run

cp -r "$source/sdk/languages/rust" panics
sed -i 's/let values = gist.values();/let values: Vec<f32> = panic!("no numbers today");/' panics/log_cosh.rs
sed -i '1i #![allow(unreachable_code, unused_variables)]' panics/log_cosh.rs
quietly panics/build.sh "$scratch/broken/log-cosh.so" "$rustc"
code=0
train broken second || code=$?
[ "$code" = 1 ] || [ "$code" = 5 ] || { cat second.out; fail "a panic ends the run with $code"; }
grep -q 'no numbers today' second.out || { cat second.out; fail "the run does not say what the panic said"; }
