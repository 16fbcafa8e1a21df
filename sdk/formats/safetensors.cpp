// Reader: the frame of a safetensors file and what its offsets must satisfy.
#include <gistmill/formats/safetensors.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

#include "sdk/formats/safetensors_header.hpp"

namespace gistmill::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are used as they lie in the file");

constexpr std::uint64_t kPrefix = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // as in the reference implementation

std::string_view header_of(std::string_view bytes, const std::string& file) {
  if (bytes.size() < kPrefix) {
    throw FormatError(file, 0, "file has " + std::to_string(bytes.size()) + " bytes, expected at least 8");
  }
  std::uint64_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  if (size > kMaxHeader) {
    throw FormatError(
        file, 0,
        "header length is " + std::to_string(size) + ", expected at most " + std::to_string(kMaxHeader));
  }
  if (size > bytes.size() - kPrefix) {
    throw FormatError(file, 0,
                      "header length is " + std::to_string(size) + ", the file has " +
                          std::to_string(bytes.size() - kPrefix) + " bytes left");
  }
  const std::string_view header = bytes.substr(kPrefix, size);
  if (header.empty() || header.front() != '{') {
    throw FormatError(
        file, kPrefix,
        "header starts with " + printable(header.substr(0, 1)) + " when it should start with '{'");
  }
  return header;
}

}  // namespace

Safetensors::Safetensors(const std::filesystem::path& path)
    : file_(std::make_shared<const MappedFile>(path)), name_(path.string()) {
  parse(file_->bytes());
}

Safetensors::Safetensors(std::string_view bytes, std::string name) : name_(std::move(name)) { parse(bytes); }

void Safetensors::parse(std::string_view bytes) {
  const std::string_view json = header_of(bytes, name_);
  SafetensorsHeader header = parse_safetensors_header(json, name_, kPrefix);
  metadata_ = std::move(header.metadata);

  const std::uint64_t data_start = kPrefix + json.size();
  const std::string_view data = bytes.substr(data_start);
  // By end as well: an empty tensor comes before the one that starts where it lies.
  std::sort(header.tensors.begin(), header.tensors.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });

  std::uint64_t expected = 0;
  tensors_.reserve(header.tensors.size());
  for (auto& tensor : header.tensors) {
    const auto fail = [&](const std::string& message) {
      throw FormatError(name_, data_start + expected, "tensor " + printable(tensor.name) + " " + message);
    };
    if (tensor.begin != expected) {
      fail("starts at " + std::to_string(tensor.begin) + " of the data when it should start at " +
           std::to_string(expected));
    }
    if (tensor.end < tensor.begin || tensor.end > data.size()) {
      fail("ends at " + std::to_string(tensor.end) + " of the data, expected " +
           std::to_string(tensor.begin) + " to " + std::to_string(data.size()));
    }
    std::uint64_t size = 0;
    try {
      size = safetensors_bytes(tensor.dtype, tensor.shape);
    } catch (const std::overflow_error& error) {
      fail(std::string("of this ") + error.what());
    }
    if (size != tensor.end - tensor.begin) {
      fail("has " + std::to_string(tensor.end - tensor.begin) + " bytes when its shape and dtype " +
           safetensors_dtype_name(tensor.dtype) + " need " + std::to_string(size));
    }
    expected = tensor.end;
    tensors_.push_back(
        {std::move(tensor.name), tensor.dtype, std::move(tensor.shape), data.substr(tensor.begin, size)});
  }
  if (expected != data.size()) {
    throw FormatError(
        name_, data_start + expected,
        "file has " + std::to_string(data.size() - expected) + " bytes after its last tensor, expected none");
  }

  by_name_.resize(tensors_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::sort(by_name_.begin(), by_name_.end(),
            [&](auto a, auto b) { return tensors_[a].name < tensors_[b].name; });
}

const SafetensorsTensor* Safetensors::find(std::string_view name) const {
  const auto place = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                      [&](auto index, auto value) { return tensors_[index].name < value; });
  return place != by_name_.end() && tensors_[*place].name == name ? &tensors_[*place] : nullptr;
}

const SafetensorsTensor& Safetensors::tensor(std::string_view name) const {
  if (const SafetensorsTensor* found = find(name)) return *found;
  throw FormatError(name_ + ": has no tensor " + printable(name) + " among its " +
                    std::to_string(tensors_.size()));
}

}  // namespace gistmill::formats
