#include "plugins/store/focus-labels/reader.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/common/column_file.hpp"

namespace gistmill::labels {
namespace {

namespace hdf5 = formats::hdf5;
using formats::FormatError;

static_assert(std::endian::native == std::endian::little, "mapped columns are little endian");

// Where a column of this type and shape begins; 0 where it has no rows and is not there.
std::uint64_t column_begin(hid_t file, const ColumnLayout& column, std::uint64_t rows,
                           std::uint64_t file_size) {
  if (rows == 0) return 0;
  std::vector<hsize_t> shape = {rows};
  shape.insert(shape.end(), column.row.begin(), column.row.end());
  return store::place_of_column(file, column.path, {column.type}, shape, file_size).begin;
}

}  // namespace

LabelReader::LabelReader(const std::filesystem::path& path) : path_(path), map_(path) {
  const hdf5::Silence silence;
  try {
    read_header();
  } catch (const FormatError& error) {
    fail(error.what());
  }
}

void LabelReader::fail(const std::string& what) const {
  throw FormatError("'" + path_.string() + "' is not a readable label file: " + what);
}

void LabelReader::read_header() {
  const std::uint64_t size = map_.size();
  const hdf5::Handle opened = store::open_column_file(map_.bytes(), kFormat, kVersion);
  const hid_t file = opened.get();
  digest_ = hdf5::text_attribute(file, "digest", kLongestText);
  header_.block = store::size_attribute(file, "block", 1024);
  if (header_.block < 2) throw FormatError("its block is 1 token when it should be 2 to 1024");
  header_.horizon = store::size_attribute(file, "horizon", 1 << 24);
  header_.hidden = store::size_attribute(file, "hidden_size", 1 << 24);
  header_.position = hdf5::text_attribute(file, "position", kLongestText);
  header_.teacher = hdf5::text_attribute(file, "teacher", kLongestText);
  header_.gistnet = hdf5::text_attribute(file, "gistnet", kLongestText);
  header_.corpus = hdf5::text_attribute(file, "corpus", kLongestText);
  provenance_ = store::texts_of(file, "/provenance", size)[0];
  columns_ = columns_of(header_);
  read_sessions(file);
  read_columns(file);
}

// The tree's columns have as many rows as the lengths of the sessions say.
void LabelReader::read_sessions(hid_t file) {
  const std::uint64_t size = map_.size();
  const std::vector<std::string> names = store::texts_of(file, "/session/name", size);
  rows_[number_of_session] = names.size();
  begins_[number_of_session] = column_begin(file, columns_[number_of_session], names.size(), size);
  const ColumnLayout lengths{"/session/length", H5T_STD_I32LE, {}, 4};
  const std::uint64_t begin = column_begin(file, lengths, names.size(), size);
  StoredSession next;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::int32_t length = 0;
    std::memcpy(&length, map_.bytes().data() + begin + i * sizeof length, sizeof length);
    if (length < 1 || length % header_.block != 0)
      throw FormatError("session " + std::to_string(i) + " has " + std::to_string(length) +
                        " tokens when it should have whole blocks of " + std::to_string(header_.block));
    next.name = names[i];
    next.number = number<std::int32_t>(number_of_session, i);
    next.length = length;
    sessions_.push_back(next);
    const auto blocks = static_cast<std::uint64_t>(length / header_.block);
    next.token += static_cast<std::uint64_t>(length);
    next.level_1 += blocks;
    next.level_2 += blocks / static_cast<std::uint64_t>(header_.block);
  }
  const std::pair<Column, std::uint64_t> trees[] = {
      {token, next.token}, {vector_of_level_1, next.level_1}, {vector_of_level_2, next.level_2}};
  for (const auto& [column, rows] : trees) {
    rows_[column] = rows;
    begins_[column] = column_begin(file, columns_[column], rows, size);
  }
}

void LabelReader::read_columns(hid_t file) {
  const std::uint64_t size = map_.size();
  const std::uint64_t count = store::rows_of(file, columns_[session_of_snapshot].path, size);
  for (std::size_t column = session_of_snapshot; column <= entries_of_snapshot; ++column) {
    rows_[column] = count;
    begins_[column] = column_begin(file, columns_[column], count, size);
  }
  const std::uint64_t entries = store::rows_of(file, columns_[level_of_entry].path, size);
  for (std::size_t column = level_of_entry; column < kColumns; ++column) {
    rows_[column] = entries;
    begins_[column] = column_begin(file, columns_[column], entries, size);
  }
  first_entry_.push_back(0);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto owner = number<std::int32_t>(session_of_snapshot, i);
    if (owner < 0 || static_cast<std::uint64_t>(owner) >= sessions_.size())
      throw FormatError("snapshot " + std::to_string(i) + " is of session " + std::to_string(owner) + " of " +
                        std::to_string(sessions_.size()));
    owners_.push_back(static_cast<std::uint64_t>(owner));
    const auto own = number<std::int32_t>(entries_of_snapshot, i);
    if (own < 1 || static_cast<std::uint64_t>(own) > entries - first_entry_.back())
      throw FormatError("snapshot " + std::to_string(i) + " has " + std::to_string(own) +
                        " entries when it should have 1 to " + std::to_string(entries - first_entry_.back()));
    first_entry_.push_back(first_entry_.back() + static_cast<std::uint64_t>(own));
  }
  if (first_entry_.back() != entries)
    throw FormatError("it has " + std::to_string(entries) + " entries when its snapshots have " +
                      std::to_string(first_entry_.back()));
}

