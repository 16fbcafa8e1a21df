// A token file of samples as their pipeline would prepare it, with ids that tests can read, and the options
// of the datasets that read it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/token_file.hpp>

#include "plugins/dataset/instructions/pieces.hpp"
#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::dataset::test {

// Lengths of the pieces. Sample s has ids 1000 s + 100, 1000 s + 101, .. before the gist tokens, from
// 1000 s + 200 on of the instruction, 300 behind the gist tokens, 400 of the completion.
struct SampleSizes {
  std::int32_t before = 3;
  std::int32_t instruction = 2;
  std::int32_t after = 2;
  std::int32_t completion = 2;
  std::int32_t split = 0;
};

inline void write_samples(const std::filesystem::path& path, const std::vector<SampleSizes>& samples) {
  formats::TokenFileWriter writer(path, "{}");
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const std::int32_t sizes[] = {samples[s].before, samples[s].instruction, samples[s].after,
                                  samples[s].completion};
    for (int piece = 0; piece < kPieces; ++piece) {
      std::vector<std::int32_t> ids;
      for (std::int32_t i = 0; i < sizes[piece]; ++i)
        ids.push_back(1000 * static_cast<std::int32_t>(s) + 100 * (piece + 1) + i);
      writer.append(ids.data(), ids.size(), piece_name(static_cast<Piece>(piece), s), samples[s].split);
    }
  }
  writer.commit();
}

inline gistmill::test::PlainTable sample_table(const std::filesystem::path& file,
                                               const gistmill::test::PlainTable& changes = {}) {
  gistmill::test::PlainTable all = {{"corpus", file.string()},
                                    {"split", std::string("train")},
                                    {"gist_tokens", std::int64_t{1}},
                                    {"batch", std::int64_t{2}},
                                    {"order", std::string("sequential")},
                                    {"limit", std::int64_t{0}},
                                    {"repeat", false},
                                    {"max_length", std::int64_t{512}},
                                    {"reserve", std::int64_t{0}},
                                    {"begin", std::int64_t{-1}},
                                    {"end", std::int64_t{-1}},
                                    {"truncate_prompt", std::int64_t{-1}}};
  for (const auto& [key, value] : changes) all[key] = value;
  return all;
}

template <class Dataset>
void start(Dataset& dataset, std::uint64_t seed = 1) {
  gm_start with{};
  with.struct_size = sizeof with;
  with.seed = seed;
  dataset.start(Start(&with));
}

template <class T>
std::vector<T> numbers(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

}  // namespace gistmill::dataset::test
