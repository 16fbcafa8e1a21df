#include "plugins/logger/csv/csv_logger.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/plugin.hpp>

namespace gistmill::csv {
namespace {

constexpr std::string_view kHeader = "stage,step,name,value,time\n";

// The shortest digits that give the number back.
std::string text_of(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

}  // namespace

void CsvLogger::start() {
  file_ = files::Descriptor(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file_.open()) fail("cannot be opened", errno);
  if (lseek(file_.get(), 0, SEEK_END) == 0) append(kHeader);
}

void CsvLogger::on_event(std::string_view json) {
  const logging::Reading event = logging::read_event(json);
  if (event.start) take_out_after(*event.start);
  if (!event.scalars) return;
  std::string lines;
  const std::string begin = quoted(event.scalars->stage) + "," + std::to_string(event.scalars->step) + ",";
  for (const logging::Scalar& scalar : event.scalars->values) {
    lines +=
        begin + quoted(scalar.name) + "," + text_of(scalar.value) + "," + text_of(event.scalars->time) + "\n";
  }
  append(lines);
}

void CsvLogger::append(std::string_view lines) {
  const off_t before = lseek(file_.get(), 0, SEEK_END);
  const files::Transferred put = files::write(file_.get(), lines);
  if (put.error == 0) return;
  if (put.bytes > 0 && ftruncate(file_.get(), before) != 0) fail("cannot be cut back to whole lines", errno);
  fail("cannot be written", put.error);
}

// Lines of the stage after the step, and a last one that is incomplete. The file appears anew in one piece.
void CsvLogger::take_out_after(const logging::StageStart& start) {
  std::ifstream in(path_, std::ios::binary);
  const std::string begin = quoted(start.stage) + ",";
  std::string kept;
  bool changed = false;
  for (std::string line; std::getline(in, line);) {
    const bool whole = !in.eof();
    std::int64_t step = 0;
    const bool of_stage = line.rfind(begin, 0) == 0;
    if (of_stage) std::from_chars(line.data() + begin.size(), line.data() + line.size(), step);
    if (whole && step <= start.step) {
      kept += line + "\n";
    } else {
      changed = true;
    }
  }
  if (!changed) return;
  try {
    files::write_file(path_, kept);
  } catch (const files::FileError& error) {
    throw Error(GM_ERROR_UNAVAILABLE, error.what(), "file");
  }
  this->start();
}

void CsvLogger::fail(const char* action, int error) const {
  const bool unusable = error == EISDIR || error == ENOTDIR || error == ENOENT || error == ENAMETOOLONG;
  throw Error(unusable ? GM_ERROR_USER : GM_ERROR_UNAVAILABLE,
              path_ + " " + action + ": " + files::error_text(error), "file");
}

}  // namespace gistmill::csv
