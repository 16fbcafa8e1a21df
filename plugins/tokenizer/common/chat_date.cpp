#include "plugins/tokenizer/common/chat_date.hpp"

#include <charconv>
#include <stdexcept>

#include "plugins/tokenizer/chat_template/strftime.hpp"

namespace gistmill::tokenizer {

std::tm local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return local;
}

std::tm day_of(const std::string& date) {
  static const std::string kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm day{};
  day.tm_hour = 12;
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = -1;
    if (date.size() == 11) std::from_chars(date.data() + at, date.data() + at + size, value);
    return value;
  };
  day.tm_mday = number(0, 2);
  day.tm_year = number(7, 4) - 1900;
  const std::size_t month = date.size() == 11 ? kMonths.find(date.substr(3, 3)) : std::string::npos;
  day.tm_mon = month == std::string::npos ? 0 : static_cast<int>(month / 3);
  timegm(&day);  // fills in the day of the week; makes 31 June 1 July
  if (chat_template::strftime_text("%d %b %Y", day) != date) {
    throw std::invalid_argument("'" + date + "' is no day, expected one as '26 Jul 2024'");
  }
  return day;
}

}  // namespace gistmill::tokenizer
