#include "plugins/store/tokens/lengths.hpp"

#include <utility>

namespace gistmill::store {

std::string_view file_of(std::string_view name) {
  const std::size_t last = name.find_last_not_of("0123456789");
  const bool numbered =
      last != std::string_view::npos && last + 1 < name.size() && (name[last] == '#' || name[last] == ':');
  return numbered ? name.substr(0, last) : name;
}

std::string_view folder_of(std::string_view name) {
  const std::string_view file = file_of(name);
  const std::size_t slash = file.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : file.substr(0, slash);
}

Lengths::Lengths(LengthLimits limits, Sink sink) : limits_(std::move(limits)), sink_(std::move(sink)) {}

bool Lengths::is_neighbor(const TokenDocument& document) const {
  if (document.split != waiting_.split) return false;
  return limits_.join == LengthLimits::Join::file ? file_of(document.name) == file_of(waiting_.name)
                                                  : folder_of(document.name) == folder_of(waiting_.name);
}

void Lengths::add(TokenDocument document) {
  if (limits_.below == LengthLimits::Short::drop) {
    if (document.tokens.size() >= limits_.shortest) return give(document);
    ++counts_.dropped;
    return;
  }
  if (parts_ > 0 && is_neighbor(document)) {
    waiting_.tokens.insert(waiting_.tokens.end(), limits_.between.begin(), limits_.between.end());
    waiting_.tokens.insert(waiting_.tokens.end(), document.tokens.begin(), document.tokens.end());
    ++parts_;
  } else {
    give_waiting();
    waiting_ = std::move(document);
    parts_ = 1;
  }
  if (waiting_.tokens.size() >= limits_.shortest) give_waiting();
}

void Lengths::finish() { give_waiting(); }

void Lengths::give_waiting() {
  if (parts_ == 0) return;
  const std::size_t parts = std::exchange(parts_, 0);
  const bool is_short = waiting_.tokens.size() < limits_.shortest;
  if (is_short && limits_.below == LengthLimits::Short::join_or_drop) {
    counts_.dropped += parts;
    return;
  }
  if (parts > 1) {
    waiting_.name += "+" + std::to_string(parts - 1);
    counts_.joined += parts;
    ++counts_.groups;
  }
  give(waiting_);
}

// Into equal pieces, so that none is less than half of the longest.
void Lengths::give(const TokenDocument& document) {
  const std::size_t size = document.tokens.size();
  if (limits_.longest == 0 || size <= limits_.longest) return sink_(document);
  const std::size_t pieces = (size + limits_.longest - 1) / limits_.longest;
  ++counts_.cut;
  counts_.pieces += pieces;
  for (std::size_t i = 0; i < pieces; ++i) {
    const auto begin = document.tokens.begin() + static_cast<std::ptrdiff_t>(size * i / pieces);
    const auto end = document.tokens.begin() + static_cast<std::ptrdiff_t>(size * (i + 1) / pieces);
    sink_({document.name + "[" + std::to_string(i + 1) + "]", {begin, end}, document.split});
  }
}

}  // namespace gistmill::store
