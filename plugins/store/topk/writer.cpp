#include "plugins/store/topk/writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <system_error>
#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

#include "plugins/store/topk/reader.hpp"

namespace gistmill::topk {
namespace {

namespace fs = std::filesystem;
namespace hdf5 = formats::hdf5;

constexpr std::uint64_t kAlignment = 64;

// A probability may be above 1 by rounding.
constexpr float kMostLogarithm = 1e-3f;

// uint32 as uint16
std::vector<char> narrowed(const std::vector<char>& bytes) {
  std::vector<char> narrow(bytes.size() / 2);
  for (std::size_t i = 0; i < narrow.size() / sizeof(std::uint16_t); ++i) {
    std::uint32_t wide = 0;
    std::memcpy(&wide, bytes.data() + i * sizeof wide, sizeof wide);
    const auto id = static_cast<std::uint16_t>(wide);
    std::memcpy(narrow.data() + i * sizeof id, &id, sizeof id);
  }
  return narrow;
}

}  // namespace

TopkWriter::TopkWriter(fs::path path, Header header, std::string provenance, Gate gate)
    : TopkWriter(std::move(path), std::move(header), std::move(provenance), gate, {},
                 store::Parts::From::nothing) {}

TopkWriter::TopkWriter(fs::path path, Header header, std::string provenance, Gate gate, const Kept& kept)
    : TopkWriter(std::move(path), std::move(header), std::move(provenance), gate, kept,
                 store::Parts::From::kept) {
  read_kept(kept);
}

TopkWriter::TopkWriter(fs::path path, Header header, std::string provenance, Gate gate, const Kept& kept,
                       store::Parts::From from)
    : path_(std::move(path)),
      header_(std::move(header)),
      provenance_(std::move(provenance)),
      gate_(gate),
      parts_(path_, from),
      count_(kept.sequences) {
  const auto length = static_cast<hsize_t>(header_.length);
  const auto tokens = static_cast<hsize_t>(header_.tokens);
  const auto add = [&](const char* name, hid_t type, std::vector<hsize_t> row, std::size_t bytes) {
    columns_.push_back({name, type, std::move(row), bytes, parts_.open(name + 1, count_ * bytes)});
  };
  add("/sequence", H5T_STD_I32LE, {}, sizeof(std::int32_t));
  add("/ids_digest", H5T_STD_U8LE, {kDigestBytes}, kDigestBytes);
  add("/topk_ids", H5T_STD_U32LE, {length, tokens}, length * tokens * sizeof(std::uint32_t));
  if (header_.form == Form::exact) {
    add("/log_probability", H5T_IEEE_F32LE, {length, tokens}, length * tokens * sizeof(float));
  } else {
    add("/code", H5T_STD_U8LE, {length, tokens}, length * tokens);
    add("/scale", H5T_IEEE_F32LE, {length, 2}, length * sizeof(RowScale));
  }
  exact_ = parts_.open("exact", checked() * length * tokens * sizeof(float));
}

std::uint64_t TopkWriter::checked() const {
  return std::min(count_, static_cast<std::uint64_t>(gate_.sequences));
}

void TopkWriter::read_kept(const Kept& kept) {
  std::vector<char> bytes;
  for (std::uint64_t place = 0; place < count_; ++place) {
    formats::Sha256 link;
    link.update(chain_);
    for (const Column& column : columns_) {
      bytes.resize(column.bytes);
      store::read_whole(column.spool.get(), bytes.data(), bytes.size(), place * bytes.size(), path_);
      sha_.update(bytes.data(), bytes.size());
      link.update(bytes.data(), bytes.size());
      std::vector<std::int32_t> numbers(bytes.size() / sizeof(std::int32_t));
      std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof numbers[0]);
      if (&column == &columns_[0]) seen_.insert(numbers[0]);
      if (&column == &columns_[2])
        largest_ = std::max(largest_, *std::max_element(numbers.begin(), numbers.end()));
    }
    if (place < checked()) {
      bytes.resize(columns_[2].bytes);  // as many logarithms as ids
      store::read_whole(exact_.get(), bytes.data(), bytes.size(), place * bytes.size(), path_);
      link.update(bytes.data(), bytes.size());
    }
    chain_ = link.hex();
  }
  if (chain_ != kept.digest)
    throw formats::FormatError("what was kept of '" + path_.string() + "' has another digest than it had");
}

