#include "plugins/store/focus/session_file.hpp"

#include <limits>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>
#include <gistmill/formats/mapped_file.hpp>

namespace gistmill::focus {
namespace {

namespace hdf5 = formats::hdf5;
using formats::FormatError;

constexpr char kFormat[] = "gistmill-focus-sessions";
constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);

float or_nan(const std::optional<double>& value) {
  return value ? static_cast<float>(*value) : std::numeric_limits<float>::quiet_NaN();
}

void put(hid_t file, const std::string& name, hid_t type, const std::vector<hsize_t>& shape,
         const void* data) {
  const hdf5::Handle set = hdf5::make_data_set(file, name, type, shape);
  if (H5Dwrite(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    throw FormatError("HDF5 cannot write to memory: " + hdf5::reason());
}

void put_text(hid_t file, const char* name, const std::string& text) {
  put(file, name, hdf5::text_type(text.size()).get(), {}, text.data());
}

void put_column(hid_t file, const char* name, const std::vector<std::int32_t>& values) {
  put(file, std::string("/telemetry/") + name, H5T_NATIVE_INT32, {values.size()}, values.data());
}
void put_column(hid_t file, const char* name, const std::vector<float>& values) {
  put(file, std::string("/telemetry/") + name, H5T_NATIVE_FLOAT, {values.size()}, values.data());
}

void put_telemetry(hid_t file, const Telemetry& telemetry) {
  const hdf5::Handle group = hdf5::make_group(file, "/telemetry");
  put_column(file, "session", telemetry.session);
  put_column(file, "iteration", telemetry.iteration);
  put_column(file, "cursor", telemetry.cursor);
  put_column(file, "room", telemetry.room);
  put_column(file, "loss_at_h", telemetry.loss_at_h);
  put_column(file, "swap_rate_per_block", telemetry.swap_rate_per_block);
  put_column(file, "mean_residency_iterations", telemetry.mean_residency_iterations);
  put_column(file, "left_residency_iterations", telemetry.left_residency_iterations);
  put_column(file, "latency_ms", telemetry.latency_ms);
  put_column(file, "token_budget_utilization", telemetry.token_budget_utilization);
}

std::string trace_of(const formats::MappedFile& map) {
  const hdf5::Silence silence;
  const hdf5::Handle file = hdf5::open_in_memory(map.bytes().data(), map.size());
  if (!file) throw FormatError("it is not an HDF5 file, or was cut short");
  if (const std::string format = hdf5::text_attribute(file.get(), "format", 256); format != kFormat) {
    throw FormatError("its format is " + formats::printable(format) + " when it should be '" + kFormat + "'");
  }
  const hdf5::DataSet set = hdf5::open_data_set(file.get(), "/trace", map.size());
  if (!hdf5::is_text(set.type.get())) throw FormatError("data set '/trace' holds no text");
  std::string text(set.bytes, '\0');
  hdf5::read_data_set(set, set.type.get(), text.data());
  return text;
}

}  // namespace

void Telemetry::add(const BlockRecord& record) {
  session.push_back(static_cast<std::int32_t>(record.session));
  iteration.push_back(static_cast<std::int32_t>(record.iteration));
  cursor.push_back(static_cast<std::int32_t>(record.cursor));
  room.push_back(static_cast<std::int32_t>(record.room.collapsed.size()));
  const Figures& figures = record.figures;
  loss_at_h.push_back(or_nan(figures.loss_at_h));
  swap_rate_per_block.push_back(static_cast<float>(figures.swap_rate_per_block));
  mean_residency_iterations.push_back(static_cast<float>(figures.mean_residency_iterations));
  left_residency_iterations.push_back(or_nan(figures.left_residency_iterations));
  latency_ms.push_back(static_cast<float>(figures.latency_ms));
  token_budget_utilization.push_back(static_cast<float>(figures.token_budget_utilization));
}

void write_sessions(const std::filesystem::path& path, const std::string& trace, const Telemetry& telemetry,
                    const std::string& provenance) {
  const hdf5::Silence silence;
  hdf5::MemoryFile made = hdf5::make_in_memory("gistmill-focus-sessions");
  hdf5::put_text(made.file.get(), "format", kFormat);
  hdf5::put_attribute(made.file.get(), "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &kVersion);
  put_text(made.file.get(), "/trace", trace);
  put_text(made.file.get(), "/provenance", provenance);
  put_telemetry(made.file.get(), telemetry);
  std::vector<char> bytes(made.finish());
  const files::Transferred got = files::read_at(made.memory.get(), bytes.data(), bytes.size(), 0);
  if (got.bytes != bytes.size()) throw files::FileError("read back what goes into", path, got.error);
  files::write_file(path, {bytes.data(), bytes.size()});
}

std::string read_trace(const std::filesystem::path& path) {
  const formats::MappedFile map(path);
  if (!map.bytes().starts_with(kSignature)) return std::string(map.bytes());
  try {
    return trace_of(map);
  } catch (const FormatError& error) {
    throw FormatError("'" + path.string() + "' holds no trace: " + error.what());
  }
}

}  // namespace gistmill::focus
