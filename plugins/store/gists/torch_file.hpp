// A float tensor as torch.save writes it, which torch.load(weights_only=True) reads: a ZIP archive of
// uncompressed entries with a pickle in it. vLLM takes such a file, in base64, as prompt_embeds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace gistmill::gists {

// values: f32[rows, width]. Appears whole or not at all. Throws FormatError from 4 GiB on, FileError.
void write_torch_file(const std::filesystem::path& target, const std::vector<float>& values,
                      std::int64_t rows, std::int64_t width);

}  // namespace gistmill::gists
