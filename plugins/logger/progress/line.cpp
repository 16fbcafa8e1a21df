// Widths, bars and the choice of what fits.
#include "plugins/logger/progress/line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <gistmill/text/shown.hpp>
#include <gistmill/text/utf8.hpp>

namespace gistmill::progress {
namespace {

constexpr std::size_t kLabel = 8;
constexpr int kSmallestBar = 10;
constexpr int kLargestBar = 30;
constexpr const char* kBarColor = "\x1b[36m";
constexpr const char* kBarEnd = "\x1b[0m";

std::string percent(double share) {
  return fmt::format("{:3.0f} %", std::floor(std::clamp(share, 0.0, 1.0) * 100.0));
}

std::size_t room_in(int width) { return static_cast<std::size_t>(std::max(width, 2) - 1); }

std::string padded(const std::string& label) {
  return label + std::string(kLabel - std::min(kLabel, text::columns(label)), ' ') + " ";
}

std::string first_columns(const std::string& text, std::size_t columns) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    const std::string_view character = rest.substr(0, text::first_character(rest).size);
    seen += text::columns(character);
    if (seen > columns) break;
    at += character.size();
  }
  return text.substr(0, at);
}

std::size_t width_of(const std::vector<Part>& parts) {
  std::size_t width = 0;
  for (const Part& part : parts) width += 2 + text::columns(part.text);
  return width;
}

}  // namespace

std::string message_text(std::string_view text) {
  std::string out;
  for (const char c : text::printable(text)) {
    if (c == '\n') {
      out += "\n  ";
    } else {
      out += c == '\t' ? ' ' : c;
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
    return text::columns(head) + (with_bar ? static_cast<std::size_t>(kSmallestBar) : 0) + width_of(parts);
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
      std::clamp(static_cast<int>(room - text::columns(head) - width_of(parts)), kSmallestBar, kLargestBar);
  const std::string drawn = bar(share, cells, look.utf8);
  return head + (look.color ? kBarColor + drawn + kBarEnd : drawn) + tail;
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
