// The operation `check` of a store: whether a file is still one that its reader opens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/formats/error.hpp>
#include <gistmill/plugin/tensor.hpp>

namespace gistmill::store {

// path u8[P] -> what `Reader` finds wrong with the file when it opens it, u8[D]; empty: nothing.
template <class Reader>
Tensor defect_of_file(const Tensor& path) {
  const auto* name = path.data<std::uint8_t>();
  std::string defect;
  try {
    const Reader reader(std::string(name, name + path.size()));
  } catch (const formats::FormatError& error) {
    defect = error.what();
  }
  return Tensor::of(std::vector<std::uint8_t>(defect.begin(), defect.end()),
                    {static_cast<std::int64_t>(defect.size())});
}

}  // namespace gistmill::store
