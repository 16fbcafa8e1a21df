// Reader: the frame of a safetensors file and what its offsets must satisfy.
#include <gistmill/formats/safetensors.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <gistmill/formats/torn.hpp>

#include "sdk/formats/safetensors_header.hpp"

namespace gistmill::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are used as they lie in the file");

constexpr std::uint64_t kPrefix = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // as in the reference implementation

std::string_view header_of(std::string_view bytes, const std::string& file) {
  if (bytes.size() < kPrefix) {
    throw FormatError(file, 0,
                      "file has " + std::to_string(bytes.size()) + " bytes, expected at least 8" + kTorn);
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
                          std::to_string(bytes.size() - kPrefix) + " bytes left" + kTorn);
  }
  const std::string_view header = bytes.substr(kPrefix, size);
  if (header.empty() || header.front() != '{') {
    throw FormatError(
        file, kPrefix,
        "header starts with " + printable(header.substr(0, 1)) + " when it should start with '{'");
  }
  return header;
}

// What holds of one tensor whatever the others are: its bytes are there, and as many as its shape needs.
void check(const SafetensorsEntry& entry, std::uint64_t data_size, const std::string& file,
           std::uint64_t at) {
  const auto fail = [&](const std::string& message) {
    throw FormatError(file, at, "tensor " + printable(entry.name.text()) + " " + message);
  };
  if (entry.end < entry.begin || entry.end > data_size) {
    fail("ends at " + std::to_string(entry.end) + " of the data, expected " + std::to_string(entry.begin) +
         " to " + std::to_string(data_size) + (entry.end > data_size ? kTorn : ""));
  }
  std::uint64_t size = 0;
  try {
    size = safetensors_bytes(entry.dtype, entry.dims.data(), entry.rank);
  } catch (const std::overflow_error& error) {
    fail(std::string("of this ") + error.what());
  }
  if (size != entry.end - entry.begin) {
    fail("has " + std::to_string(entry.end - entry.begin) + " bytes when its shape and dtype " +
         safetensors_dtype_name(entry.dtype) + " need " + std::to_string(size));
  }
}

}  // namespace

Safetensors::Safetensors(const std::filesystem::path& path)
    : file_(std::make_shared<const MappedFile>(path)), name_(path.string()) {
  parse(file_->bytes());
}

Safetensors::Safetensors(std::string_view bytes, std::string name) : name_(std::move(name)) { parse(bytes); }

// Two readings of the header: the first checks it and counts, the second fills memory of the right size. So
// no header, however it is made, costs more than twice its length.
void Safetensors::parse(std::string_view bytes) {
  const std::string_view json = header_of(bytes, name_);
  const std::uint64_t data_start = kPrefix + json.size();
  const std::string_view data = bytes.substr(data_start);

  std::size_t count = 0, escaped = 0;
  read_safetensors_header(json, name_, kPrefix, [&](const SafetensorsEntry& entry) {
    check(entry, data.size(), name_, static_cast<std::uint64_t>(entry.name.raw.data() - bytes.data()));
    ++count;
    if (entry.name.escaped) escaped += entry.name.raw.size();
  });
  tensors_.reserve(count);
  if (escaped > 0) names_ = std::make_shared<std::vector<char>>(escaped);
  char* free_name = escaped > 0 ? names_->data() : nullptr;
  metadata_ = read_safetensors_header(json, name_, kPrefix, [&](const SafetensorsEntry& entry) {
    std::string_view name = entry.name.raw;
    if (entry.name.escaped) {
      const std::string text = entry.name.text();
      name = {free_name, text.size()};
      free_name = std::copy(text.begin(), text.end(), free_name);
    }
    tensors_.push_back({name, entry.dtype, std::vector(entry.dims.begin(), entry.dims.begin() + entry.rank),
                        data.substr(entry.begin, entry.end - entry.begin)});
  });
  sort_by_data(data, data_start);
  sort_by_name();
}

// Brings the tensors into the order of their data, which they must fill without gap or overlap.
void Safetensors::sort_by_data(std::string_view data, std::uint64_t data_start) {
  // By size as well: an empty tensor comes before the one that starts where it lies.
  std::sort(tensors_.begin(), tensors_.end(), [](const auto& a, const auto& b) {
    const auto *start_a = a.data.data(), *start_b = b.data.data();
    const std::size_t size_a = a.data.size(), size_b = b.data.size();
    return std::tie(start_a, size_a, a.name) < std::tie(start_b, size_b, b.name);
  });
  std::uint64_t expected = 0;
  for (const SafetensorsTensor& tensor : tensors_) {
    const auto begin = static_cast<std::uint64_t>(tensor.data.data() - data.data());
    if (begin != expected) {
      throw FormatError(name_, data_start + expected,
                        "tensor " + printable(tensor.name) + " starts at " + std::to_string(begin) +
                            " of the data when it should start at " + std::to_string(expected));
    }
    expected += tensor.data.size();
  }
  if (expected != data.size()) {
    throw FormatError(
        name_, data_start + expected,
        "file has " + std::to_string(data.size() - expected) + " bytes after its last tensor, expected none");
  }
}

void Safetensors::sort_by_name() {
  by_name_.resize(tensors_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::sort(by_name_.begin(), by_name_.end(),
            [&](auto a, auto b) { return tensors_[a].name < tensors_[b].name; });
  const auto twice = std::adjacent_find(by_name_.begin(), by_name_.end(),
                                        [&](auto a, auto b) { return tensors_[a].name == tensors_[b].name; });
  if (twice != by_name_.end()) {
    throw FormatError(name_, kPrefix, "name " + printable(tensors_[*twice].name) + " occurs twice");
  }
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

void Safetensors::release_pages() const {
  if (file_ != nullptr) file_->release_pages();
}

}  // namespace gistmill::formats
