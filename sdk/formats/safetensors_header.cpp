// A strict reading of the header: every field once, of its type, and nothing else.
#include "sdk/formats/safetensors_header.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

namespace gistmill::formats {
namespace {

constexpr std::size_t kHeaderDepth = 4;  // one more than a header has, so that depth is never the complaint
constexpr std::size_t kMaxMetadata = 1024;  // far above any file; bounds what short strings can cost

class HeaderReader {
 public:
  HeaderReader(std::string_view json, const std::string& file, std::uint64_t offset)
      : cursor_(json, file, kHeaderDepth, JsonCursor::Place::kByte, offset) {}

  std::map<std::string, std::string> read(const std::function<void(const SafetensorsEntry&)>& on_tensor) {
    bool metadata_seen = false;
    cursor_.members([&](const JsonString& key) {
      const bool is_metadata = key.text() == "__metadata__";
      if (is_metadata && cursor_.kind() == JsonKind::kNull) return cursor_.null();
      expect(JsonKind::kObject, [&] { return "entry " + quoted(key); });
      if (!is_metadata) {
        on_tensor(tensor(key));
      } else {
        if (metadata_seen) cursor_.fail("name '__metadata__' occurs twice");
        metadata_seen = true;
        metadata();
      }
    });
    cursor_.finish();
    return std::move(metadata_);
  }

 private:
  static std::string quoted(const JsonString& string) { return printable(string.text()); }

  template <class What>
  void expect(JsonKind expected, What what) {
    const JsonKind found = cursor_.kind();
    if (found == expected) return;
    cursor_.fail(what() + " is " + json_kind_name(found) + " when it should be " + json_kind_name(expected));
  }

  void metadata() {
    cursor_.members([&](const JsonString& key) {
      expect(JsonKind::kString, [&] { return "metadata " + quoted(key); });
      if (metadata_.size() == kMaxMetadata) {
        cursor_.fail("has more than " + std::to_string(kMaxMetadata) + " entries of metadata");
      }
      if (!metadata_.emplace(key.text(), cursor_.string().text()).second) {
        cursor_.fail("metadata " + quoted(key) + " occurs twice");
      }
    });
  }

  SafetensorsEntry tensor(const JsonString& name) {
    SafetensorsEntry entry;
    entry.name = name;
    const auto fail = [&](const std::string& message) { cursor_.fail("tensor " + quoted(name) + message); };
    bool dtype = false, shape = false, offsets = false;
    const auto once = [&](bool& seen, const char* field) {
      if (seen) fail(std::string(" has ") + field + " twice");
      seen = true;
    };
    cursor_.members([&](const JsonString& key) {
      const std::string field = key.text();
      if (field == "dtype") {
        once(dtype, "dtype");
        read_dtype(entry);
      } else if (field == "shape") {
        once(shape, "shape");
        read_shape(entry);
      } else if (field == "data_offsets") {
        once(offsets, "data_offsets");
        read_offsets(entry);
      } else {
        fail(" has unknown field " + printable(field) + ", expected dtype, shape and data_offsets");
      }
    });
    if (!dtype) fail(" has no dtype");
    if (!shape) fail(" has no shape");
    if (!offsets) fail(" has no data_offsets");
    return entry;
  }

  void read_dtype(SafetensorsEntry& entry) {
    expect(JsonKind::kString, [&] { return "dtype of tensor " + quoted(entry.name); });
    const std::string name = cursor_.string().text();
    const auto found = safetensors_dtype(name);
    if (!found) cursor_.fail("tensor " + quoted(entry.name) + " has unknown dtype " + printable(name));
    entry.dtype = *found;
  }

  void read_shape(SafetensorsEntry& entry) {
    expect(JsonKind::kArray, [&] { return "shape of tensor " + quoted(entry.name); });
    cursor_.elements([&] {
      const std::uint64_t dim = whole_number(entry, "shape");
      if (entry.rank == kSafetensorsMaxRank) {
        cursor_.fail("tensor " + quoted(entry.name) + " has more than " +
                     std::to_string(kSafetensorsMaxRank) + " dimensions");
      }
      if (dim > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        cursor_.fail("tensor " + quoted(entry.name) + " has dimension " + std::to_string(dim) +
                     ", expected at most 2^63 - 1");
      }
      entry.dims[entry.rank++] = static_cast<std::int64_t>(dim);
    });
  }

  void read_offsets(SafetensorsEntry& entry) {
    expect(JsonKind::kArray, [&] { return "data_offsets of tensor " + quoted(entry.name); });
    std::size_t count = 0;
    cursor_.elements([&] {
      const std::uint64_t value = whole_number(entry, "data_offsets");
      if (count == 0) entry.begin = value;
      if (count == 1) entry.end = value;
      ++count;
    });
    if (count != 2) {
      cursor_.fail("tensor " + quoted(entry.name) + " has " + std::to_string(count) +
                   " data_offsets, expected 2");
    }
  }

  std::uint64_t whole_number(const SafetensorsEntry& entry, const char* field) {
    const JsonKind kind = cursor_.kind();
    std::string found = json_kind_name(kind);
    const std::size_t at = cursor_.at();
    if (kind == JsonKind::kNumber) {
      const JsonNumber number = cursor_.number();
      if (const auto value = number.as_unsigned()) return *value;
      found = "the number " + printable(number.raw);
    }
    cursor_.fail_at(at, "tensor " + quoted(entry.name) + " has " + found + " in " + field +
                            " when it should be an unsigned integer");
  }

  JsonCursor cursor_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace

const char* safetensors_dtype_name(SafetensorsDtype dtype) {
  static constexpr const char* kNames[] = {"BOOL", "U8",  "I8",  "F8_E5M2", "F8_E4M3", "I16", "U16", "F16",
                                           "BF16", "I32", "U32", "F32",     "F64",     "I64", "U64"};
  return kNames[static_cast<int>(dtype)];
}

std::optional<SafetensorsDtype> safetensors_dtype(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(SafetensorsDtype::kU64); ++i) {
    const auto dtype = static_cast<SafetensorsDtype>(i);
    if (name == safetensors_dtype_name(dtype)) return dtype;
  }
  return std::nullopt;
}

std::size_t safetensors_dtype_size(SafetensorsDtype dtype) {
  static constexpr std::size_t kSizes[] = {1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8};
  return kSizes[static_cast<int>(dtype)];
}

std::uint64_t safetensors_bytes(SafetensorsDtype dtype, const std::int64_t* dims, std::size_t rank) {
  std::uint64_t bytes = safetensors_dtype_size(dtype);
  bool empty = false;
  // Zero dimensions are left out of the product, so that no order of the others can hide an overflow.
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t dim = dims[i];
    empty = empty || dim == 0;
    const auto factor = static_cast<std::uint64_t>(std::max<std::int64_t>(dim, 1));
    if (dim < 0 || __builtin_mul_overflow(bytes, factor, &bytes) || bytes >> 63 != 0) {
      throw std::overflow_error("shape has more bytes than a 63-bit number can count");
    }
  }
  return empty ? 0 : bytes;
}

std::map<std::string, std::string> read_safetensors_header(
    std::string_view json, const std::string& file, std::uint64_t offset,
    const std::function<void(const SafetensorsEntry&)>& on_tensor) {
  return HeaderReader(json, file, offset).read(on_tensor);
}

}  // namespace gistmill::formats
