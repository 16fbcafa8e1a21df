// Widths, bars and the choice of what fits.
#include "plugins/logger/progress/line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace gistmill::progress {
namespace {

constexpr std::size_t kLabel = 8;
constexpr int kSmallestBar = 10;
constexpr int kLargestBar = 30;
constexpr const char* kBarColor = "\x1b[36m";
constexpr const char* kPlain = "\x1b[0m";

std::string percent(double share) {
  return fmt::format("{:3.0f} %", std::floor(std::clamp(share, 0.0, 1.0) * 100.0));
}

std::size_t room_in(int width) { return static_cast<std::size_t>(std::max(width, 2) - 1); }

std::string padded(const std::string& label) {
  return label + std::string(kLabel - std::min(kLabel, columns_of(label)), ' ') + " ";
}

std::string first_columns(const std::string& text, std::size_t columns) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at) {
    if ((text[at] & 0xC0) == 0x80) continue;
    if (seen++ == columns) break;
  }
  return text.substr(0, at);
}

std::size_t width_of(const std::vector<Part>& parts) {
  std::size_t width = 0;
  for (const Part& part : parts) width += 2 + columns_of(part.text);
  return width;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == '\n') {
      out += "\n  ";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += '?';
    } else if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) {  // U+0080 to U+009F: control characters, too
      out += '?';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string bar(double share, int cells, bool utf8) {
  static constexpr std::array kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double filled = (std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0) * cells;
  const int full = static_cast<int>(filled);
  std::string out;
  for (int i = 0; i < full; ++i) out += utf8 ? "█" : "#";
  if (!utf8) return out + std::string(static_cast<std::size_t>(cells - full), '.');
  const auto eighths = static_cast<std::size_t>((filled - full) * 8.0);
  out += kEighths.at(eighths);
  return out + std::string(static_cast<std::size_t>(cells - full - (eighths > 0 ? 1 : 0)), ' ');
}

std::string clock(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0.0 || seconds > 1e9) return "-";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string short_number(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : (value > 0 ? "inf" : "-inf");
  const double size = std::abs(value);
  if (size != 0.0 && (size < 0.0005 || size >= 1e6)) return fmt::format("{:.2e}", value);
  return fmt::format("{:.{}f}", value, size < 9.995 ? 3 : (size < 99.95 ? 1 : 0));
}

std::string drawn_line(const std::string& label, double share, std::vector<Part> parts, int width,
                       const Look& look) {
  const std::size_t room = room_in(width);
  const std::string head = padded(label);
  parts.insert(parts.begin(), Part{percent(share)});
  bool with_bar = true;
  const auto needed = [&] {
    return columns_of(head) + (with_bar ? static_cast<std::size_t>(kSmallestBar) : 0) + width_of(parts);
  };
  while (needed() > room) {
    const auto most = std::ranges::max_element(parts, {}, &Part::expendable);
    if (with_bar && most->expendable <= kBarExpendable) {
      with_bar = false;
    } else if (most->expendable > 0) {
      parts.erase(most);
    } else {
      break;
    }
  }
  std::string tail;
  for (const Part& part : parts) tail += "  " + part.text;
  if (!with_bar) return first_columns(head + tail, room);
  const int cells =
      std::clamp(static_cast<int>(room - columns_of(head) - width_of(parts)), kSmallestBar, kLargestBar);
  const std::string drawn = bar(share, cells, look.utf8);
  return head + (look.color ? kBarColor + drawn + kPlain : drawn) + tail;
}

std::string drawn_line(const std::string& label, std::int64_t done, int width) {
  return first_columns(padded(label) + fmt::format("{}", done), room_in(width));
}

std::string plain_line(const std::string& label, double share, const std::vector<Part>& parts) {
  std::string out = label + "  " + percent(share);
  for (const Part& part : parts) out += "  " + part.text;
  return out;
}

}  // namespace gistmill::progress
