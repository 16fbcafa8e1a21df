// Rows of texts as datasets and tokenizers give them: u8[B, M], UTF-8, each filled up with zero bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gistmill/plugin.hpp>

namespace gistmill::metric {

class TextRows {
 public:
  // texts: u8[B, M]; outlives this.
  explicit TextRows(const Tensor& texts)
      : bytes_(reinterpret_cast<const char*>(texts.data<std::uint8_t>())),
        count_(texts.shape()[0]),
        width_(static_cast<std::size_t>(texts.shape()[1])) {}

  std::int64_t size() const { return count_; }

  // Without the zero bytes that it is filled up with.
  std::string_view operator[](std::int64_t row) const {
    const std::string_view filled(bytes_ + static_cast<std::size_t>(row) * width_, width_);
    const std::size_t last = filled.find_last_not_of('\0');
    return filled.substr(0, last == std::string_view::npos ? 0 : last + 1);
  }

 private:
  const char* bytes_;
  std::int64_t count_;
  std::size_t width_;
};

}  // namespace gistmill::metric
