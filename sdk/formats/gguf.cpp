// Parsing and checking of a GGUF file. The values of tensors are in gguf_dequantize.cpp, those of
// metadata in gguf_values.cpp.
#include <gistmill/formats/gguf.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

#include "sdk/formats/gguf_cursor.hpp"
#include "sdk/formats/gguf_types.hpp"

namespace gistmill::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF fields are copied as they lie in the file");

constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::uint32_t kVersion = 3;
constexpr std::uint32_t kEarlierVersion = 2;  // the same in little-endian files; version 1 had shorter counts
constexpr std::uint64_t kMaxKey = 65535;      // ggml docs/gguf.md
constexpr std::uint64_t kMaxTensorName = 64;  // GGML_MAX_NAME
constexpr std::uint32_t kMaxRank = 4;         // GGML_MAX_DIMS
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint64_t kMaxInt = std::numeric_limits<std::int64_t>::max();
// Far above any model (which have some 50 and 2,000), and so small that a file of nothing but the shortest
// entries costs less than twice its size and 1 MiB.
constexpr std::uint64_t kMaxEntries = 1 << 14;
constexpr std::uint64_t kMaxTensors = 1 << 15;
// The smallest bytes that an entry can take: key length, key of one letter, type, value.
constexpr std::uint64_t kLeastEntry = 8 + 1 + 4 + 1;
// Name length, name of one letter, rank, type, offset.
constexpr std::uint64_t kLeastTensor = 8 + 1 + 4 + 4 + 8;

bool multiply_overflows(std::uint64_t a, std::uint64_t b, std::uint64_t* product) {
  return __builtin_mul_overflow(a, b, product) || *product > kMaxInt;
}

// Bytes of one value of a type; 0 for strings, which have their own length; -1 for unknown types.
int value_size(std::uint32_t type) {
  constexpr int kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, -1, 8, 8, 8};
  return type < std::size(kSizes) ? kSizes[type] : -1;
}

void skip_values(GgufCursor& cursor, const GgufEntry& entry) {
  const auto size = static_cast<std::uint64_t>(value_size(static_cast<std::uint32_t>(entry.type)));
  if (entry.type == GgufValueType::kString) {
    for (std::uint64_t i = 0; i < entry.count; ++i) cursor.read_string("string");
    return;
  }
  // No overflow: read_count bounded the count by the file's size; a scalar counts 1.
  cursor.expect(entry.count * size, "value");
  if (entry.type == GgufValueType::kBool) {
    for (std::uint64_t i = 0; i < entry.count; ++i) {
      const auto byte = static_cast<unsigned char>(cursor.bytes[cursor.at + i]);
      if (byte > 1) {
        cursor.fail(cursor.at + i, "boolean " + printable(entry.key) + " is " + std::to_string(byte) +
                                       " when it should be 0 or 1");
      }
    }
  }
  cursor.at += entry.count * size;
}

GgufEntry read_entry(GgufCursor& cursor) {
  GgufEntry entry;
  const std::uint64_t start = cursor.at;
  entry.key = cursor.read_string("metadata key");
  if (entry.key.empty() || entry.key.size() > kMaxKey) {
    cursor.fail(start, "metadata key of " + std::to_string(entry.key.size()) + " bytes, expected 1 to " +
                           std::to_string(kMaxKey));
  }
  const auto read_type = [&] {
    const std::uint64_t at = cursor.at;
    const auto type = cursor.read<std::uint32_t>("value type");
    const bool array_allowed = !entry.is_array;
    const bool is_array = type == static_cast<std::uint32_t>(GgufValueType::kArray);
    if (value_size(type) < 0 && !(is_array && array_allowed)) {
      cursor.fail(at, "metadata " + printable(entry.key) + " has value type " + std::to_string(type) +
                          (is_array ? " (array) within an array, which this reader does not take"
                                    : " when it should be 0 to 12"));
    }
    return static_cast<GgufValueType>(type);
  };
  entry.type = read_type();
  if (entry.type == GgufValueType::kArray) {
    entry.is_array = true;
    entry.type = read_type();
    const bool strings = entry.type == GgufValueType::kString;
    const int size = value_size(static_cast<std::uint32_t>(entry.type));
    entry.count = cursor.read_count("array length", strings ? 8 : static_cast<std::uint64_t>(size));
  }
  entry.offset = cursor.at;
  skip_values(cursor, entry);
  return entry;
}

