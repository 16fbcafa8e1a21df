#include "plugins/store/focus-labels/writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::labels {
namespace {

namespace fs = std::filesystem;
namespace hdf5 = formats::hdf5;
using formats::FormatError;

constexpr std::uint64_t kPieceBytes = 4 << 20;  // that are moved at a time
constexpr std::uint64_t kAlignment = 64;
// "tree_level_1" of "/tree/level_1"
std::string part_name(const char* path) {
  std::string name = path + 1;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

bool same_bits(const std::vector<float>& held, const float* now) {
  return held.empty() || std::memcmp(held.data(), now, held.size() * sizeof(float)) == 0;
}

void put_header(hid_t file, const Header& header, const std::string& digest) {
  const auto put_size = [&](const char* name, std::int64_t size) {
    hdf5::put_attribute(file, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &size);
  };
  hdf5::put_text(file, "format", kFormat);
  hdf5::put_attribute(file, "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &kVersion);
  hdf5::put_text(file, "digest", digest);
  put_size("block", header.block);
  put_size("horizon", header.horizon);
  put_size("hidden_size", header.hidden);
  hdf5::put_text(file, "position", header.position);
  hdf5::put_text(file, "teacher", header.teacher);
  hdf5::put_text(file, "gistnet", header.gistnet);
  hdf5::put_text(file, "corpus", header.corpus);
}

// One of expand and collapse of each entry is legal or not.
void check_utilities(const focus::Entries& entries, const float* utilities, const std::string& which) {
  std::vector<char> legal(2 * entries.count, 0);
  for (const focus::Swap& swap : focus::legal_swaps(entries))
    legal[2 * swap.first + (swap.edit.direction == focus::Direction::collapse ? 1 : 0)] = 1;
  for (std::size_t i = 0; i < legal.size(); ++i) {
    if (std::isnan(utilities[i])) continue;
    const std::string place = which + "[" + std::to_string(i / 2) + ", " + std::to_string(i % 2) + "]";
    if (std::isinf(utilities[i])) throw FormatError(place + " is infinite");
    if (legal[i] == 0) {
      throw FormatError(place + " has a value when entry " + std::to_string(i / 2) + " cannot be " +
                        (i % 2 == 0 ? "expanded" : "collapsed, or is not the first of its siblings") +
                        "; what is not legal is NaN");
    }
  }
}

}  // namespace

LabelWriter::LabelWriter(fs::path path, Header header, std::string provenance)
    : LabelWriter(std::move(path), std::move(header), std::move(provenance), {},
                  store::Parts::From::nothing) {}

LabelWriter::LabelWriter(fs::path path, Header header, std::string provenance, const Kept& kept)
    : LabelWriter(std::move(path), std::move(header), std::move(provenance), kept, store::Parts::From::kept) {
  if (digest() != kept.digest)
    throw FormatError("what was kept of '" + path_.string() + "' has another digest than it had");
}

LabelWriter::LabelWriter(fs::path path, Header header, std::string provenance, const Kept& kept,
                         store::Parts::From from)
    : path_(std::move(path)),
      header_(std::move(header)),
      provenance_(std::move(provenance)),
      parts_(path_, from),
      columns_(columns_of(header_)) {
  open_parts(kept);
}

// What stands behind the rows that were kept is cut off: it was appended later.
void LabelWriter::open_parts(const Kept& kept) {
  const auto open = [&](Column column, std::uint64_t rows) {
    rows_[column] = rows;
    spools_[column] = parts_.open(part_name(columns_[column].path), rows * columns_[column].bytes);
  };
  open(name_of_session, kept.sessions);
  open(number_of_session, kept.sessions);
  for (std::size_t column = session_of_snapshot; column <= entries_of_snapshot; ++column)
    open(static_cast<Column>(column), kept.snapshots);
  read_kept(kept);
  std::uint64_t tokens = 0, nodes_1 = 0, nodes_2 = 0, entries = 0;
  for (const std::int32_t length : lengths_) {
    tokens += static_cast<std::uint64_t>(length);
    nodes_1 += static_cast<std::uint64_t>(length / header_.block);
    nodes_2 += static_cast<std::uint64_t>(length / (header_.block * header_.block));
  }
  for (const std::int32_t count : read<std::int32_t>(entries_of_snapshot, 0, kept.snapshots))
    entries += static_cast<std::uint64_t>(std::max(count, 0));
  open(token, tokens);
  open(vector_of_level_1, nodes_1);
  open(vector_of_level_2, nodes_2);
  for (std::size_t column = level_of_entry; column < kColumns; ++column)
    open(static_cast<Column>(column), entries);
  if (lengths_.empty()) return;
  const auto last = static_cast<std::uint64_t>(lengths_.back());
  const std::uint64_t last_1 = last / static_cast<std::uint64_t>(header_.block);
  const std::uint64_t last_2 = last_1 / static_cast<std::uint64_t>(header_.block);
  const auto hidden = static_cast<std::uint64_t>(header_.hidden);
  tokens_ = read<std::int32_t>(token, tokens - last, last);
  level_1_ = read<float>(vector_of_level_1, nodes_1 - last_1, last_1);
  level_2_ = read<float>(vector_of_level_2, nodes_2 - last_2, last_2);
  level_1_.resize(last_1 * hidden);
  level_2_.resize(last_2 * hidden);
}

// The sessions of the snapshots: their names, and their lengths, which are the last cursors.
void LabelWriter::read_kept(const Kept& kept) {
  names_.resize(kept.sessions);
  numbers_ = read<std::int32_t>(number_of_session, 0, kept.sessions);
  lengths_.resize(kept.sessions, 0);
  for (std::uint64_t i = 0; i < kept.sessions; ++i) {
    const std::vector<char> name = read<char>(name_of_session, i, 1);
    names_[i] = std::string(name.begin(), std::find(name.begin(), name.end(), '\0'));
  }
  const std::vector<std::int32_t> sessions = read<std::int32_t>(session_of_snapshot, 0, kept.snapshots);
  const std::vector<std::int32_t> cursors = read<std::int32_t>(cursor_of_snapshot, 0, kept.snapshots);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (sessions[i] < 0 || static_cast<std::uint64_t>(sessions[i]) >= kept.sessions || cursors[i] < 0)
      throw FormatError("what was kept of '" + path_.string() + "' is damaged");
    lengths_[static_cast<std::size_t>(sessions[i])] = cursors[i];
  }
}

template <class T>
std::vector<T> LabelWriter::read(Column column, std::uint64_t first, std::uint64_t count) const {
  const std::size_t bytes = columns_[column].bytes;
  std::vector<T> values(count * bytes / sizeof(T));
  store::read_whole(spools_[column].get(), values.data(), count * bytes, first * bytes, path_);
  return values;
}

void LabelWriter::copy_column(Column column, const Take& take) const {
  const std::uint64_t end = rows_[column] * columns_[column].bytes;
  std::vector<char> bytes;
  for (std::uint64_t at = 0; at < end; at += bytes.size()) {
    bytes.resize(std::min<std::uint64_t>(kPieceBytes, end - at));
    store::read_whole(spools_[column].get(), bytes.data(), bytes.size(), at, path_);
    take(bytes.data(), bytes.size());
  }
}

std::string LabelWriter::digest() const {
  return digest_of(header_, names_, [this](Column column, const Take& take) { copy_column(column, take); });
}

Kept LabelWriter::keep() {
  std::vector<const files::Descriptor*> parts;
  for (const files::Descriptor& spool : spools_) parts.push_back(&spool);
  parts_.keep(parts);
  return {names_.size(), snapshots(), digest()};
}

void LabelWriter::check(const Snapshot& snapshot) const {
  const focus::Entries& entries = snapshot.entries;
  const std::string which = "snapshot at token " + std::to_string(entries.cursor) + " of session " +
                            std::to_string(snapshot.session) + ": ";
  if (entries.block != header_.block) {
    throw FormatError(which + "block is " + std::to_string(entries.block) +
                      " when that of earlier ones was " + std::to_string(header_.block));
  }
  if (entries.count == 0) throw FormatError(which + "it has no entries");
  if (const std::string wrong = focus::what_is_wrong(entries); !wrong.empty())
    throw FormatError(which + wrong);
  if (!std::isfinite(snapshot.base_loss) && !std::isnan(snapshot.base_loss))
    throw FormatError(which + "base_loss is infinite");
  if (snapshot.name.empty() || snapshot.name.size() > kLongestName)
    throw FormatError(which + "its name has " + std::to_string(snapshot.name.size()) +
                      " bytes when it should have 1 to " + std::to_string(kLongestName));
  check_utilities(entries, snapshot.utility_nll, which + "utility_nll");
  if (snapshot.utility_kl != nullptr) check_utilities(entries, snapshot.utility_kl, which + "utility_kl");
}

// A session only grows: what was there before must be there still, bit for bit.
void LabelWriter::check_history(const Snapshot& snapshot) const {
  const std::string which = "session " + std::to_string(snapshot.session);
  if (snapshot.entries.cursor <= lengths_.back()) {
    throw FormatError(which + " is at token " + std::to_string(snapshot.entries.cursor) +
                      " when the snapshot before was at " + std::to_string(lengths_.back()));
  }
  if (snapshot.name != names_.back())
    throw FormatError(which + " is of document " + formats::printable(snapshot.name) + " when it was of " +
                      formats::printable(names_.back()));
  if (!std::equal(tokens_.begin(), tokens_.end(), snapshot.tokens))
    throw FormatError(which + " has other tokens than at the snapshot before");
  if (!same_bits(level_1_, snapshot.level_1) || !same_bits(level_2_, snapshot.level_2)) {
    throw FormatError(which + " has other vectors than at the snapshot before; a session is of one gistnet");
  }
}

void LabelWriter::begin_session(const Snapshot& snapshot) {
  if (std::find(numbers_.begin(), numbers_.end(), snapshot.session) != numbers_.end()) {
    throw FormatError("session " + std::to_string(snapshot.session) +
                      " came before; the snapshots of a session follow one another");
  }
  std::vector<char> name(kLongestName, '\0');
  std::copy(snapshot.name.begin(), snapshot.name.end(), name.begin());
  put(name_of_session, name.data(), 1);
  put_number(number_of_session, snapshot.session);
  names_.emplace_back(snapshot.name);
  lengths_.push_back(0);
  numbers_.push_back(snapshot.session);
  tokens_.clear();
  level_1_.clear();
  level_2_.clear();
}

void LabelWriter::put(Column column, const void* data, std::uint64_t rows) {
  const std::size_t bytes = columns_[column].bytes;
  if (rows == 0) return;
  const files::Transferred put =
      files::write_at(spools_[column].get(), data, rows * bytes, rows_[column] * bytes);
  if (put.error != 0) throw files::FileError("write", path_, put.error);
  rows_[column] += rows;
}

void LabelWriter::put_number(Column column, std::int64_t number) {
  const auto value = static_cast<std::int32_t>(number);
  put(column, &value, 1);
}

void LabelWriter::append(const Snapshot& snapshot) {
  check(snapshot);
  const focus::Entries& entries = snapshot.entries;
  if (numbers_.empty() || numbers_.back() != snapshot.session) {
    begin_session(snapshot);
  } else {
    check_history(snapshot);
  }
  const auto grow = [&](Column column, auto& held, const auto* all, std::int64_t rows, std::int64_t row) {
    const auto old = static_cast<std::int64_t>(held.size());
    put(column, all + old, static_cast<std::uint64_t>(rows - old / row));
    held.insert(held.end(), all + old, all + rows * row);
  };
  grow(token, tokens_, snapshot.tokens, entries.cursor, std::int64_t{1});
  grow(vector_of_level_1, level_1_, snapshot.level_1, entries.cursor / header_.block, header_.hidden);
  grow(vector_of_level_2, level_2_, snapshot.level_2, entries.cursor / (header_.block * header_.block),
       header_.hidden);
  lengths_.back() = static_cast<std::int32_t>(entries.cursor);
  put_number(session_of_snapshot, static_cast<std::int64_t>(names_.size()) - 1);
  put_number(cursor_of_snapshot, entries.cursor);
  put_number(budget_of_snapshot, entries.budget);
  put_number(protected_of_snapshot, entries.protected_tail);
  put(base_loss_of_snapshot, &snapshot.base_loss, 1);
  put_number(entries_of_snapshot, static_cast<std::int64_t>(entries.count));
  put(level_of_entry, entries.levels, entries.count);
  put(start_of_entry, entries.starts, entries.count);
  put(residency_of_entry, entries.residency, entries.count);
  put(last_action_of_entry, entries.last_action, entries.count);
  put(nll_of_entry, snapshot.utility_nll, entries.count);
  const std::vector<float> unknown(snapshot.utility_kl == nullptr ? 2 * entries.count : 0, std::nanf(""));
  put(kl_of_entry, snapshot.utility_kl == nullptr ? unknown.data() : snapshot.utility_kl, entries.count);
}

hdf5::MemoryFile LabelWriter::make_image(std::vector<store::Hole>& holes) const {
  hdf5::MemoryFile made = hdf5::make_in_memory("gistmill-focus-labels", 0, kAlignment);
  const hid_t file = made.file.get();
  put_header(file, header_, digest());
  store::put_text(file, "/provenance", provenance_);
  for (const char* group : {"/session", "/tree", "/snapshot", "/entry"}) hdf5::make_group(file, group);
  std::size_t width = 1;
  for (const std::string& name : names_) width = std::max(width, name.size());
  std::string names;
  for (const std::string& name : names_) (names += name).resize(names.size() + width - name.size(), '\0');
  store::put_column(file, "/session/name", hdf5::text_type(width).get(), {names_.size()}, names.data());
  store::put_column(file, "/session/length", H5T_STD_I32LE, {lengths_.size()}, lengths_.data());
  for (std::size_t i = number_of_session; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    if (rows_[column] == 0) continue;  // HDF5 has data sets without rows, but readers trip over them
    std::vector<hsize_t> shape = {rows_[column]};
    shape.insert(shape.end(), columns_[column].row.begin(), columns_[column].row.end());
    const hdf5::Handle set = hdf5::make_data_set(file, columns_[column].path, columns_[column].type, shape);
    holes.push_back(
        {H5Dget_offset(set.get()), [this, column](const Take& take) { copy_column(column, take); }});
  }
  return made;
}

void LabelWriter::commit() {
  if (snapshots() == 0) throw FormatError("nothing to write to '" + path_.string() + "': no snapshot");
  const hdf5::Silence silence;
  std::vector<store::Hole> holes;
  hdf5::MemoryFile image = make_image(holes);
  store::assemble(path_, image, std::move(holes));
  parts_.remove();
}

}  // namespace gistmill::labels
