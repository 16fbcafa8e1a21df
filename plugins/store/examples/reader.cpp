#include "plugins/store/examples/reader.hpp"

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/common/column_file.hpp"

namespace gistmill::examples {
namespace {

namespace hdf5 = formats::hdf5;
using formats::FormatError;

static_assert(std::endian::native == std::endian::little, "mapped columns are little endian");

constexpr std::int64_t kMostSize = 1 << 24;

}  // namespace

ExampleFileReader::ExampleFileReader(const std::filesystem::path& path) : path_(path), map_(path) {
  const hdf5::Silence silence;
  try {
    read_header();
  } catch (const FormatError& error) {
    fail(error.what());
  }
}

void ExampleFileReader::fail(const std::string& what) const {
  throw FormatError("'" + path_.string() + "' is not a readable example file: " + what);
}

void ExampleFileReader::read_header() {
  const std::uint64_t size = map_.size();
  const hdf5::Handle file = store::open_column_file(map_.bytes(), kFormat, kVersion);
  constexpr std::size_t kLongest = 256;
  digest_ = hdf5::text_attribute(file.get(), "digest", kLongest);
  shape_ = {store::size_attribute(file.get(), "block_size", kMostSize),
            store::size_attribute(file.get(), "horizon", kMostSize),
            store::size_attribute(file.get(), "hidden_size", kMostSize)};
  if (shape_.horizon % shape_.block != 0) throw FormatError("its horizon is no multiple of its block size");
  provenance_ = store::texts_of(file.get(), "/provenance", size).front();
  documents_ = store::texts_of(file.get(), "/documents/name", size);
  for (std::size_t split = 0; split < kSplits; ++split) read_split(file.get(), split);
  // The sizes are held against the columns of examples.
  if (splits_[0].examples == 0 && splits_[1].examples == 0) throw FormatError("it has no examples");
}

void ExampleFileReader::read_split(std::int64_t file, std::size_t split) {
  const std::string group = std::string("/") + kSplitNames[split];
  if (H5Lexists(file, group.c_str(), H5P_DEFAULT) <= 0) return;
  const std::uint64_t size = map_.size();
  const hsize_t count = store::rows_of(file, group + "/document", size);
  const auto column = [&](const char* name, hid_t type, const std::vector<hsize_t>& shape) {
    return store::place_of_column(file, group + name, {type}, shape, size).begin;
  };
  const auto block = static_cast<hsize_t>(shape_.block);
  Split& found = splits_[split];
  found.windows = column("/context_input_ids", H5T_STD_I64LE, {count, static_cast<hsize_t>(shape_.horizon)});
  found.hidden =
      column("/teacher_hidden", H5T_IEEE_F32LE, {count, block, static_cast<hsize_t>(shape_.hidden)});
  found.documents = column("/document", H5T_STD_I32LE, {count});
  found.begins = column("/begin", H5T_STD_I32LE, {count});
  found.examples = count;
  for (hsize_t i = 0; i < count; ++i) {
    const std::int32_t number = document(split, i);
    if (number < 0 || static_cast<std::size_t>(number) >= documents_.size())
      throw FormatError("an example is of document " + std::to_string(number) + " of " +
                        std::to_string(documents_.size()));
  }
}

template <class T>
T ExampleFileReader::at(std::uint64_t column, std::uint64_t index) const {
  T value;
  std::memcpy(&value, map_.bytes().data() + column + index * sizeof value, sizeof value);
  return value;
}

std::int32_t ExampleFileReader::document(std::size_t split, std::uint64_t index) const {
  return at<std::int32_t>(splits_[split].documents, index);
}

std::int32_t ExampleFileReader::begin(std::size_t split, std::uint64_t index) const {
  return at<std::int32_t>(splits_[split].begins, index);
}

void ExampleFileReader::read_window(std::size_t split, std::uint64_t index, std::int32_t* out) const {
  for (std::int64_t i = 0; i < shape_.horizon; ++i) {
    const auto place = index * static_cast<std::uint64_t>(shape_.horizon) + static_cast<std::uint64_t>(i);
    const auto id = at<std::int64_t>(splits_[split].windows, place);
    if (id < 0 || id > std::numeric_limits<std::int32_t>::max())
      fail("token " + std::to_string(id) + " is no id");
    out[i] = static_cast<std::int32_t>(id);
  }
}

void ExampleFileReader::read_hidden(std::size_t split, std::uint64_t index, float* out) const {
  const std::size_t bytes = static_cast<std::size_t>(shape_.block * shape_.hidden) * sizeof(float);
  std::memcpy(out, map_.bytes().data() + splits_[split].hidden + index * bytes, bytes);
}

void ExampleFileReader::verify() const {
  std::array<std::string, kSplits> digests;
  std::vector<std::int32_t> row(static_cast<std::size_t>(2 + shape_.horizon));
  std::vector<float> hidden(static_cast<std::size_t>(shape_.block * shape_.hidden));
  for (std::size_t split = 0; split < kSplits; ++split) {
    formats::Sha256 sha;
    for (std::uint64_t i = 0; i < examples(split); ++i) {
      row[0] = document(split, i);
      row[1] = begin(split, i);
      read_window(split, i, row.data() + 2);
      read_hidden(split, i, hidden.data());
      sha.update(row.data(), row.size() * sizeof row[0]);
      sha.update(hidden.data(), hidden.size() * sizeof hidden[0]);
    }
    digests[split] = sha.hex();
  }
  if (const std::string found = digest_of(digests, documents_); found != digest_)
    fail("the digest of its content is " + found + " when it should be " + digest_ + "; prepare it again");
}

}  // namespace gistmill::examples
