#include "sdk/formats/safetensors_index.hpp"

#include <cmath>
#include <stdexcept>

#include <gistmill/formats/json_cursor.hpp>

namespace gistmill::formats {
namespace {

constexpr std::size_t kIndexDepth = 16;
constexpr std::size_t kMaxName = 255;  // NAME_MAX

class IndexReader {
 public:
  using OnTensor = std::function<void(std::string_view, std::string_view)>;

  IndexReader(std::string_view text, const std::string& file, const OnTensor& on_tensor)
      : cursor_(text, file, kIndexDepth, JsonCursor::Place::kLine), on_tensor_(on_tensor) {}

  std::optional<std::uint64_t> read() {
    expect(JsonKind::kObject, "index");
    bool metadata_seen = false, map_seen = false;
    cursor_.members([&](const JsonString& raw) {
      const std::string key = raw.text();
      if (key == "metadata") {
        once(metadata_seen, key);
        expect(JsonKind::kObject, key);
        cursor_.members([&](const JsonString& name) { metadata(name.text()); });
      } else if (key == "weight_map") {
        once(map_seen, key);
        expect(JsonKind::kObject, key);
        cursor_.members([&](const JsonString& name) { entry(name); });
      } else {
        cursor_.skip();
      }
    });
    if (!map_seen) cursor_.fail("has no weight_map");
    cursor_.finish();
    return total_size_;
  }

 private:
  void expect(JsonKind expected, const std::string& what) {
    const JsonKind found = cursor_.kind();
    if (found == expected) return;
    cursor_.fail(what + " is " + json_kind_name(found) + " when it should be " + json_kind_name(expected));
  }

  void once(bool& seen, const std::string& key) {
    if (seen) cursor_.fail(key + " occurs twice");
    seen = true;
  }

  void metadata(const std::string& key) {
    if (key != "total_size") return cursor_.skip();
    if (total_size_) cursor_.fail("total_size occurs twice");
    expect(JsonKind::kNumber, key);
    const std::size_t at = cursor_.at();
    const JsonNumber number = cursor_.number();
    total_size_ = number.as_unsigned();
    if (total_size_) return;
    // Some writers divide and so write a float: 1234.0.
    const auto size = number.as_double();
    if (!size || *size < 0 || *size >= 0x1p53 || *size != std::floor(*size)) {
      cursor_.fail_at(at, "total_size is " + printable(number.raw) + " when it should be a number of bytes");
    }
    total_size_ = static_cast<std::uint64_t>(*size);
  }

  void entry(const JsonString& raw_name) {
    const std::string name = raw_name.text();
    expect(JsonKind::kString, "shard of tensor " + printable(name));
    const std::size_t at = cursor_.at();
    const std::string shard = cursor_.string().text();
    // A name within the folder and nothing else, so that an index cannot have other files opened.
    const bool plain = !shard.empty() && shard.size() <= kMaxName && shard != "." && shard != ".." &&
                       shard.find('/') == std::string::npos && shard.find('\0') == std::string::npos;
    if (!plain) {
      cursor_.fail_at(at, "shard of tensor " + printable(name) + " is " + printable(shard) +
                              " when it should be the plain name of a file in the same folder");
    }
    try {
      on_tensor_(name, shard);
    } catch (const std::invalid_argument& error) {
      cursor_.fail_at(at, error.what());
    }
  }

  JsonCursor cursor_;
  const OnTensor& on_tensor_;
  std::optional<std::uint64_t> total_size_;
};

}  // namespace

std::optional<std::uint64_t> read_safetensors_index(
    std::string_view text, const std::string& file,
    const std::function<void(std::string_view, std::string_view)>& on_tensor) {
  return IndexReader(text, file, on_tensor).read();
}

}  // namespace gistmill::formats
