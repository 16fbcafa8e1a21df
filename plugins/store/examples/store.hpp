// store/examples: blocks, their windows and the teacher's states into an example file with metadata beside
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <gistmill/plugin.hpp>

#include "plugins/store/examples/writer.hpp"

namespace gistmill::examples {

class ExampleStore {
 public:
  explicit ExampleStore(const Options& options) : block_(options.integer("block")) {}

  // Throws Error: UNAVAILABLE where the file cannot be written, MISUSE where a file is being written already.
  void begin(const std::string& path, const std::string& provenance);
  // ids: i32[B, T]; hidden: f32 or bf16 [B, T, D]; name: u8[B, M]; document, begin, split: i32[B].
  void append(const Tensor& ids, const Tensor& hidden, const Tensor& name, const Tensor& document,
              const Tensor& begin, const Tensor& split);
  // The metadata first: where the examples are, they are whole and described.
  void commit();

 private:
  ExampleFileWriter& writer(const Shape& shape);

  std::int64_t block_;
  std::string path_;  // empty: nothing was begun
  std::string provenance_;
  std::string dtype_;                          // of the hidden states
  std::unique_ptr<ExampleFileWriter> writer_;  // from the first append on, which says the sizes
};

}  // namespace gistmill::examples
