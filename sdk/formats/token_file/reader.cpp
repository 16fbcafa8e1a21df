// The reader: everything about the documents is checked and kept; ids are mapped where the file is
// contiguous, as our writer leaves it, and read through HDF5 where it is chunked.
#include <gistmill/formats/token_file.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

#include <gistmill/files/error.hpp>
#include <gistmill/formats/mapped_file.hpp>

#include <gistmill/formats/hdf5.hpp>
#include "sdk/formats/token_file/layout.hpp"

namespace gistmill::formats {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "mapped ids are little endian");

// One data set with what its header says, held against the size of the file before memory is taken for it.
struct DataSet {
  hdf5::Handle handle;
  hdf5::Handle type;
  std::uint64_t count = 0;  // elements
  std::size_t width = 0;    // bytes an element
};

class Opened {
 public:
  explicit Opened(const fs::path& path) : path_(path) {
    std::error_code error;
    size_ = fs::file_size(path, error);
    if (error) throw FormatError("'" + path.string() + "': cannot open: " + files::error_text(error.value()));
    if (H5Fis_hdf5(path.c_str()) <= 0) fail("it is not an HDF5 file");
    file_ = hdf5::Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
    if (!file_) fail("HDF5 cannot open it: " + hdf5::reason());
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw FormatError("'" + path_.string() + "' is not a readable token file: " + what);
  }

  std::uint32_t number_attribute(const char* name) const {
    const hdf5::Handle attribute = or_fail([&] { return hdf5::open_attribute(file_.get(), name); });
    const hdf5::Handle type(H5Aget_type(attribute.get()));
    std::uint32_t value = 0;
    if (H5Tget_class(type.get()) != H5T_INTEGER || H5Aread(attribute.get(), H5T_NATIVE_UINT32, &value) < 0) {
      fail(std::string("attribute '") + name + "' is not a number");
    }
    return value;
  }

  std::string string_attribute(const char* name) const {
    constexpr std::size_t kLongest = 256;
    return or_fail([&] { return hdf5::text_attribute(file_.get(), name, kLongest); });
  }

  DataSet data_set(const char* name, int rank) const {
    DataSet set;
    set.handle = hdf5::Handle(H5Dopen2(file_.get(), name, H5P_DEFAULT));
    if (!set.handle) fail(std::string("it has no data set '") + name + "'");
    set.type = hdf5::Handle(H5Dget_type(set.handle.get()));
    set.width = H5Tget_size(set.type.get());
    const hdf5::Handle space(H5Dget_space(set.handle.get()));
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    if (H5Sget_simple_extent_ndims(space.get()) != rank || count < 0) {
      fail(std::string("data set '") + name + "' has another shape than " +
           (rank == 0 ? "a single value" : "a list"));
    }
    set.count = static_cast<std::uint64_t>(count);
    if (set.width == 0 || set.count > size_ / set.width) {
      fail(std::string("data set '") + name + "' claims " + std::to_string(set.count) +
           " entries in a file of " + std::to_string(size_) + " bytes");
    }
    return set;
  }

  template <class T>
  std::vector<T> numbers(const char* name, hid_t native) const {
    const DataSet set = data_set(name, 1);
    if (H5Tget_class(set.type.get()) != H5T_INTEGER || set.width != sizeof(T)) {
      fail(std::string("data set '") + name + "' does not hold integers of " + std::to_string(sizeof(T)) +
           " bytes");
    }
    std::vector<T> values(set.count);
    read(set, native, values.data(), name);
    return values;
  }

  // All strings of a data set one after the other, `width` bytes each, padded with zeros.
  std::string strings(const char* name, int rank, std::size_t* width) const {
    const DataSet set = data_set(name, rank);
    if (!hdf5::is_text(set.type.get()))
      fail(std::string("data set '") + name + "' does not hold strings of fixed length");
    std::string values(set.count * set.width, '\0');
    read(set, set.type.get(), values.data(), name);
    *width = set.width;
    return values;
  }

  hdf5::Handle release() { return std::move(file_); }
  std::uint64_t size() const { return size_; }

