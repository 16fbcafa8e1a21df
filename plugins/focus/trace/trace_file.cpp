#include "plugins/focus/trace/trace_file.hpp"

#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::focus {
namespace {

using formats::FormatError;

constexpr std::string_view kHead = R"({"format":"gistmill-focus-trace","version":1})";
constexpr std::string_view kKey = R"(,"check":")";
constexpr std::size_t kDigits = 16;
constexpr std::size_t kLongestLine = std::size_t{1} << 24;

// Of an object without its check, behind the check of the line before.
std::string check_of(const std::string& before, std::string_view object) {
  formats::Sha256 sha;
  sha.update_field(before);
  sha.update_field(object);
  return sha.hex().substr(0, kDigits);
}

std::string end_of(std::int64_t sessions, std::int64_t blocks) {
  return R"({"end":true,"sessions":)" + std::to_string(sessions) + R"(,"blocks":)" + std::to_string(blocks) +
         "}";
}

}  // namespace

TraceText::TraceText() { line(std::string(kHead)); }

void TraceText::line(const std::string& object) {
  check_ = check_of(check_, object);
  text_.append(object, 0, object.size() - 1).append(kKey).append(check_).append("\"}\n");
}

void TraceText::add(const BlockRecord& record) {
  line(to_text(record));
  ++blocks_;
  if (record.begins) ++sessions_;
}

std::string TraceText::finish() {
  line(end_of(sessions_, blocks_));
  return std::move(text_);
}

TraceLines::TraceLines(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {
  const std::string_view first = text_.substr(0, text_.find('\n'));
  const bool ours = first.starts_with(kHead.substr(0, kHead.find(R"("version)")));
  if (!ours) {
    line_ = 1;
    fail("this is no trace of focus: its first line should begin with " + std::string(kHead));
  }
  if (!first.starts_with(kHead.substr(0, kHead.size() - 1))) {
    line_ = 1;
    fail("a trace of another version than 1, which this program does not read");
  }
  line();
}

void TraceLines::fail(const std::string& what) const { throw FormatError(place() + ": " + what); }

// The object of the next line, without its check.
std::string_view TraceLines::line() {
  ++line_;
  const std::size_t end = text_.find('\n', at_);
  if (end == std::string_view::npos) {
    fail(at_ == text_.size() ? "the trace is cut short: its last line, which says that it ends, is missing"
                             : "the trace is cut short within this line");
  }
  const std::string_view whole = text_.substr(at_, end - at_);
  at_ = end + 1;
  if (whole.size() > kLongestLine) fail("the line is longer than a line of a trace can be");
  const std::size_t tail = kKey.size() + kDigits + 2;
  if (whole.size() < tail || whole.substr(whole.size() - tail, kKey.size()) != kKey ||
      !whole.ends_with("\"}"))
    fail("the line was changed: it does not end with its check");
  const std::string object = std::string(whole.substr(0, whole.size() - tail)) + "}";
  const std::string_view said = whole.substr(whole.size() - kDigits - 2, kDigits);
  const std::string found = check_of(check_, object);
  if (found != said) {
    fail("the line was changed, or one before it was left out: its check is " + formats::printable(said) +
         " when its content gives '" + found + "'");
  }
  check_ = found;
  return whole.substr(0, whole.size() - tail);
}

void TraceLines::read_end(std::string_view object) {
  if (std::string(object) + "}" != end_of(sessions_, blocks_)) {
    fail("the trace has " + std::to_string(blocks_) + " blocks of " + std::to_string(sessions_) +
         " sessions when its end says otherwise");
  }
  if (at_ != text_.size()) fail("there is something behind the end of the trace");
  ended_ = true;
}

std::optional<BlockRecord> TraceLines::next() {
  if (ended_) return std::nullopt;
  const std::string_view object = line();
  if (object.starts_with(R"({"end":)")) {
    read_end(object);
    return std::nullopt;
  }
  BlockRecord record = record_of(std::string(object) + "}", place());
  ++blocks_;
  if (record.begins) ++sessions_;
  return record;
}

}  // namespace gistmill::focus
