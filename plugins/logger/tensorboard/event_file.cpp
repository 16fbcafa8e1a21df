#include "plugins/logger/tensorboard/event_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <boost/crc.hpp>
#include <cerrno>
#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/plugin.hpp>
#include <system_error>

namespace gistmill::tensorboard {
namespace {

// CRC-32C, masked: the checksum of a string that holds checksums would be weak.
std::uint32_t checksum(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t value = crc.checksum();
  return ((value >> 15) | (value << 17)) + 0xA282EAD8u;
}

template <class Number>
std::string little_endian(Number value) {
  std::string bytes(sizeof value, '\0');
  for (std::size_t i = 0; i < sizeof value; ++i) bytes[i] = static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

// ---- protocol buffers, as far as they are needed

enum class Wire : std::uint8_t { varint = 0, eight_bytes = 1, counted = 2, four_bytes = 5 };

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes += static_cast<char>(value);
}

std::string tag(unsigned field, Wire wire) { return varint(field << 3 | static_cast<unsigned>(wire)); }

std::string counted(unsigned field, std::string_view bytes) {
  return tag(field, Wire::counted) + varint(bytes.size()) + std::string(bytes);
}

std::string number(unsigned field, std::int64_t value) {
  return tag(field, Wire::varint) + varint(static_cast<std::uint64_t>(value));
}

std::string real(unsigned field, double value) {
  return tag(field, Wire::eight_bytes) + little_endian(std::bit_cast<std::uint64_t>(value));
}

std::string single(unsigned field, float value) {
  return tag(field, Wire::four_bytes) + little_endian(std::bit_cast<std::uint32_t>(value));
}

// Event: wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7.
std::string event(double time, std::int64_t step, unsigned field, std::string_view content) {
  return real(1, time) + number(2, step) + counted(field, content);
}

}  // namespace

std::string record(std::string_view bytes) {
  const std::string length = little_endian(static_cast<std::uint64_t>(bytes.size()));
  return length + little_endian(checksum(length)) + std::string(bytes) + little_endian(checksum(bytes));
}

std::string version_event(double time) { return real(1, time) + counted(3, "brain.Event:2"); }

std::string start_event(double time, std::int64_t step) {
  return event(time, step, 7, number(1, 1));  // SessionLog: status = 1, START = 1
}

std::string scalars_event(const logging::Scalars& scalars) {
  std::string summary;  // Summary: repeated Value = 1 { tag = 1, simple_value = 2 }
  for (const logging::Scalar& scalar : scalars.values) {
    summary += counted(1, counted(1, scalar.name) + single(2, static_cast<float>(scalar.value)));
  }
  return event(scalars.time, scalars.step, 5, summary);
}

EventFile::EventFile(const std::filesystem::path& folder, double time) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto seconds = std::to_string(static_cast<std::int64_t>(time));
  for (int number = 0;; ++number) {  // a run may be resumed within a second
    path_ = folder / ("events.out.tfevents." + seconds + "." + std::to_string(number) + ".gistmill");
    file_ = files::Descriptor(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
    if (file_.open() || errno != EEXIST) break;
  }
  if (!file_.open()) {
    const int reason = errno;
    throw Error(
        reason == ENOTDIR || reason == ENOENT || reason == EISDIR ? GM_ERROR_USER : GM_ERROR_UNAVAILABLE,
        path_.string() + " cannot be made: " + files::error_text(reason), "folder");
  }
  append(version_event(time));
}

void EventFile::append(std::string_view event) {
  const files::Transferred put = files::write(file_.get(), record(event));
  if (put.error == 0) return;
  throw Error(GM_ERROR_UNAVAILABLE, path_.string() + " cannot be written: " + files::error_text(put.error),
              "folder");
}

}  // namespace gistmill::tensorboard
