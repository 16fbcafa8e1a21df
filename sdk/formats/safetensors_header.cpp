// A strict reading of the header, event by event, without a document tree: a header of deep or wide
// nonsense costs no more memory than its text.
#include "sdk/formats/safetensors_header.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace gistmill::formats {
namespace {

constexpr std::size_t kMaxRank = 64;  // a tensor of more dimensions is nonsense, and its error unreadable

std::optional<SafetensorsDtype> dtype_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(SafetensorsDtype::kU64); ++i) {
    const auto dtype = static_cast<SafetensorsDtype>(i);
    if (name == safetensors_dtype_name(dtype)) return dtype;
  }
  return std::nullopt;
}

// An input iterator that tells how far the parser has come.
class Position {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Position(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  Position& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  bool operator==(const Position& other) const { return at_ == other.at_; }
  bool operator!=(const Position& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// Receives nlohmann's parse events. Where a value stands decides what it may be.
class HeaderEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderEvents(std::string_view json, const std::string& file, std::uint64_t offset)
      : start_(json.data()), reached_(json.data()), file_(file), offset_(offset) {}

  const char** reached() { return &reached_; }
  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (place_ == Place::kNowhere) {
      place_ = Place::kFile;
    } else if (place_ == Place::kFile && key_ == "__metadata__") {
      place_ = Place::kMetadata;
    } else if (place_ == Place::kFile) {
      place_ = Place::kTensor;
      tensor_ = {};
      tensor_.name = key_;
      fields_ = {};
    } else {
      refuse("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) {
      for (const auto& [seen, name] : {std::pair{fields_.dtype, "dtype"}, std::pair{fields_.shape, "shape"},
                                       std::pair{fields_.offsets, "data_offsets"}}) {
        if (!seen) fail("tensor " + printable(tensor_.name) + " has no " + name);
      }
      header_.tensors.push_back(std::move(tensor_));
    }
    place_ = place_ == Place::kFile ? Place::kNowhere : Place::kFile;
    return true;
  }

  bool key(std::string& name) override {
    key_ = std::move(name);
    if (place_ == Place::kFile && !names_.insert(key_).second) {
      fail("name " + printable(key_) + " occurs twice");
    } else if (place_ == Place::kMetadata && header_.metadata.count(key_) != 0) {
      fail("metadata " + printable(key_) + " occurs twice");
    } else if (place_ == Place::kTensor) {
      bool* field = key_ == "dtype"          ? &fields_.dtype
                    : key_ == "shape"        ? &fields_.shape
                    : key_ == "data_offsets" ? &fields_.offsets
                                             : nullptr;
      const std::string tensor = "tensor " + printable(tensor_.name);
      if (field == nullptr) {
        fail(tensor + " has unknown field " + printable(key_) + ", expected dtype, shape and data_offsets");
      }
      if (*field) fail(tensor + " has " + key_ + " twice");
      *field = true;
    }
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::kMetadata) {
      header_.metadata.emplace(key_, std::move(text));
    } else if (place_ == Place::kTensor && key_ == "dtype") {
      const auto dtype = dtype_named(text);
      if (!dtype) fail("tensor " + printable(tensor_.name) + " has unknown dtype " + printable(text));
      tensor_.dtype = *dtype;
    } else {
      refuse("a string");
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || key_ == "dtype") refuse("an array");
    place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
    offsets_read_ = 0;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && offsets_read_ != 2) {
      fail("tensor " + printable(tensor_.name) + " has " + std::to_string(offsets_read_) +
           " data_offsets, expected 2");
    }
    place_ = Place::kTensor;
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::kShape) {
      if (tensor_.shape.size() == kMaxRank) {
        fail("tensor " + printable(tensor_.name) + " has more than " + std::to_string(kMaxRank) +
             " dimensions");
      }
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        fail("tensor " + printable(tensor_.name) + " has dimension " + std::to_string(value) +
             ", expected at most 2^63 - 1");
      }
      tensor_.shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::kOffsets) {
      if (offsets_read_ == 0) tensor_.begin = value;
      if (offsets_read_ == 1) tensor_.end = value;
      offsets_read_ = std::min(offsets_read_ + 1, 3);
    } else {
      refuse("a number");
    }
    return true;
  }

  bool number_integer(number_integer_t value) override { refuse("the number " + std::to_string(value)); }
  bool number_float(number_float_t, const std::string& text) override {
    refuse("the number " + printable(text));
  }
  bool boolean(bool) override { refuse("a boolean"); }
  bool null() override { refuse("null"); }
  bool binary(binary_t&) override { refuse("bytes"); }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    // nlohmann's text starts with "[json.exception.parse_error.101] ".
    const std::string text = error.what();
    const std::size_t bracket = text.find("] ");
    fail("header is not JSON in UTF-8: " + (bracket == std::string::npos ? text : text.substr(bracket + 2)));
  }

 private:
  enum class Place { kNowhere, kFile, kMetadata, kTensor, kShape, kOffsets };
  struct Fields {
    bool dtype = false, shape = false, offsets = false;
  };

  [[noreturn]] void fail(const std::string& message) const {
    throw FormatError(file_, offset_ + static_cast<std::uint64_t>(reached_ - start_), message);
  }

  [[noreturn]] void refuse(const std::string& found) const {
    switch (place_) {
      case Place::kNowhere:
        fail("header is " + found + " when it should be an object");
      case Place::kFile:
        fail("entry " + printable(key_) + " is " + found + " when it should be an object");
      case Place::kMetadata:
        fail("metadata " + printable(key_) + " is " + found + " when it should be a string");
      default:
        break;
    }
    const char* expected =
        key_ == "dtype" ? " when it should be a string" : " when it should be an array of unsigned integers";
    fail("tensor " + printable(tensor_.name) + " has " + found + " in " + key_ + expected);
  }

  const char* start_;
  const char* reached_;
  const std::string& file_;
  std::uint64_t offset_;
  SafetensorsHeader header_;
  SafetensorsHeader::Tensor tensor_;
  Fields fields_;
  std::set<std::string, std::less<>> names_;
  std::string key_;
  Place place_ = Place::kNowhere;
  int offsets_read_ = 0;
};

}  // namespace

