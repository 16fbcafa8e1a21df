#include "plugins/store/examples/store.hpp"

#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/formats/error.hpp>

#include "plugins/store/common/translated.hpp"
#include "plugins/store/examples/metadata.hpp"

namespace gistmill::examples {
namespace {

bool is_bf16(const Tensor& tensor) { return tensor.dtype().code == GM_BFLOAT && tensor.dtype().bits == 16; }

// Rows [first, first + count) of the states as f32; bf16 is the upper half of an f32.
void read_states(const Tensor& hidden, std::int64_t first, std::int64_t count, std::vector<float>& out) {
  const std::int64_t width = hidden.shape().back();
  out.resize(static_cast<std::size_t>(count * width));
  if (!is_bf16(hidden)) {
    std::memcpy(out.data(), hidden.data<float>() + first * width, out.size() * sizeof(float));
    return;
  }
  const std::unique_ptr<gm_tensor, void (*)(gm_tensor*)> shared(
      hidden.share(), [](gm_tensor* tensor) { tensor->deleter(tensor); });
  const auto* halves = static_cast<const std::uint16_t*>(shared->data) + first * width;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint32_t bits = static_cast<std::uint32_t>(halves[i]) << 16;
    std::memcpy(&out[i], &bits, sizeof bits);
  }
}

}  // namespace

void ExampleStore::begin(const std::string& path, const std::string& provenance) {
  if (!path_.empty()) throw Error(GM_ERROR_MISUSE, "begin was called while another file is being written");
  path_ = path;
  provenance_ = provenance;
}

ExampleFileWriter& ExampleStore::writer(const Shape& shape) {
  if (path_.empty()) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  if (!writer_) {
    store::translated("", [&] { writer_ = std::make_unique<ExampleFileWriter>(path_, provenance_, shape); });
  }
  return *writer_;
}

void ExampleStore::append(const Tensor& ids, const Tensor& hidden, const Tensor& name, const Tensor& document,
                          const Tensor& begin, const Tensor& split) {
  const std::int64_t horizon = ids.shape()[1];
  if (horizon % block_ != 0) {
    throw Error(GM_ERROR_USER,
                "block is " + std::to_string(block_) + " when windows have " + std::to_string(horizon) +
                    " tokens, no multiple of it",
                "block");
  }
  ExampleFileWriter& file = writer({block_, horizon, hidden.shape()[2]});
  dtype_ = is_bf16(hidden) ? "bf16" : "f32";
  const std::int64_t name_size = name.shape()[1];
  std::vector<float> states;
  for (std::int64_t row = 0; row < ids.shape()[0]; ++row) {
    if (split.data<std::int32_t>()[row] < 0) continue;
    read_states(hidden, row * horizon, block_, states);
    const std::string_view padded(reinterpret_cast<const char*>(name.data<std::uint8_t>()) + row * name_size,
                                  static_cast<std::size_t>(name_size));
    Example example;
    example.split = split.data<std::int32_t>()[row];
    example.document = document.data<std::int32_t>()[row];
    example.begin = begin.data<std::int32_t>()[row];
    example.name = padded.substr(0, padded.find('\0'));
    example.ids = ids.data<std::int32_t>() + row * horizon;
    example.hidden = states.data();
    store::translated("ids", [&] { file.append(example); });
  }
}

void ExampleStore::commit() {
  if (path_.empty()) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  if (!writer_) throw Error(GM_ERROR_USER, "nothing to write to '" + path_ + "': no example");
  store::translated("", [&] {
    files::write_file(std::filesystem::path(path_).replace_extension(".yaml"),
                      metadata_text(provenance_, writer_->shape(), dtype_, writer_->counts()));
    writer_->commit();
  });
  writer_.reset();
  path_.clear();
}

}  // namespace gistmill::examples
