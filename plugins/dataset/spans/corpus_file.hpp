// The prepared corpus that an option names, with what is wrong with it said of that option.
#pragma once

#include <cstdint>
#include <string>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/windows.hpp"

namespace gistmill::dataset {

// All throw Error(GM_ERROR_USER, .., "corpus").
formats::TokenFileReader open_corpus(const std::string& path);
// Reads the whole file and compares its digest.
void verify_corpus(formats::TokenFileReader& file);
// out i32[length]: the window's tokens.
void read_window(formats::TokenFileReader& file, const Window& window, std::int64_t length,
                 std::int32_t* out);

// The value of the option `split`.
std::int32_t split_of(const Options& options);

}  // namespace gistmill::dataset
