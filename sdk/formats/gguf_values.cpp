// Metadata values of a GGUF file, decoded when asked for. Bounds were checked by the parser.
#include <cstring>
#include <limits>

#include <gistmill/formats/gguf.hpp>

namespace gistmill::formats {
namespace {

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

std::string describe(const GgufEntry& entry) {
  constexpr const char* kNames[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                    "bool", "string", "array", "u64", "i64", "f64"};
  const std::string name = kNames[static_cast<std::uint32_t>(entry.type)];
  return entry.is_array ? "an array of " + std::to_string(entry.count) + " " + name : "one " + name;
}

bool is_number(GgufValueType type) { return type != GgufValueType::kBool && type != GgufValueType::kString; }

bool is_integer(GgufValueType type) {
  return is_number(type) && type != GgufValueType::kF32 && type != GgufValueType::kF64;
}

// Elements of less than 4 bytes that an array may have to be given in 8 bytes each: a file shall not decide
// that a list of token types is a thousand million bytes, and so cost eight times its size.
constexpr std::uint64_t kMaxWidened = 1 << 16;

}  // namespace

const GgufEntry& Gguf::entry(std::string_view key) const {
  if (const GgufEntry* found = find_entry(key)) return *found;
  throw FormatError(name_ + ": has no metadata " + printable(key));
}

void Gguf::refuse(const GgufEntry& entry, std::string_view expected) const {
  throw FormatError(name_, entry.offset,
                    "metadata " + printable(entry.key) + " is " + describe(entry) + " when it should be " +
                        std::string(expected));
}

const GgufEntry& Gguf::scalar(std::string_view key, std::string_view expected) const {
  const GgufEntry& found = entry(key);
  if (found.is_array) refuse(found, expected);
  return found;
}

const GgufEntry& Gguf::array(std::string_view key, std::string_view expected) const {
  const GgufEntry& found = entry(key);
  if (!found.is_array) refuse(found, expected);
  return found;
}

std::int64_t Gguf::integer_at(const GgufEntry& entry, std::uint64_t index) const {
  const char* first = bytes_.data() + entry.offset;
  switch (entry.type) {
    case GgufValueType::kU8:
      return load<std::uint8_t>(first + index);
    case GgufValueType::kI8:
      return load<std::int8_t>(first + index);
    case GgufValueType::kU16:
      return load<std::uint16_t>(first + 2 * index);
    case GgufValueType::kI16:
      return load<std::int16_t>(first + 2 * index);
    case GgufValueType::kU32:
      return load<std::uint32_t>(first + 4 * index);
    case GgufValueType::kI32:
      return load<std::int32_t>(first + 4 * index);
    case GgufValueType::kI64:
      return load<std::int64_t>(first + 8 * index);
    case GgufValueType::kU64: {
      const auto value = load<std::uint64_t>(first + 8 * index);
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        throw FormatError(name_, entry.offset + 8 * index,
                          "metadata " + printable(entry.key) + " is " + std::to_string(value) +
                              ", expected at most 2^63 - 1");
      }
      return static_cast<std::int64_t>(value);
    }
    default:
      refuse(entry, "an integer");
  }
}

double Gguf::number_at(const GgufEntry& entry, std::uint64_t index) const {
  const char* first = bytes_.data() + entry.offset;
  if (entry.type == GgufValueType::kF32) return static_cast<double>(load<float>(first + 4 * index));
  if (entry.type == GgufValueType::kF64) return load<double>(first + 8 * index);
  if (!is_number(entry.type)) refuse(entry, "a number");
  return static_cast<double>(integer_at(entry, index));
}

std::int64_t Gguf::integer(std::string_view key) const { return integer_at(scalar(key, "an integer"), 0); }

std::int64_t Gguf::integer_or(std::string_view key, std::int64_t fallback) const {
  return has(key) ? integer(key) : fallback;
}

double Gguf::number(std::string_view key) const { return number_at(scalar(key, "a number"), 0); }

double Gguf::number_or(std::string_view key, double fallback) const {
  return has(key) ? number(key) : fallback;
}

bool Gguf::boolean(std::string_view key) const {
  const GgufEntry& found = scalar(key, "a boolean");
  if (found.type != GgufValueType::kBool) refuse(found, "a boolean");
  return bytes_[found.offset] != 0;
}

bool Gguf::boolean_or(std::string_view key, bool fallback) const {
  return has(key) ? boolean(key) : fallback;
}

std::string_view Gguf::string(std::string_view key) const {
  const GgufEntry& found = scalar(key, "a string");
  if (found.type != GgufValueType::kString) refuse(found, "a string");
  return bytes_.substr(found.offset + 8, load<std::uint64_t>(bytes_.data() + found.offset));
}

std::vector<std::string_view> Gguf::strings(std::string_view key) const {
  const GgufEntry& found = array(key, "an array of strings");
  if (found.type != GgufValueType::kString) refuse(found, "an array of strings");
  std::vector<std::string_view> out;
  out.reserve(found.count);
  std::uint64_t at = found.offset;
  for (std::uint64_t i = 0; i < found.count; ++i) {
    const auto size = load<std::uint64_t>(bytes_.data() + at);
    out.push_back(bytes_.substr(at + 8, size));
    at += 8 + size;
  }
  return out;
}

std::string_view Gguf::bytes(std::string_view key) const {
  const GgufEntry& found = array(key, "an array of bytes");
  if (found.type != GgufValueType::kU8 && found.type != GgufValueType::kI8)
    refuse(found, "an array of bytes");
  return bytes_.substr(found.offset, found.count);
}

std::vector<bool> Gguf::booleans(std::string_view key) const {
  const GgufEntry& found = array(key, "an array of booleans");
  if (found.type != GgufValueType::kBool) refuse(found, "an array of booleans");
  std::vector<bool> out(found.count);
  for (std::uint64_t i = 0; i < found.count; ++i) out[i] = bytes_[found.offset + i] != 0;
  return out;
}

void Gguf::check_width(const GgufEntry& entry) const {
  const bool narrow = entry.type <= GgufValueType::kI16;
  if (narrow && entry.count > kMaxWidened) {
    refuse(entry, "at most " + std::to_string(kMaxWidened) + " elements of fewer than 4 bytes");
  }
}

std::vector<std::int64_t> Gguf::integers(std::string_view key) const {
  const GgufEntry& found = array(key, "an array of integers");
  if (!is_integer(found.type)) refuse(found, "an array of integers");
  check_width(found);
  std::vector<std::int64_t> out(found.count);
  for (std::uint64_t i = 0; i < found.count; ++i) out[i] = integer_at(found, i);
  return out;
}

std::vector<double> Gguf::numbers(std::string_view key) const {
  const GgufEntry& found = array(key, "an array of numbers");
  if (!is_number(found.type)) refuse(found, "an array of numbers");
  check_width(found);
  std::vector<double> out(found.count);
  for (std::uint64_t i = 0; i < found.count; ++i) out[i] = number_at(found, i);
  return out;
}

}  // namespace gistmill::formats
