#include "plugins/store/packed/shard_reader.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/common/column_file.hpp"

namespace gistmill::packed {
namespace {

namespace hdf5 = formats::hdf5;
using formats::FormatError;

static_assert(std::endian::native == std::endian::little, "mapped ids are little endian");

constexpr std::size_t kLongestText = 4096;

// Who counts on labels being what follows in the ids must not meet labels that are moved already.
void check_labels(hid_t file) {
  const char* const again = "; pack its text again";
  if (H5Aexists(file, "labels_shifted") <= 0)
    throw FormatError(std::string("it does not say whether its labels are shifted (labels_shifted)") + again);
  const hdf5::Handle shifted = hdf5::open_attribute(file, "labels_shifted");
  std::uint8_t value = 1;
  if (H5Aread(shifted.get(), H5T_NATIVE_UINT8, &value) < 0 || value != 0) {
    throw FormatError(
        std::string("its labels are shifted (labels_shifted is true) when the loss shifts them") + again);
  }
}

std::vector<std::int64_t> read_begins(hid_t file, const std::string& name, std::uint64_t tokens,
                                      std::uint64_t file_size) {
  const hdf5::DataSet set = hdf5::open_data_set(file, name, file_size);
  if (set.shape.size() != 1 || H5Tequal(set.type.get(), H5T_STD_I64LE) <= 0)
    throw FormatError("data set '" + name + "' is no list of 64-bit numbers");
  std::vector<std::int64_t> begins(set.shape[0]);
  hdf5::read_data_set(set, H5T_NATIVE_INT64, begins.data());
  const bool ascend =
      std::adjacent_find(begins.begin(), begins.end(), std::greater_equal<>()) == begins.end();
  if (begins.front() != 0 || !ascend || static_cast<std::uint64_t>(begins.back()) >= tokens)
    throw FormatError("data set '" + name + "' does not ascend from 0 to below " + std::to_string(tokens));
  return begins;
}

}  // namespace

ShardReader::ShardReader(const std::filesystem::path& path) : path_(path), map_(path) {
  const hdf5::Silence silence;
  try {
    read_header();
  } catch (const FormatError& error) {
    fail(error.what());
  }
}

void ShardReader::fail(const std::string& what) const {
  throw FormatError("'" + path_.string() + "' is not a readable packed file: " + what);
}

void ShardReader::read_header() {
  const hdf5::Handle file = store::open_column_file(map_.bytes(), kShardFormat, kVersion);
  check_labels(file.get());
  digest_ = hdf5::text_attribute(file.get(), "digest", kLongestText);
  header_.length = store::size_attribute(file.get(), "max_seq_length", kLongestSequence);
  header_.source = hdf5::text_attribute(file.get(), "source", kLongestText);
  header_.source_digest = hdf5::text_attribute(file.get(), "source_digest", kLongestText);
  header_.tokenizer = hdf5::text_attribute(file.get(), "tokenizer", kLongestText);
  for (std::size_t split = 0; split < kSplits; ++split) read_split(file.get(), split);
}

void ShardReader::read_split(std::int64_t file, std::size_t split) {
  const std::string group = std::string("/") + kSplitNames[split];
  if (H5Lexists(file, group.c_str(), H5P_DEFAULT) <= 0) return;
  Split& found = splits_[split];
  const hdf5::Handle handle(H5Gopen2(file, group.c_str(), H5P_DEFAULT));
  if (!handle) throw FormatError("group '" + group + "' is damaged");
  found.tokens = static_cast<std::uint64_t>(store::size_attribute(handle.get(), "tokens", INT64_MAX));
  const std::string name = group + "/input_ids";
  const hdf5::DataSet ids = hdf5::open_data_set(file, name, map_.size());
  const auto length = static_cast<std::uint64_t>(header_.length);
  const bool fits = ids.shape.size() == 2 && ids.shape[1] == length && found.tokens > 0 &&
                    found.tokens <= ids.shape[0] * length && found.tokens > (ids.shape[0] - 1) * length;
  if (!fits) {
    throw FormatError("data set '" + name + "' is not the sequences of " + std::to_string(length) + " that " +
                      std::to_string(found.tokens) + " tokens fill");
  }
  const bool narrow = H5Tequal(ids.type.get(), H5T_STD_U16LE) > 0;
  if (!narrow && H5Tequal(ids.type.get(), H5T_STD_U32LE) <= 0)
    throw FormatError("data set '" + name + "' has another type than 16 or 32 bits without sign");
  found.width = narrow ? 2 : 4;
  found.ids = hdf5::begin_of(ids, map_.size());
  found.begins = read_begins(file, group + "/documents/begin", found.tokens, map_.size());
}

std::size_t ShardReader::document_at(std::size_t split, std::uint64_t token) const {
  const std::vector<std::int64_t>& begins = splits_[split].begins;
  const auto behind = std::upper_bound(begins.begin(), begins.end(), static_cast<std::int64_t>(token));
  return static_cast<std::size_t>(behind - begins.begin()) - 1;
}

std::int64_t ShardReader::size(std::size_t split, std::uint64_t sequence) const {
  const auto length = static_cast<std::uint64_t>(header_.length);
  return static_cast<std::int64_t>(std::min(length, splits_[split].tokens - sequence * length));
}

void ShardReader::read(std::size_t split, std::uint64_t sequence, std::int32_t* out) const {
  const Split& from = splits_[split];
  const auto length = static_cast<std::size_t>(header_.length);
  const char* bytes = map_.bytes().data() + from.ids + sequence * length * from.width;
  if (from.width == 2) {
    for (std::size_t i = 0; i < length; ++i) {
      std::uint16_t id;
      std::memcpy(&id, bytes + i * sizeof id, sizeof id);
      out[i] = id;
    }
    return;
  }
  std::memcpy(out, bytes, length * sizeof *out);
  for (std::size_t i = 0; i < length; ++i) {
    if (out[i] < 0) fail("token " + std::to_string(i) + " of a sequence is no id");
  }
}

std::vector<std::string> ShardReader::names(std::size_t split) const {
  if (splits_[split].tokens == 0) return {};
  const hdf5::Silence silence;
  const hdf5::Handle file = hdf5::open_in_memory(map_.bytes().data(), map_.size());
  const std::string name = std::string("/") + kSplitNames[split] + "/documents/name";
  std::vector<std::string> names;
  try {
    names = store::texts_of(file.get(), name, map_.size());
  } catch (const FormatError& error) {
    fail(error.what());
  }
  if (names.size() != splits_[split].begins.size())
    fail("data set '" + name + "' has " + std::to_string(names.size()) + " names when there are " +
         std::to_string(splits_[split].begins.size()) + " documents");
  return names;
}

void ShardReader::verify() const {
  std::array<SplitDigest, kSplits> digests;
  std::vector<std::int32_t> ids(static_cast<std::size_t>(header_.length));
  for (std::size_t split = 0; split < kSplits; ++split) {
    formats::Sha256 ids_sha;
    formats::Sha256 documents_sha;
    for (std::uint64_t i = 0; i < sequences(split); ++i) {
      read(split, i, ids.data());
      ids_sha.update(ids.data(), static_cast<std::size_t>(size(split, i)) * sizeof ids[0]);
    }
    const std::vector<std::string> named = names(split);
    for (std::size_t i = 0; i < named.size(); ++i)
      add_document(documents_sha, static_cast<std::uint64_t>(begins(split)[i]), named[i]);
    digests[split] = {tokens(split), ids_sha.hex(), documents_sha.hex()};
  }
  if (const std::string found = digest_of(header_, digests); found != digest_)
    fail("the digest of its content is " + found + " when it should be " + digest_ + "; pack its text again");
}

}  // namespace gistmill::packed