Kept TopkWriter::keep() {
  std::vector<const files::Descriptor*> parts = {&exact_};
  for (const Column& column : columns_) parts.push_back(&column.spool);
  parts_.keep(parts);
  return {count_, chain_};
}

void TopkWriter::check(const Sequence& sequence) const {
  const std::string which = "sequence " + std::to_string(sequence.number);
  if (sequence.number < 0) throw formats::FormatError(which + " has a negative number");
  if (seen_.contains(sequence.number)) throw formats::FormatError(which + " came before");
  for (std::int64_t i = 0; i < header_.length; ++i) {
    if (sequence.ids[i] < 0) throw formats::FormatError(which + " has a negative token id");
  }
  for (std::int64_t i = 0; i < header_.length * header_.tokens; ++i) {
    const float value = sequence.log_probability[i];
    const bool first = i % header_.tokens == 0;
    if (sequence.topk_ids[i] < 0) throw formats::FormatError(which + " has a negative id among its tokens");
    if (!(value <= kMostLogarithm) || (first && std::isinf(value))) {
      throw formats::FormatError(which + " has " + std::to_string(value) +
                                 " where a logarithm of a probability should be");
    }
    if (!first && value > sequence.log_probability[i - 1])
      throw formats::FormatError(which + " has tokens that are not in the order of their probabilities");
  }
}

void TopkWriter::put(Column& column, const void* data, formats::Sha256& link) {
  const files::Transferred put =
      files::write_at(column.spool.get(), data, column.bytes, count_ * column.bytes);
  if (put.error != 0) throw files::FileError("write", path_, put.error);
  sha_.update(data, column.bytes);
  link.update(data, column.bytes);
}

void TopkWriter::append(const Sequence& sequence) {
  check(sequence);
  const std::int64_t numbers = header_.length * header_.tokens;
  formats::Sha256 link;
  link.update(chain_);
  put(columns_[0], &sequence.number, link);
  put(columns_[1], ids_digest(sequence.ids, header_.length).data(), link);
  put(columns_[2], sequence.topk_ids, link);
  if (header_.form == Form::exact) {
    put(columns_[3], sequence.log_probability, link);
  } else {
    std::vector<std::uint8_t> codes(static_cast<std::size_t>(numbers));
    std::vector<RowScale> scales(static_cast<std::size_t>(header_.length));
    for (std::int64_t row = 0; row < header_.length; ++row) {
      const std::int64_t at = row * header_.tokens;
      scales[static_cast<std::size_t>(row)] =
          encode_row(sequence.log_probability + at, header_.tokens, codes.data() + at);
    }
    put(columns_[3], codes.data(), link);
    put(columns_[4], scales.data(), link);
  }
  largest_ = std::max(largest_, *std::max_element(sequence.topk_ids, sequence.topk_ids + numbers));
  seen_.insert(sequence.number);
  if (static_cast<std::int64_t>(count_) < gate_.sequences) {
    const std::size_t bytes = static_cast<std::size_t>(numbers) * sizeof(float);
    const files::Transferred put =
        files::write_at(exact_.get(), sequence.log_probability, bytes, count_ * bytes);
    if (put.error != 0) throw files::FileError("write", path_, put.error);
    link.update(sequence.log_probability, bytes);
  }
  chain_ = link.hex();
  ++count_;
}