GgufTensor read_tensor(GgufCursor& cursor) {
  GgufTensor tensor;
  const std::uint64_t start = cursor.at;
  const auto fail = [&](const std::string& message) {
    cursor.fail(start, "tensor " + printable(tensor.name) + " " + message);
  };
  tensor.name = cursor.read_string("tensor name");
  if (tensor.name.empty() || tensor.name.size() > kMaxTensorName) {
    cursor.fail(start, "tensor name of " + std::to_string(tensor.name.size()) + " bytes, expected 1 to " +
                           std::to_string(kMaxTensorName));
  }
  tensor.rank = cursor.read<std::uint32_t>("number of dimensions");
  if (tensor.rank > kMaxRank) {
    fail("has " + std::to_string(tensor.rank) + " dimensions, expected at most " + std::to_string(kMaxRank));
  }
  // The product of the nonzero dimensions, so that no order of multiplying them can overflow.
  std::uint64_t elements = 1;
  for (std::uint32_t i = 0; i < tensor.rank; ++i) {
    tensor.dims[i] = cursor.read<std::uint64_t>("dimension");
    if (multiply_overflows(elements, std::max<std::uint64_t>(tensor.dims[i], 1), &elements)) {
      fail("has more elements than a 63-bit number can count");
    }
  }
  const auto type = cursor.read<std::uint32_t>("tensor type");
  tensor.type = static_cast<GgufType>(type);
  tensor.offset = cursor.read<std::uint64_t>("tensor offset");

  const GgufBlock* block = gguf_block(type);
  if (const char* removed = gguf_removed_type(type)) {
    fail(std::string("has type ") + removed + ", which llama.cpp itself no longer reads; take the model in " +
         "another type, such as Q4_0 or Q8_0");
  }
  if (block == nullptr) fail("has unknown type number " + std::to_string(type));
  if (tensor.dims[0] % block->elements != 0) {
    fail("has rows of " + std::to_string(tensor.dims[0]) + " elements, expected a multiple of " +
         std::to_string(block->elements) + " for " + block->name);
  }
  if (multiply_overflows(tensor.elements() / block->elements, block->bytes, &tensor.bytes)) {
    fail("has more bytes than a 63-bit number can count");
  }
  return tensor;
}

// Indices of `items` in the order of their names. Calls `duplicate` with the index of the later of two
// items that share a name.
template <class Items, class Name, class Duplicate>
std::vector<std::uint32_t> sorted_by_name(const Items& items, Name name, Duplicate duplicate) {
  std::vector<std::uint32_t> order(items.size());
  std::iota(order.begin(), order.end(), 0u);
  // In place: a stable sort would allocate.
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return std::pair(name(items[a]), a) < std::pair(name(items[b]), b); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (name(items[order[i - 1]]) == name(items[order[i]])) duplicate(order[i]);
  }
  return order;
}

template <class Items, class Name>
const typename Items::value_type* find_by_name(const Items& items, const std::vector<std::uint32_t>& order,
                                               std::string_view wanted, Name name) {
  const auto place = std::lower_bound(order.begin(), order.end(), wanted,
                                      [&](auto index, auto value) { return name(items[index]) < value; });
  if (place == order.end() || name(items[*place]) != wanted) return nullptr;
  return &items[*place];
}

std::string_view key_of(const GgufEntry& entry) { return entry.key; }
std::string_view name_of(const GgufTensor& tensor) { return tensor.name; }

}  // namespace

std::vector<std::int64_t> GgufTensor::shape() const {
  std::vector<std::int64_t> shape;
  for (std::uint32_t i = rank; i > 0; --i) shape.push_back(static_cast<std::int64_t>(dims[i - 1]));
  return shape;
}

Gguf::Gguf(const std::filesystem::path& path)
    : file_(std::make_shared<const MappedFile>(path)), bytes_(file_->bytes()), name_(path.string()) {
  parse();
}

Gguf::Gguf(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) { parse(); }

void Gguf::parse() {
  GgufCursor cursor{bytes_, name_};
  if (cursor.read<std::uint32_t>("GGUF header") != kMagic) {
    cursor.fail(0, "starts with " + printable(bytes_.substr(0, 4)) + " when it should start with 'GGUF'");
  }
  const auto version = cursor.read<std::uint32_t>("GGUF version");
  if (version != kVersion && version != kEarlierVersion) {
    const bool swapped = version == __builtin_bswap32(kVersion);
    cursor.fail(4, swapped ? "is a big-endian GGUF file, expected little-endian"
                           : "has GGUF version " + std::to_string(version) + ", expected 2 or 3");
  }
  const auto tensor_count = cursor.read_count("tensor count", kLeastTensor);
  const auto entry_count = cursor.read_count("metadata count", kLeastEntry);
  read_entries(cursor, entry_count);
  read_tensors(cursor, tensor_count);

  const std::uint64_t padding = alignment() - 1;
  // No overflow: the position is within the file, the alignment below 2^32.
  place_tensors((cursor.at + padding) & ~padding, alignment());
}