const char* safetensors_dtype_name(SafetensorsDtype dtype) {
  static constexpr const char* kNames[] = {"BOOL", "U8",  "I8",  "F8_E5M2", "F8_E4M3", "I16", "U16", "F16",
                                           "BF16", "I32", "U32", "F32",     "F64",     "I64", "U64"};
  return kNames[static_cast<int>(dtype)];
}

std::size_t safetensors_dtype_size(SafetensorsDtype dtype) {
  static constexpr std::size_t kSizes[] = {1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8};
  return kSizes[static_cast<int>(dtype)];
}

std::uint64_t safetensors_bytes(SafetensorsDtype dtype, const std::vector<std::int64_t>& shape) {
  std::uint64_t bytes = safetensors_dtype_size(dtype);
  bool empty = false;
  // Zero dimensions are left out of the product, so that no order of the others can hide an overflow.
  for (const std::int64_t dim : shape) {
    empty = empty || dim == 0;
    const auto factor = static_cast<std::uint64_t>(std::max<std::int64_t>(dim, 1));
    if (dim < 0 || __builtin_mul_overflow(bytes, factor, &bytes) || bytes >> 63 != 0) {
      throw std::overflow_error("shape has more bytes than a 63-bit number can count");
    }
  }
  return empty ? 0 : bytes;
}

SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file,
                                           std::uint64_t offset) {
  HeaderEvents events(json, file, offset);
  nlohmann::json::sax_parse(Position(json.data(), events.reached()),
                            Position(json.data() + json.size(), events.reached()), &events);
  return events.take();
}

}  // namespace gistmill::formats