template <class T>
T LabelReader::number(Column column, std::uint64_t row) const {
  T value;
  std::memcpy(&value, map_.bytes().data() + begins_[column] + row * sizeof value, sizeof value);
  return value;
}

template <class T>
std::vector<T> LabelReader::numbers(Column column, std::uint64_t first, std::uint64_t count) const {
  const std::size_t bytes = columns_[column].bytes;
  std::vector<T> values(count * bytes / sizeof(T));
  std::memcpy(values.data(), map_.bytes().data() + begins_[column] + first * bytes, count * bytes);
  return values;
}

StoredSnapshot LabelReader::read(std::uint64_t snapshot) const {
  StoredSnapshot read;
  read.session = owners_[snapshot];
  read.base_loss = number<float>(base_loss_of_snapshot, snapshot);
  const std::uint64_t first = first_entry_[snapshot];
  const std::uint64_t count = first_entry_[snapshot + 1] - first;
  focus::EntryArrays& arrays = read.arrays;
  arrays.rules.block = header_.block;
  arrays.rules.budget = number<std::int32_t>(budget_of_snapshot, snapshot);
  arrays.rules.protected_tail = number<std::int32_t>(protected_of_snapshot, snapshot);
  arrays.cursor = number<std::int32_t>(cursor_of_snapshot, snapshot);
  arrays.levels = numbers<std::int32_t>(level_of_entry, first, count);
  arrays.starts = numbers<std::int32_t>(start_of_entry, first, count);
  arrays.residency = numbers<std::int32_t>(residency_of_entry, first, count);
  arrays.last_action = numbers<std::int32_t>(last_action_of_entry, first, count);
  arrays.begin = arrays.starts[0];
  read.utility_nll = numbers<float>(nll_of_entry, first, count);
  read.utility_kl = numbers<float>(kl_of_entry, first, count);
  const std::string which = "snapshot " + std::to_string(snapshot);
  if (arrays.begin < 0 || arrays.rules.protected_tail < 0 || arrays.rules.budget < 1)
    fail(which + " has a negative size");
  if (arrays.cursor > sessions_[read.session].length)
    fail(which + " is at token " + std::to_string(arrays.cursor) + " of " +
         std::to_string(sessions_[read.session].length));
  if (const std::string wrong = focus::what_is_wrong(arrays.entries()); !wrong.empty())
    fail(which + ": " + wrong);
  for (std::size_t i = 0; i < read.utility_nll.size(); ++i) {
    if (std::isinf(read.utility_nll[i]) || std::isinf(read.utility_kl[i]))
      fail(which + " has a utility that is infinite");
  }
  return read;
}

std::vector<std::int32_t> LabelReader::tokens(std::uint64_t session, std::int64_t begin,
                                              std::int64_t count) const {
  return numbers<std::int32_t>(token, sessions_[session].token + static_cast<std::uint64_t>(begin),
                               static_cast<std::uint64_t>(count));
}

void LabelReader::read_vector(std::uint64_t session, std::int32_t level, std::int64_t start,
                              float* out) const {
  const StoredSession& of = sessions_[session];
  const Column column = level == 2 ? vector_of_level_2 : vector_of_level_1;
  const std::uint64_t row = (level == 2 ? of.level_2 : of.level_1) +
                            static_cast<std::uint64_t>(start / focus::width_of(level, header_.block));
  std::memcpy(out, map_.bytes().data() + begins_[column] + row * columns_[column].bytes,
              columns_[column].bytes);
}

void LabelReader::verify() const {
  std::vector<std::string> names;
  for (const StoredSession& session : sessions_) names.push_back(session.name);
  const std::string found = digest_of(header_, names, [this](Column column, const Take& take) {
    take(map_.bytes().data() + begins_[column], rows_[column] * columns_[column].bytes);
  });
  if (found != digest_)
    fail("the digest of its content is " + found.substr(0, 12) + " when it should be " +
         digest_.substr(0, 12) + "; make it again: `gistmill prepare RECIPE --force`");
  for (std::uint64_t i = 0; i < snapshots(); ++i) read(i);
}

}  // namespace gistmill::labels
