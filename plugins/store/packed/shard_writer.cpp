#include "plugins/store/packed/shard_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::packed {
namespace {

namespace hdf5 = formats::hdf5;

constexpr std::size_t kPiece = 1 << 18;  // ids that are moved at a time
constexpr std::uint64_t kAlignment = 64;

void read_whole(int file, void* data, std::size_t size, std::uint64_t at, const std::filesystem::path& path) {
  const files::Transferred got = files::read_at(file, data, size, at);
  if (got.bytes != size)
    throw files::FileError("read back what goes into", path, got.error == 0 ? EIO : got.error);
}

void write_data_set(hid_t file, const std::string& name, hid_t type, hid_t native,
                    const std::vector<hsize_t>& shape, const void* data) {
  const hdf5::Handle set = hdf5::make_data_set(file, name, type, shape);
  if (H5Dwrite(set.get(), native, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    throw formats::FormatError("HDF5 cannot write to memory: " + hdf5::reason());
}

void check_document(const std::int32_t* tokens, std::size_t count, std::string_view name,
                    std::int32_t split) {
  if (split != 0 && split != 1) {
    throw formats::FormatError("split of document " + formats::printable(name) + " is " +
                               std::to_string(split) + " when it should be 0 (train) or 1 (validation)");
  }
  if (name.size() > kLongestName) {
    throw formats::FormatError("name " + formats::printable(name) + " has " + std::to_string(name.size()) +
                               " bytes when at most " + std::to_string(kLongestName) + " are kept");
  }
  const std::int32_t* negative = std::find_if(tokens, tokens + count, [](std::int32_t id) { return id < 0; });
  if (negative != tokens + count) {
    throw formats::FormatError("token " + std::to_string(negative - tokens) + " of document " +
                               formats::printable(name) + " is " + std::to_string(*negative) +
                               " when ids are not negative");
  }
}

}  // namespace

ShardWriter::ShardWriter(std::filesystem::path path, ShardHeader header)
    : path_(std::move(path)), header_(std::move(header)) {
  for (Split& split : splits_) split.spool = files::unnamed_file(path_);
}

void ShardWriter::append(const std::int32_t* tokens, std::size_t count, std::string_view name,
                         std::int32_t split) {
  check_document(tokens, count, name, split);
  if (count == 0) return;
  const auto index = static_cast<std::size_t>(split);
  Split& to = splits_[index];
  SplitCounts& counts = counts_[index];
  largest_ = std::max(largest_, *std::max_element(tokens, tokens + count));
  to.ids_sha.update(tokens, count * sizeof *tokens);
  add_document(to.documents_sha, counts.tokens, name);
  to.begins.push_back(static_cast<std::int64_t>(counts.tokens));
  to.names.emplace_back(name);
  to.pending.insert(to.pending.end(), tokens, tokens + count);
  counts.tokens += count;
  ++counts.documents;
  if (to.pending.size() >= kPiece) flush(index);
}

// At a place of its own, so that a second attempt overwrites what a failed one left.
void ShardWriter::flush(std::size_t split) {
  Split& from = splits_[split];
  const std::uint64_t begin = counts_[split].tokens - from.pending.size();
  const files::Transferred put =
      files::write_at(from.spool.get(), from.pending.data(), from.pending.size() * sizeof(std::int32_t),
                      begin * sizeof(std::int32_t));
  if (put.error != 0) throw files::FileError("write", path_, put.error);
  from.pending.clear();
}

std::string ShardWriter::digest() {
  std::array<SplitDigest, kSplits> digests;
  for (std::size_t i = 0; i < kSplits; ++i)
    digests[i] = {counts_[i].tokens, splits_[i].ids_sha.hex(), splits_[i].documents_sha.hex()};
  return digest_of(header_, digests);
}

void ShardWriter::write_documents(hid_t file, std::size_t split) const {
  const Split& from = splits_[split];
  const std::string group = std::string("/") + kSplitNames[split] + "/documents";
  const hdf5::Handle made = hdf5::make_group(file, group.c_str());
  write_data_set(file, group + "/begin", H5T_STD_I64LE, H5T_NATIVE_INT64, {from.begins.size()},
                 from.begins.data());
  std::size_t width = 1;
  for (const std::string& name : from.names) width = std::max(width, name.size());
  std::string bytes(from.names.size() * width, '\0');
  for (std::size_t i = 0; i < from.names.size(); ++i) from.names[i].copy(&bytes[i * width], width);
  const hdf5::Handle type = hdf5::text_type(width);
  write_data_set(file, group + "/name", type.get(), type.get(), {from.names.size()}, bytes.data());
}

std::vector<ShardWriter::Hole> ShardWriter::make_splits(hid_t file) const {
  std::vector<Hole> holes;
  for (std::size_t split = 0; split < kSplits; ++split) {
    const std::uint64_t tokens = counts_[split].tokens;
    if (tokens == 0) continue;
    const hdf5::Handle group = hdf5::make_group(file, kSplitNames[split]);
    hdf5::put_attribute(group.get(), "tokens", H5T_STD_U64LE, H5T_NATIVE_UINT64, &tokens);
    write_documents(file, split);
    const bool narrow = static_cast<std::uint64_t>(largest_) < kNarrowIds;
    const hdf5::Handle set = hdf5::make_data_set(
        file, std::string("/") + kSplitNames[split] + "/input_ids", narrow ? H5T_STD_U16LE : H5T_STD_U32LE,
        {sequences_of(tokens, header_.length), static_cast<hsize_t>(header_.length)});
    holes.push_back({split, H5Dget_offset(set.get())});
  }
  std::sort(holes.begin(), holes.end(), [](const Hole& a, const Hole& b) { return a.at < b.at; });
  return holes;
}

// The file's bytes but those of the ids, which `holes` await.
hdf5::MemoryFile ShardWriter::make_image(const std::string& digest, std::vector<Hole>& holes) const {
  hdf5::MemoryFile made = hdf5::make_in_memory("gistmill-packed-shard", 0, kAlignment);
  const hid_t file = made.file.get();
  hdf5::put_text(file, "format", kShardFormat);
  hdf5::put_attribute(file, "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &kVersion);
  hdf5::put_text(file, "digest", digest);
  hdf5::put_attribute(file, "max_seq_length", H5T_STD_I64LE, H5T_NATIVE_INT64, &header_.length);
  constexpr std::uint8_t kNotShifted = 0;
  hdf5::put_attribute(file, "labels_shifted", H5T_STD_U8LE, H5T_NATIVE_UINT8, &kNotShifted);
  hdf5::put_text(file, "source", header_.source);
  hdf5::put_text(file, "source_digest", header_.source_digest);
  hdf5::put_text(file, "tokenizer", header_.tokenizer);
  holes = make_splits(file);
  return made;
}

void ShardWriter::copy_until(std::uint64_t end, int image, files::NewFile& file) const {
  std::vector<char> bytes;
  while (file.written() < end) {
    bytes.resize(std::min<std::uint64_t>(kPiece, end - file.written()));
    read_whole(image, bytes.data(), bytes.size(), file.written(), path_);
    file.write({bytes.data(), bytes.size()});
  }
}

// From the spool's four bytes an id to the file's two or four; zeros fill the last sequence.
template <class Stored>
void ShardWriter::copy_ids(std::size_t split, files::NewFile& file) const {
  const std::uint64_t tokens = counts_[split].tokens;
  std::vector<std::int32_t> ids;
  std::vector<Stored> stored;
  for (std::uint64_t done = 0; done < tokens; done += ids.size()) {
    ids.resize(std::min<std::uint64_t>(kPiece, tokens - done));
    read_whole(splits_[split].spool.get(), ids.data(), ids.size() * sizeof(std::int32_t),
               done * sizeof(std::int32_t), path_);
    stored.assign(ids.begin(), ids.end());
    file.write({reinterpret_cast<const char*>(stored.data()), stored.size() * sizeof(Stored)});
  }
  const auto length = static_cast<std::uint64_t>(header_.length);
  stored.assign(sequences_of(tokens, header_.length) * length - tokens, 0);
  file.write({reinterpret_cast<const char*>(stored.data()), stored.size() * sizeof(Stored)});
}

std::string ShardWriter::commit() {
  for (std::size_t split = 0; split < kSplits; ++split) flush(split);
  std::string content = digest();
  const hdf5::Silence silence;
  std::vector<Hole> holes;
  hdf5::MemoryFile image = make_image(content, holes);
  const std::uint64_t size = image.finish();
  files::NewFile file(path_);
  file.reserve(size);
  for (const Hole& hole : holes) {
    copy_until(hole.at, image.memory.get(), file);
    static_cast<std::uint64_t>(largest_) < kNarrowIds ? copy_ids<std::uint16_t>(hole.split, file)
                                                      : copy_ids<std::uint32_t>(hole.split, file);
  }
  copy_until(size, image.memory.get(), file);
  file.commit();
  return content;
}

}  // namespace gistmill::packed
