#include "plugins/store/gists/torch_file.hpp"

#include <array>
#include <limits>
#include <string>
#include <string_view>

#include <gistmill/files/new_file.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::gists {
namespace {

template <class T>
void put(std::string& bytes, T number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// CRC-32 of ZIP (ISO 3309).
std::uint32_t crc_of(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < made.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1u) != 0 ? 0xedb88320u : 0u);
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xffu] ^ (crc >> 8);
  return ~crc;
}

// Pickle, protocol 2.
void put_text(std::string& pickle, std::string_view text) {
  pickle += 'X';
  put(pickle, static_cast<std::uint32_t>(text.size()));
  pickle += text;
}
void put_integer(std::string& pickle, std::int64_t value) {
  pickle += "\x8a\x08";
  put(pickle, value);
}

// torch._utils._rebuild_tensor_v2(storage, 0, (rows, width), (width, 1), False, OrderedDict())
std::string tensor_pickle(std::int64_t rows, std::int64_t width) {
  std::string pickle = "\x80\x02";
  pickle += "ctorch._utils\n_rebuild_tensor_v2\n((";
  put_text(pickle, "storage");
  pickle += "ctorch\nFloatStorage\n";
  put_text(pickle, "0");
  put_text(pickle, "cpu");
  put_integer(pickle, rows * width);
  pickle += "tQ";
  put_integer(pickle, 0);
  for (const auto& [first, second] : {std::pair(rows, width), std::pair(width, std::int64_t{1})}) {
    put_integer(pickle, first);
    put_integer(pickle, second);
    pickle += '\x86';
  }
  pickle +=
      "\x89"
      "ccollections\nOrderedDict\n)RtR.";
  return pickle;
}

class Archive {
 public:
  explicit Archive(const std::filesystem::path& target) : file_(target) {}

  void add(const std::string& name, std::string_view data) {
    const std::uint32_t at = size_;
    std::string fields;                      // what both headers have
    put(fields, std::uint16_t{0});           // flags
    put(fields, std::uint16_t{0});           // stored
    put(fields, std::uint32_t{0x00210000});  // the first day that ZIP knows
    put(fields, crc_of(data));
    put(fields, static_cast<std::uint32_t>(data.size()));
    put(fields, static_cast<std::uint32_t>(data.size()));
    put(fields, static_cast<std::uint16_t>(name.size()));
    put(fields, std::uint16_t{0});  // extra
    std::string header("PK\x03\x04", 4);
    put(header, std::uint16_t{20});
    header += fields + name;
    write(header);
    write(data);
    directory_ += std::string("PK\x01\x02", 4);
    put(directory_, std::uint16_t{20});
    put(directory_, std::uint16_t{20});
    directory_ += fields;
    put(directory_, std::uint16_t{0});  // comment
    put(directory_, std::uint16_t{0});  // disk
    put(directory_, std::uint16_t{0});
    put(directory_, std::uint32_t{0});
    put(directory_, at);
    directory_ += name;
    ++entries_;
  }

  void commit() {
    const std::uint32_t at = size_;
    std::string end("PK\x05\x06", 4);
    put(end, std::uint32_t{0});
    put(end, entries_);
    put(end, entries_);
    put(end, static_cast<std::uint32_t>(directory_.size()));
    put(end, at);
    put(end, std::uint16_t{0});
    write(directory_);
    write(end);
    file_.commit();
  }

 private:
  void write(std::string_view bytes) {
    file_.write(bytes);
    size_ += static_cast<std::uint32_t>(bytes.size());
  }

  files::NewFile file_;
  std::string directory_;
  std::uint16_t entries_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace

void write_torch_file(const std::filesystem::path& target, const std::vector<float>& values,
                      std::int64_t rows, std::int64_t width) {
  const std::size_t bytes = values.size() * sizeof(float);
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max() - (1u << 16);
  if (bytes > kMost) {
    throw formats::FormatError("'" + target.string() + "' would have " + std::to_string(bytes) +
                               " bytes of gists when this format holds 4 GiB; export .safetensors");
  }
  Archive archive(target);
  archive.add("gists/data.pkl", tensor_pickle(rows, width));
  archive.add("gists/byteorder", "little");
  archive.add("gists/data/0", {reinterpret_cast<const char*>(values.data()), bytes});
  archive.add("gists/version", "3\n");
  archive.commit();
}

}  // namespace gistmill::gists
