#include "plugins/store/topk/reader.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/common/column_file.hpp"

namespace gistmill::topk {
namespace {

namespace hdf5 = formats::hdf5;
using formats::FormatError;

static_assert(std::endian::native == std::endian::little, "mapped columns are little endian");

constexpr std::size_t kLongestText = 4096;

double temperature_of(hid_t file) {
  const hdf5::Handle attribute = hdf5::open_attribute(file, "temperature");
  double value = 0;
  if (H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value) < 0 || !(value > 0) || value > 1e6)
    throw FormatError("attribute 'temperature' is " + std::to_string(value) +
                      " when it should be a number above 0 and up to 1000000");
  return value;
}

}  // namespace

TopkReader::TopkReader(const std::filesystem::path& path) : path_(path), map_(path) {
  const hdf5::Silence silence;
  try {
    read_header();
  } catch (const FormatError& error) {
    fail(error.what());
  }
}

void TopkReader::fail(const std::string& what) const {
  throw FormatError("'" + path_.string() + "' is not a readable teacher cache: " + what);
}

void TopkReader::read_header() {
  const std::uint64_t size = map_.size();
  const hdf5::Handle opened = store::open_column_file(map_.bytes(), kFormat, kVersion);
  const hid_t file = opened.get();
  digest_ = hdf5::text_attribute(file, "digest", kLongestText);
  header_.length = store::size_attribute(file, "length", 1 << 24);
  header_.tokens = store::size_attribute(file, "topk", 1 << 24);
  header_.temperature = temperature_of(file);
  const std::string form = hdf5::text_attribute(file, "form", kLongestText);
  if (form != form_name(Form::exact) && form != form_name(Form::int8))
    throw FormatError("its form is " + formats::printable(form) + " when it should be '" +
                      form_name(Form::exact) + "' or '" + form_name(Form::int8) + "'");
  header_.form = form == form_name(Form::int8) ? Form::int8 : Form::exact;
  header_.teacher = hdf5::text_attribute(file, "teacher", 1 << 16);
  provenance_ = store::texts_of(file, "/provenance", size).front();

  count_ = store::rows_of(file, "/sequence", size);
  const auto length = static_cast<hsize_t>(header_.length);
  const auto tokens = static_cast<hsize_t>(header_.tokens);
  const auto place_of = [&](const char* name, const std::vector<hid_t>& types,
                            const std::vector<hsize_t>& shape) {
    return store::place_of_column(file, name, types, shape, size);
  };
  sequences_ = place_of("/sequence", {H5T_STD_I32LE}, {count_}).begin;
  digests_ = place_of("/ids_digest", {H5T_STD_U8LE}, {count_, kDigestBytes}).begin;
  const store::ColumnPlace ids =
      place_of("/topk_ids", {H5T_STD_U16LE, H5T_STD_U32LE}, {count_, length, tokens});
  ids_ = ids.begin;
  id_bytes_ = ids.width;
  if (header_.form == Form::exact) {
    values_ = place_of("/log_probability", {H5T_IEEE_F32LE}, {count_, length, tokens}).begin;
  } else {
    values_ = place_of("/code", {H5T_STD_U8LE}, {count_, length, tokens}).begin;
    scales_ = place_of("/scale", {H5T_IEEE_F32LE}, {count_, length, 2}).begin;
  }
  for (std::uint64_t place = 0; place < count_; ++place) {
    std::int32_t number = 0;
    std::memcpy(&number, column(sequences_, sizeof number, place), sizeof number);
    if (!places_.emplace(number, place).second)
      throw FormatError("it has sequence " + std::to_string(number) + " twice");
  }
}

bool TopkReader::find(std::int32_t sequence, std::uint64_t& place) const {
  const auto found = places_.find(sequence);
  if (found == places_.end()) return false;
  place = found->second;
  return true;
}

bool TopkReader::is_of(std::uint64_t place, const std::int32_t* ids) const {
  const std::string digest = ids_digest(ids, header_.length);
  return std::memcmp(digest.data(), column(digests_, kDigestBytes, place), kDigestBytes) == 0;
}

void TopkReader::read_ids(std::uint64_t place, std::int64_t tokens, std::int32_t* out) const {
  const char* from =
      column(ids_, row_count() * static_cast<std::uint64_t>(header_.tokens) * id_bytes_, place);
  for (std::int64_t row = 0; row < header_.length; ++row) {
    for (std::int64_t k = 0; k < tokens; ++k) {
      std::uint32_t id = 0;  // little endian: two bytes are the lower half
      std::memcpy(&id, from + static_cast<std::size_t>(row * header_.tokens + k) * id_bytes_, id_bytes_);
      if (id > 0x7fffffffu) fail("token " + std::to_string(id) + " is no id");
      *out++ = static_cast<std::int32_t>(id);
    }
  }
}

void TopkReader::read_row(std::uint64_t place, std::int64_t row, float* out) const {
  const auto tokens = static_cast<std::uint64_t>(header_.tokens);
  const std::uint64_t at = place * row_count() + static_cast<std::uint64_t>(row);
  if (header_.form == Form::exact) {
    std::memcpy(out, column(values_, tokens * sizeof(float), at), tokens * sizeof(float));
    return;
  }
  RowScale scale;
  std::memcpy(&scale, column(scales_, sizeof scale, at), sizeof scale);
  if (!std::isfinite(scale.step) || !std::isfinite(scale.log_sum)) fail("a row's scale is not finite");
  decode_row(reinterpret_cast<const std::uint8_t*>(column(values_, tokens, at)), scale, header_.tokens, out);
}

void TopkReader::read(std::uint64_t place, std::int64_t tokens, std::int32_t* topk_ids,
                      float* log_probability) const {
  read_ids(place, tokens, topk_ids);
  std::vector<float> row(static_cast<std::size_t>(header_.tokens));
  for (std::int64_t i = 0; i < header_.length; ++i) {
    read_row(place, i, row.data());
    std::memcpy(log_probability + i * tokens, row.data(), static_cast<std::size_t>(tokens) * sizeof(float));
  }
}

void TopkReader::verify() const {
  formats::Sha256 sha;
  const std::uint64_t numbers = row_count() * static_cast<std::uint64_t>(header_.tokens);
  std::vector<std::int32_t> ids(numbers);
  for (std::uint64_t place = 0; place < count_; ++place) {
    sha.update(column(sequences_, sizeof(std::int32_t), place), sizeof(std::int32_t));
    sha.update(column(digests_, kDigestBytes, place), kDigestBytes);
    read_ids(place, header_.tokens, ids.data());
    sha.update(ids.data(), numbers * sizeof ids[0]);
    const std::uint64_t each = header_.form == Form::exact ? numbers * sizeof(float) : numbers;
    sha.update(column(values_, each, place), each);
    if (header_.form == Form::int8) {
      const std::uint64_t scales = row_count() * sizeof(RowScale);
      sha.update(column(scales_, scales, place), scales);
    }
  }
  if (const std::string found = digest_of(header_, count_, sha.hex()); found != digest_)
    fail("the digest of its content is " + found.substr(0, 12) + " when it should be " +
         digest_.substr(0, 12) + "; make it again: `gistmill prepare RECIPE --force`");
}

}  // namespace gistmill::topk
