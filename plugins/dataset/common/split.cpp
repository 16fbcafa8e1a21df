#include "plugins/dataset/common/split.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include <fnmatch.h>

#include <gistmill/formats/digest.hpp>
#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

using Groups = std::set<std::string>;

std::string number_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr};
}

bool matches(const std::string& pattern, const std::string& group) {
  return ::fnmatch(pattern.c_str(), group.c_str(), 0) == 0;
}

void check_named(const SplitOptions& options, const Groups& groups, const Groups& held_out) {
  const std::string count = std::to_string(groups.size());
  for (const std::string& pattern : options.hold_out) {
    const bool found = std::any_of(groups.begin(), groups.end(),
                                   [&](const std::string& group) { return matches(pattern, group); });
    if (found) continue;
    throw Error(GM_ERROR_USER,
                "'" + pattern + "' matches no group; one of " + count + " is '" + *groups.begin() + "'",
                "hold_out");
  }
  if (held_out.size() < groups.size()) return;
  throw Error(GM_ERROR_USER, "all " + count + " groups are held out: none is left to train on", "hold_out");
}

void check_share(const SplitOptions& options, const Groups& groups, const Groups& held_out) {
  const std::string count = std::to_string(groups.size());
  const std::string share = number_text(options.validation);
  const char* const instead = " share, another salt, or name groups in hold_out";
  if (options.validation > 0 && held_out.empty()) {
    throw Error(GM_ERROR_USER,
                "none of " + count + " groups falls into the validation share of " + share +
                    "; take a larger" + instead,
                "validation");
  }
  if (options.validation < 1 && held_out.size() == groups.size()) {
    throw Error(
        GM_ERROR_USER,
        "all " + count + " groups fall into the validation share of " + share + "; take a smaller" + instead,
        "validation");
  }
}

}  // namespace

std::string group_of(const SplitOptions& options, const std::string& file, const std::string& document) {
  if (options.group == "document") return document;
  if (options.group == "file") return file;
  const std::size_t base = file.find_last_of('/') + 1;  // 0 where there is no folder
  const std::size_t end = file.find(options.group, base);
  return end == std::string::npos ? file : file.substr(0, end);
}

std::int32_t split_of(const SplitOptions& options, const std::string& group) {
  if (!options.hold_out.empty()) {
    return std::any_of(options.hold_out.begin(), options.hold_out.end(),
                       [&](const std::string& pattern) { return matches(pattern, group); });
  }
  formats::Sha256 sha;
  sha.update_field(options.salt);
  sha.update_field(group);
  const std::uint64_t place = std::stoull(sha.hex().substr(0, 13), nullptr, 16);  // 52 bits: exact as double
  return std::ldexp(static_cast<double>(place), -52) < options.validation ? 1 : 0;
}

void check_split(const SplitOptions& options, const std::vector<CorpusFile>& files) {
  if (options.group == "document") return;
  Groups groups;
  Groups held_out;
  for (const CorpusFile& file : files) {
    const std::string group = group_of(options, file.name, file.name);
    groups.insert(group);
    if (split_of(options, group) == 1) held_out.insert(group);
  }
  if (options.hold_out.empty()) {
    check_share(options, groups, held_out);
  } else {
    check_named(options, groups, held_out);
  }
}

}  // namespace gistmill::dataset