 private:
  // What is wrong is said of this file.
  template <class Body>
  auto or_fail(const Body& body) const -> decltype(body()) {
    try {
      return body();
    } catch (const FormatError& error) {
      fail(error.what());
    }
  }
  void read(const DataSet& set, hid_t type, void* out, const char* name) const {
    if (H5Dread(set.handle.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0) {
      fail(std::string("data set '") + name + "' cannot be read: " + hdf5::reason());
    }
  }

  fs::path path_;
  std::uint64_t size_ = 0;
  hdf5::Handle file_;
};

std::string unpadded(const std::string& padded, std::size_t at, std::size_t width) {
  const std::string value = padded.substr(at, width);
  return value.substr(0, value.find('\0'));
}

// To four bytes each; answers the largest. One pass that vectorizes: a random window is a microsecond's work.
template <class Stored>
std::uint32_t copy_ids(const char* stored, std::size_t count, std::int32_t* out) {
  Stored most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Stored id;
    std::memcpy(&id, stored + i * sizeof id, sizeof id);
    out[i] = static_cast<std::int32_t>(id);
    most = std::max(most, id);
  }
  return most;
}

}  // namespace

class TokenFileReader::State {
 public:
  explicit State(const fs::path& path);
  ~State() {
    const hdf5::Silence silence;
    chunked_.close();
    file_.close();
  }

  void read(std::uint64_t begin, std::size_t count, std::int32_t* out) const;

  std::string path;
  layout::Table table;
  std::string provenance;
  std::string digest;
  std::uint32_t largest = 0;

 private:
  void check_documents(const Opened& file) const;
  void map_or_keep(Opened& file, DataSet tokens);
  void read_chunked(std::uint64_t begin, std::size_t count, std::int32_t* out) const;

  std::size_t width_ = 2;         // bytes an id
  const char* mapped_ = nullptr;  // the first id, or null where HDF5 reads
  std::unique_ptr<MappedFile> map_;
  hdf5::Handle file_;  // open only where HDF5 reads
  hdf5::Handle chunked_;
};

TokenFileReader::State::State(const fs::path& where) : path(where.string()) {
  const hdf5::Silence silence;
  Opened file(where);
  if (const std::string format = file.string_attribute("format"); format != layout::kFormat) {
    file.fail("its format is " + printable(format) + " when it should be '" + layout::kFormat + "'");
  }
  if (const std::uint32_t version = file.number_attribute("version"); version != layout::kVersion) {
    file.fail("its version is " + std::to_string(version) + " when this program reads version " +
              std::to_string(layout::kVersion) + "; prepare the text again");
  }
  digest = file.string_attribute("digest");
  largest = file.number_attribute("largest_token");
  if (largest > std::numeric_limits<std::int32_t>::max()) {
    file.fail("its largest token is " + std::to_string(largest) + ", more than an id can be");
  }
  std::size_t width = 0;
  provenance = file.strings(layout::kProvenance, 0, &width);
  table.offsets = file.numbers<std::uint64_t>(layout::kOffset, H5T_NATIVE_UINT64);
  table.splits = file.numbers<std::uint8_t>(layout::kSplit, H5T_NATIVE_UINT8);
  const std::string names = file.strings(layout::kName, 1, &width);
  for (std::size_t at = 0; at < names.size(); at += width) table.names.push_back(unpadded(names, at, width));

  DataSet tokens = file.data_set(layout::kTokens, 1);
  width_ = tokens.width;
  if (H5Tequal(tokens.type.get(), H5T_STD_U16LE) <= 0 && H5Tequal(tokens.type.get(), H5T_STD_U32LE) <= 0) {
    file.fail("data set '/tokens' holds neither uint16 nor uint32, little endian");
  }
  check_documents(file);
  if (table.offsets.back() != tokens.count) {
    file.fail("its documents end at token " + std::to_string(table.offsets.back()) + " of " +
              std::to_string(tokens.count));
  }
  map_or_keep(file, std::move(tokens));
}

void TokenFileReader::State::check_documents(const Opened& file) const {
  const std::size_t documents = table.splits.size();
  if (table.offsets.size() != documents + 1 || table.names.size() != documents) {
    file.fail("it has " + std::to_string(table.offsets.size()) + " offsets, " + std::to_string(documents) +
              " splits and " + std::to_string(table.names.size()) + " names, which do not fit together");
  }
  if (table.offsets.front() != 0)
    file.fail("its first offset is " + std::to_string(table.offsets.front()) + ", not 0");
  for (std::size_t i = 0; i < documents; ++i) {
    if (table.offsets[i + 1] < table.offsets[i]) {
      file.fail("document " + std::to_string(i) + " ends at token " + std::to_string(table.offsets[i + 1]) +
                ", before its start at " + std::to_string(table.offsets[i]));
    }
    if (table.splits[i] > 1) {
      file.fail("split of document " + std::to_string(i) + " is " + std::to_string(table.splits[i]) +
                " when it should be 0 or 1");
    }
  }
  if (!nlohmann::json::accept(provenance)) file.fail("its provenance is not JSON");
}

