#include "plugins/store/common/assembly.hpp"

#include <algorithm>
#include <cerrno>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::store {
namespace {

namespace fs = std::filesystem;
namespace hdf5 = formats::hdf5;

constexpr std::uint64_t kPieceBytes = 4 << 20;  // that are moved at a time

void copy_until(std::uint64_t end, int image, const fs::path& path, files::NewFile& file) {
  std::vector<char> bytes;
  while (file.written() < end) {
    bytes.resize(std::min<std::uint64_t>(kPieceBytes, end - file.written()));
    read_whole(image, bytes.data(), bytes.size(), file.written(), path);
    file.write({bytes.data(), bytes.size()});
  }
}

}  // namespace

void read_whole(int file, void* data, std::size_t size, std::uint64_t at, const fs::path& path) {
  const files::Transferred got = files::read_at(file, data, size, at);
  if (got.bytes != size)
    throw files::FileError("read back what goes into", path, got.error == 0 ? EIO : got.error);
}

void assemble(const fs::path& path, hdf5::MemoryFile& image, std::vector<Hole> holes) {
  std::sort(holes.begin(), holes.end(), [](const Hole& a, const Hole& b) { return a.at < b.at; });
  const std::uint64_t size = image.finish();
  files::NewFile file(path);
  file.reserve(size);
  for (const Hole& hole : holes) {
    copy_until(hole.at, image.memory.get(), path, file);
    hole.fill([&](const void* data, std::size_t bytes) {
      file.write({static_cast<const char*>(data), bytes});
    });
  }
  copy_until(size, image.memory.get(), path, file);
  file.commit();
}

void put_column(hid_t file, const std::string& name, hid_t type, const std::vector<hsize_t>& shape,
                const void* data) {
  const hdf5::Handle set = hdf5::make_data_set(file, name, type, shape);
  if (H5Dwrite(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    throw formats::FormatError("HDF5 cannot write to memory: " + hdf5::reason());
}

void put_text(hid_t file, const std::string& name, const std::string& text) {
  put_column(file, name, hdf5::text_type(text.size()).get(), {}, text.c_str());
}

}  // namespace gistmill::store