hdf5::MemoryFile TopkWriter::make_image(const std::string& digest, std::vector<store::Hole>& holes) {
  hdf5::MemoryFile made = hdf5::make_in_memory("gistmill-topk", 0, kAlignment);
  const hid_t file = made.file.get();
  hdf5::put_text(file, "format", kFormat);
  hdf5::put_attribute(file, "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &kVersion);
  hdf5::put_text(file, "digest", digest);
  hdf5::put_attribute(file, "length", H5T_STD_I64LE, H5T_NATIVE_INT64, &header_.length);
  hdf5::put_attribute(file, "topk", H5T_STD_I64LE, H5T_NATIVE_INT64, &header_.tokens);
  hdf5::put_attribute(file, "temperature", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &header_.temperature);
  hdf5::put_text(file, "form", form_name(header_.form));
  hdf5::put_text(file, "teacher", header_.teacher);
  store::put_text(file, "/provenance", provenance_);
  for (Column& column : columns_) {
    column.narrow = column.name == "/topk_ids" && largest_ < kNarrowIds;
    std::vector<hsize_t> shape = {count_};
    shape.insert(shape.end(), column.row.begin(), column.row.end());
    const hid_t type = column.narrow ? H5T_STD_U16LE : column.type;
    const hdf5::Handle set = hdf5::make_data_set(file, column.name, type, shape);
    holes.push_back(
        {H5Dget_offset(set.get()), [this, &column](const store::Take& take) { copy(column, take); }});
  }
  return made;
}

void TopkWriter::copy(const Column& column, const store::Take& take) const {
  for (std::uint64_t i = 0; i < count_; ++i) {
    std::vector<char> bytes(column.bytes);
    store::read_whole(column.spool.get(), bytes.data(), bytes.size(), i * bytes.size(), path_);
    if (column.narrow) bytes = narrowed(bytes);
    take(bytes.data(), bytes.size());
  }
}

void TopkWriter::write(const fs::path& path) {
  const hdf5::Silence silence;
  std::vector<store::Hole> holes;
  hdf5::MemoryFile image = make_image(digest_of(header_, count_, sha_.hex()), holes);
  store::assemble(path, image, std::move(holes));
}

double TopkWriter::compare(const fs::path& path) const {
  const TopkReader reader(path);
  reader.verify();
  std::vector<std::int32_t> ids(static_cast<std::size_t>(header_.length * header_.tokens));
  std::vector<float> stored(ids.size());
  std::vector<float> exact(ids.size());
  double sum = 0;
  for (std::uint64_t i = 0; i < checked(); ++i) {
    const std::size_t bytes = exact.size() * sizeof exact[0];
    store::read_whole(exact_.get(), exact.data(), bytes, i * bytes, path_);
    reader.read(i, header_.tokens, ids.data(), stored.data());
    for (std::int64_t row = 0; row < header_.length; ++row) {
      const std::int64_t at = row * header_.tokens;
      sum += excess(exact.data() + at, stored.data() + at, header_.tokens);
    }
  }
  const auto rows = static_cast<double>(checked()) * static_cast<double>(header_.length);
  return rows > 0 ? sum / rows : 0;
}

// Written beside its place, read back, then moved there.
Written TopkWriter::commit() {
  if (count_ == 0) throw formats::FormatError("nothing to write to '" + path_.string() + "': no sequence");
  fs::path unchecked = path_;
  unchecked += ".unchecked";
  write(unchecked);
  Written written;
  written.sequences = count_;
  written.bytes_per_token = static_cast<double>(row_bytes(header_, columns_[2].narrow ? 2 : 4));
  std::error_code error;
  try {
    written.excess = compare(unchecked);
    if (!(std::abs(written.excess) <= gate_.tolerance)) {
      throw formats::FormatError("the stored distributions are " + std::to_string(written.excess) +
                                 " nats from the teacher's when at most " + std::to_string(gate_.tolerance) +
                                 " are allowed; take form = \"exact\", or a larger tolerance");
    }
  } catch (...) {
    fs::remove(unchecked, error);
    parts_.remove();  // they would be refused again
    throw;
  }
  fs::rename(unchecked, path_, error);
  if (error) throw files::FileError("put in its place", path_, error.value());
  files::sync_folder(path_.parent_path().empty() ? "." : path_.parent_path());
  parts_.remove();
  return written;
}

}  // namespace gistmill::topk