void Gguf::read_entries(GgufCursor& cursor, std::uint64_t count) {
  if (count > kMaxEntries) {
    cursor.fail(16, "metadata count is " + std::to_string(count) + ", expected at most " +
                        std::to_string(kMaxEntries));
  }
  entries_.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) entries_.push_back(read_entry(cursor));
  entries_by_key_ = sorted_by_name(entries_, key_of, [&](std::uint32_t index) {
    cursor.fail(entries_[index].offset, "metadata key " + printable(entries_[index].key) + " occurs twice");
  });
}

void Gguf::read_tensors(GgufCursor& cursor, std::uint64_t count) {
  if (count > kMaxTensors) {
    cursor.fail(
        8, "tensor count is " + std::to_string(count) + ", expected at most " + std::to_string(kMaxTensors));
  }
  tensors_.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) tensors_.push_back(read_tensor(cursor));
  tensors_by_name_ = sorted_by_name(tensors_, name_of, [&](std::uint32_t index) {
    cursor.fail(static_cast<std::uint64_t>(tensors_[index].name.data() - bytes_.data()),
                "tensor name " + printable(tensors_[index].name) + " occurs twice");
  });
}

std::uint64_t Gguf::alignment() const {
  const GgufEntry* entry = find_entry("general.alignment");
  if (entry == nullptr) return kDefaultAlignment;
  if (entry->is_array || entry->type != GgufValueType::kU32) refuse(*entry, "an unsigned 32-bit integer");
  const auto alignment = static_cast<std::uint64_t>(integer_at(*entry, 0));
  if (!std::has_single_bit(alignment)) {
    throw FormatError(
        name_, entry->offset,
        "general.alignment is " + std::to_string(alignment) + " when it should be a power of two");
  }
  return alignment;
}

// Turns offsets from the start of the data into offsets from the start of the file. Like ggml, takes only
// tensors that follow each other without gaps other than the alignment's.
void Gguf::place_tensors(std::uint64_t data_start, std::uint64_t alignment) {
  if (!tensors_.empty() && data_start > bytes_.size()) {
    throw FormatError(
        name_, bytes_.size(),
        "file ends before its data, which should start at " + std::to_string(data_start) + kTorn);
  }
  std::uint64_t expected = 0;
  for (GgufTensor& tensor : tensors_) {
    const auto fail = [&](const std::string& message) {
      throw FormatError(name_, static_cast<std::uint64_t>(tensor.name.data() - bytes_.data()),
                        "tensor " + printable(tensor.name) + " " + message);
    };
    if (tensor.offset != expected) {
      fail("has offset " + std::to_string(tensor.offset) + " when it should be " + std::to_string(expected));
    }
    // Subtractions only, each of a smaller number: nothing here can wrap.
    const std::uint64_t room = bytes_.size() - data_start;
    if (tensor.offset > room || tensor.bytes > room - tensor.offset) {
      fail("needs bytes " + std::to_string(tensor.offset) + " to " +
           std::to_string(tensor.offset + tensor.bytes) + " of the data, the file holds " +
           std::to_string(room) + kTorn);
    }
    expected = (tensor.offset + tensor.bytes + alignment - 1) & ~(alignment - 1);
    tensor.offset += data_start;
  }
}

const GgufEntry* Gguf::find_entry(std::string_view key) const {
  return find_by_name(entries_, entries_by_key_, key, key_of);
}

bool Gguf::is_array(std::string_view key) const {
  const GgufEntry* entry = find_entry(key);
  return entry != nullptr && entry->is_array;
}

const GgufTensor* Gguf::find_tensor(std::string_view name) const {
  return find_by_name(tensors_, tensors_by_name_, name, name_of);
}

const GgufTensor& Gguf::tensor(std::string_view name) const {
  if (const GgufTensor* found = find_tensor(name)) return *found;
  throw FormatError(name_ + ": has no tensor " + printable(name) + " among its " +
                    std::to_string(tensors_.size()));
}

void Gguf::release_pages() const {
  if (file_ != nullptr) file_->release_pages();
}

}  // namespace gistmill::formats