void TokenFileReader::State::map_or_keep(Opened& file, DataSet tokens) {
  const haddr_t offset = H5Dget_offset(tokens.handle.get());  // undefined for chunked data
  if (offset == HADDR_UNDEF) {
    chunked_ = std::move(tokens.handle);
    file_ = file.release();
    return;
  }
  if (offset > file.size() || tokens.count * tokens.width > file.size() - offset) {
    file.fail("its tokens end after the end of the file");
  }
  map_ = std::make_unique<MappedFile>(path);
  if (map_->size() != file.size()) file.fail("it changes while it is read");
  mapped_ = map_->bytes().data() + offset;
}

void TokenFileReader::State::read_chunked(std::uint64_t begin, std::size_t count, std::int32_t* out) const {
  const hdf5::Silence silence;
  const hsize_t start = begin;
  const hsize_t size = count;
  const hdf5::Handle all(H5Dget_space(chunked_.get()));
  const hdf5::Handle piece(H5Screate_simple(1, &size, nullptr));
  if (H5Sselect_hyperslab(all.get(), H5S_SELECT_SET, &start, nullptr, &size, nullptr) < 0 ||
      H5Dread(chunked_.get(), H5T_NATIVE_INT32, piece.get(), all.get(), H5P_DEFAULT, out) < 0) {
    throw FormatError("'" + path + "': tokens from " + std::to_string(begin) +
                      " cannot be read: " + hdf5::reason());
  }
}

void TokenFileReader::State::read(std::uint64_t begin, std::size_t count, std::int32_t* out) const {
  if (count == 0) return;
  std::uint32_t most = 0;  // unsigned: an id above 2^31 is negative in `out`, and too large here
  if (mapped_ == nullptr) {
    read_chunked(begin, count, out);
    for (std::size_t i = 0; i < count; ++i) most = std::max(most, static_cast<std::uint32_t>(out[i]));
  } else if (width_ == sizeof(std::uint16_t)) {
    most = copy_ids<std::uint16_t>(mapped_ + begin * width_, count, out);
  } else {
    most = copy_ids<std::uint32_t>(mapped_ + begin * width_, count, out);
  }
  if (most > largest) {
    throw FormatError("'" + path + "': token " + std::to_string(most) + " among those from " +
                      std::to_string(begin) + " when the largest should be " + std::to_string(largest) +
                      "; the file is damaged");
  }
}

TokenFileReader::TokenFileReader(const fs::path& path) : state_(std::make_unique<State>(path)) {}
TokenFileReader::~TokenFileReader() = default;
TokenFileReader::TokenFileReader(TokenFileReader&&) noexcept = default;
TokenFileReader& TokenFileReader::operator=(TokenFileReader&&) noexcept = default;

std::size_t TokenFileReader::documents() const { return state_->table.splits.size(); }
std::uint64_t TokenFileReader::tokens() const { return state_->table.offsets.back(); }
std::uint64_t TokenFileReader::length(std::size_t document) const {
  return state_->table.offsets.at(document + 1) - state_->table.offsets.at(document);
}
std::int32_t TokenFileReader::split(std::size_t document) const { return state_->table.splits.at(document); }
std::string_view TokenFileReader::name(std::size_t document) const {
  return state_->table.names.at(document);
}
std::int32_t TokenFileReader::largest_token() const { return static_cast<std::int32_t>(state_->largest); }
const std::string& TokenFileReader::provenance() const { return state_->provenance; }
const std::string& TokenFileReader::digest() const { return state_->digest; }

void TokenFileReader::read(std::size_t document, std::uint64_t begin, std::size_t count,
                           std::int32_t* out) const {
  if (begin > length(document) || count > length(document) - begin) {
    throw std::out_of_range("tokens [" + std::to_string(begin) + ", " + std::to_string(begin + count) +
                            ") of document " + std::to_string(document) + ", which has " +
                            std::to_string(length(document)));
  }
  state_->read(state_->table.offsets[document] + begin, count, out);
}

void TokenFileReader::verify() const {
  Sha256 sha;
  std::vector<std::int32_t> ids(std::min<std::uint64_t>(layout::kPiece, tokens()));
  for (std::uint64_t begin = 0; begin < tokens();) {
    const std::size_t count = std::min<std::uint64_t>(ids.size(), tokens() - begin);
    state_->read(begin, count, ids.data());
    layout::hash_ids(sha, ids.data(), count);
    begin += count;
  }
  if (const std::string found = layout::file_digest(state_->table, sha.hex()); found != state_->digest) {
    throw FormatError("'" + state_->path + "': the digest of its content is " + found +
                      " when it should be " + state_->digest +
                      "; the file is damaged, prepare the text again");
  }
}

}  // namespace gistmill::formats
