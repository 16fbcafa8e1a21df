#include "plugins/store/examples/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/examples/columns.hpp"

namespace gistmill::examples {
namespace {

namespace fs = std::filesystem;
namespace hdf5 = formats::hdf5;

constexpr std::uint64_t kPieceBytes = 4 << 20;  // of a column that are made at a time

// A column whose bytes are to be written at `at`, where HDF5 left a hole for them.
struct Hole {
  const Column* column;
  std::uint64_t examples;
  std::uint64_t at;
  std::uint64_t size() const { return examples * column->row_bytes; }
};

void write_data_set(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& shape,
                    const void* data) {
  const hdf5::Handle set = hdf5::make_data_set(file, name, type, shape);
  if (H5Dwrite(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    throw formats::FormatError("HDF5 cannot write to memory: " + hdf5::reason());
}

void write_column(const Hole& hole, files::NewFile& file) {
  const std::uint64_t piece = std::max<std::uint64_t>(1, kPieceBytes / hole.column->row_bytes);
  std::vector<char> bytes;
  for (std::uint64_t first = 0; first < hole.examples; first += piece) {
    const std::uint64_t count = std::min(piece, hole.examples - first);
    bytes.resize(count * hole.column->row_bytes);
    hole.column->fill(first, count, bytes.data());
    file.write({bytes.data(), bytes.size()});
  }
}

}  // namespace

class ExampleFileWriter::State {
 public:
  State(fs::path path, std::string provenance, const Shape& shape)
      : path_(std::move(path)), provenance_(std::move(provenance)), shape_(shape) {
    for (Spool& spool : spools_) {
      spool.windows = files::unnamed_file(path_);
      spool.hidden = files::unnamed_file(path_);
    }
  }

  void append(const Example& example);
  void commit();

  const Shape& shape() const { return shape_; }
  const std::array<SplitCounts, kSplits>& counts() const { return counts_; }

 private:
  void check(const Example& example) const;
  void count(const Example& example);
  void spool(int file, const void* data, std::size_t size, std::uint64_t at);
  std::vector<std::string> document_names() const;
  void write_names(hid_t file) const;
  void write_header(hid_t file);
  std::vector<Hole> make_columns(hid_t file, const std::vector<Column>& columns) const;
  hdf5::MemoryFile make_image(const std::vector<Column>& columns, std::vector<Hole>& holes);
  void copy_until(std::uint64_t end, int image, files::NewFile& file) const;

  fs::path path_;
  std::string provenance_;
  Shape shape_;
  std::array<Spool, kSplits> spools_;
  std::array<SplitCounts, kSplits> counts_{};
  std::array<std::pair<std::int32_t, std::int32_t>, kSplits> last_{{{-1, 0}, {-1, 0}}};  // document, begin
  std::map<std::int32_t, std::string> names_;  // of the documents that gave examples
  std::array<formats::Sha256, kSplits> shas_;  // of the examples
};

void ExampleFileWriter::State::check(const Example& example) const {
  if (example.split != 0 && example.split != 1) {
    throw formats::FormatError("split of an example is " + std::to_string(example.split) +
                               " when it should be 0 (train) or 1 (validation)");
  }
  if (example.document < 0 || example.begin < 0)
    throw formats::FormatError("an example's document or begin is negative");
  if (example.name.size() > kLongestName) {
    throw formats::FormatError("name " + formats::printable(std::string(example.name)) + " has " +
                               std::to_string(example.name.size()) + " bytes when at most " +
                               std::to_string(kLongestName) + " are kept");
  }
  for (std::int64_t i = 0; i < shape_.horizon; ++i) {
    if (example.ids[i] < 0) {
      throw formats::FormatError("token " + std::to_string(i) + " of an example is " +
                                 std::to_string(example.ids[i]) + " when ids are not negative");
    }
  }
}

// A window that moves by one block adds one block; the first of a document has all of its own.
void ExampleFileWriter::State::count(const Example& example) {
  const auto split = static_cast<std::size_t>(example.split);
  SplitCounts& counts = counts_[split];
  auto& [document, begin] = last_[split];
  const bool is_new = example.document != document;
  counts.documents += is_new ? 1 : 0;
  const std::int64_t window = shape_.horizon / shape_.block;
  counts.blocks +=
      static_cast<std::uint64_t>(is_new ? window : std::min(window, (example.begin - begin) / shape_.block));
  ++counts.examples;
  document = example.document;
  begin = example.begin;
}

void ExampleFileWriter::State::spool(int file, const void* data, std::size_t size, std::uint64_t at) {
  const files::Transferred put = files::write_at(file, data, size, at);
  if (put.error != 0) throw files::FileError("write", path_, put.error);
}

void ExampleFileWriter::State::append(const Example& example) {
  check(example);
  Spool& spool = spools_[static_cast<std::size_t>(example.split)];
  std::vector<std::int32_t> row = {example.document, example.begin};
  row.insert(row.end(), example.ids, example.ids + shape_.horizon);
  const std::size_t bytes = row.size() * sizeof(std::int32_t);
  const std::size_t states = static_cast<std::size_t>(shape_.block * shape_.hidden) * sizeof(float);
  this->spool(spool.windows.get(), row.data(), bytes, spool.examples * bytes);
  this->spool(spool.hidden.get(), example.hidden, states, spool.examples * states);
  ++spool.examples;
  names_[example.document] = example.name;
  formats::Sha256& sha = shas_[static_cast<std::size_t>(example.split)];
  sha.update(row.data(), bytes);
  sha.update(example.hidden, states);
  count(example);
}

void ExampleFileWriter::State::write_header(hid_t file) {
  hdf5::put_text(file, "format", kFormat);
  hdf5::put_attribute(file, "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &kVersion);
  hdf5::put_text(file, "digest", digest_of({shas_[0].hex(), shas_[1].hex()}, document_names()));
  const std::pair<const char*, std::int64_t> sizes[] = {
      {"block_size", shape_.block}, {"horizon", shape_.horizon}, {"hidden_size", shape_.hidden}};
  for (const auto& [name, size] : sizes)
    hdf5::put_attribute(file, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &size);
  const hdf5::Handle text = hdf5::text_type(provenance_.size());
  write_data_set(file, "/provenance", text.get(), {}, provenance_.data());
}

// Of every document up to the last one that gave examples, so that `document` is an index; others are empty.
std::vector<std::string> ExampleFileWriter::State::document_names() const {
  std::vector<std::string> names(static_cast<std::size_t>(names_.rbegin()->first) + 1);
  for (const auto& [number, name] : names_) names[static_cast<std::size_t>(number)] = name;
  return names;
}

void ExampleFileWriter::State::write_names(hid_t file) const {
  const std::vector<std::string> names = document_names();
  std::size_t width = 1;
  for (const std::string& name : names) width = std::max(width, name.size());
  std::string bytes(names.size() * width, '\0');
  for (std::size_t i = 0; i < names.size(); ++i) names[i].copy(&bytes[i * width], width);
  const hdf5::Handle group = hdf5::make_group(file, "/documents");
  const hdf5::Handle type = hdf5::text_type(width);
  write_data_set(file, "/documents/name", type.get(), {names.size()}, bytes.data());
}

std::vector<Hole> ExampleFileWriter::State::make_columns(hid_t file,
                                                         const std::vector<Column>& columns) const {
  std::vector<Hole> holes;
  for (const Column& column : columns) {
    const std::size_t split = column.path.rfind(std::string("/") + kSplitNames[0], 0) == 0 ? 0 : 1;
    std::vector<hsize_t> shape = {spools_[split].examples};
    shape.insert(shape.end(), column.row.begin(), column.row.end());
    const hdf5::Handle set = hdf5::make_data_set(file, column.path, column.type, shape);
    holes.push_back({&column, spools_[split].examples, H5Dget_offset(set.get())});
  }
  std::sort(holes.begin(), holes.end(), [](const Hole& a, const Hole& b) { return a.at < b.at; });
  return holes;
}

// The file's bytes but those of its columns, which `holes` await.
hdf5::MemoryFile ExampleFileWriter::State::make_image(const std::vector<Column>& columns,
                                                      std::vector<Hole>& holes) {
  hdf5::MemoryFile made = hdf5::make_in_memory("gistmill-example-file", 0, 64);
  write_header(made.file.get());
  write_names(made.file.get());
  for (std::size_t split = 0; split < kSplits; ++split) {
    if (spools_[split].examples > 0)
      const hdf5::Handle group = hdf5::make_group(made.file.get(), kSplitNames[split]);
  }
  holes = make_columns(made.file.get(), columns);
  return made;
}

void ExampleFileWriter::State::copy_until(std::uint64_t end, int image, files::NewFile& file) const {
  std::vector<char> bytes;
  while (file.written() < end) {
    bytes.resize(std::min(kPieceBytes, end - file.written()));
    const files::Transferred got = files::read_at(image, bytes.data(), bytes.size(), file.written());
    if (got.bytes != bytes.size()) throw files::FileError("read back what goes into", path_, EIO);
    file.write({bytes.data(), bytes.size()});
  }
}

void ExampleFileWriter::State::commit() {
  if (names_.empty()) throw formats::FormatError("nothing to write to '" + path_.string() + "': no example");
  std::vector<Column> columns;
  for (std::size_t split = 0; split < kSplits; ++split) {
    if (spools_[split].examples == 0) continue;
    for (Column& column : columns_of(split, spools_[split], shape_, path_.string()))
      columns.push_back(std::move(column));
  }
  const hdf5::Silence silence;
  std::vector<Hole> holes;
  hdf5::MemoryFile image = make_image(columns, holes);
  const std::uint64_t size = image.finish();
  files::NewFile file(path_);
  file.reserve(size);
  for (const Hole& hole : holes) {
    copy_until(hole.at, image.memory.get(), file);
    write_column(hole, file);
  }
  copy_until(size, image.memory.get(), file);
  file.commit();
}

ExampleFileWriter::ExampleFileWriter(fs::path path, std::string provenance, const Shape& shape)
    : state_(std::make_unique<State>(std::move(path), std::move(provenance), shape)) {}
ExampleFileWriter::~ExampleFileWriter() = default;
void ExampleFileWriter::append(const Example& example) { state_->append(example); }
const Shape& ExampleFileWriter::shape() const { return state_->shape(); }
std::array<SplitCounts, kSplits> ExampleFileWriter::counts() const { return state_->counts(); }
void ExampleFileWriter::commit() { state_->commit(); }

}  // namespace gistmill::examples
