#include "plugins/tokenizer/chat_template/strftime.hpp"

#include <array>
#include <string_view>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/refusal.hpp"

namespace gistmill::chat_template {
namespace {

constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};
constexpr std::array<const char*, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday"};

std::string digits(int number, int width) {
  std::string text = std::to_string(number);
  return text.size() < static_cast<std::size_t>(width)
             ? std::string(static_cast<std::size_t>(width) - text.size(), '0') + text
             : text;
}

std::string part(char letter, const std::tm& time, bool plain) {
  const int two = plain ? 1 : 2;
  const auto month = static_cast<std::size_t>(time.tm_mon), day = static_cast<std::size_t>(time.tm_wday);
  switch (letter) {
    case 'd':
      return digits(time.tm_mday, two);
    case 'm':
      return digits(time.tm_mon + 1, two);
    case 'y':
      return digits(time.tm_year % 100, two);
    case 'Y':
      return std::to_string(time.tm_year + 1900);
    case 'B':
      return kMonths[month];
    case 'b':
    case 'h':
      return std::string(kMonths[month]).substr(0, 3);
    case 'A':
      return kDays[day];
    case 'a':
      return std::string(kDays[day]).substr(0, 3);
    case 'H':
      return digits(time.tm_hour, two);
    case 'I':
      return digits((time.tm_hour + 11) % 12 + 1, two);
    case 'M':
      return digits(time.tm_min, two);
    case 'S':
      return digits(time.tm_sec, two);
    case 'p':
      return time.tm_hour < 12 ? "AM" : "PM";
    case 'j':
      return digits(time.tm_yday + 1, plain ? 1 : 3);
    case '%':
      return "%";
    default:
      return {};
  }
}

}  // namespace

std::string strftime_text(const std::string& format, const std::tm& time) {
  std::string out;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%' || at + 1 == format.size()) {
      out += format[at];
      continue;
    }
    const bool plain = format[at + 1] == '-' && at + 2 < format.size();
    at += plain ? 2 : 1;
    if (format[at] == 'F') {
      out += strftime_text("%Y-%m-%d", time);
    } else if (format[at] == 'T') {
      out += strftime_text("%H:%M:%S", time);
    } else if (const std::string text = part(format[at], time, plain); !text.empty()) {
      out += text;
    } else {
      const std::string_view rest = std::string_view(format).substr(at);
      throw Refusal("strftime_now: %" + std::string(rest.substr(0, text::first_character(rest).size)) +
                    " is not supported: use %Y, %m, %d, %B, %b, %H, %M");
    }
  }
  return out;
}

}  // namespace gistmill::chat_template
