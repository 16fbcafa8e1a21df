// Cutting files into documents and holding groups out.
#include "plugins/dataset/text/corpus.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include <fnmatch.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/digest.hpp>
#include <gistmill/plugin/cancel.hpp>
#include <gistmill/plugin/values.hpp>

#include "plugins/dataset/text/clean.hpp"

namespace gistmill::dataset {
namespace {

std::string read_file(const CorpusFile& file) {
  try {
    return files::read_all(file.path);
  } catch (const files::FileError& error) {
    throw Error(GM_ERROR_UNAVAILABLE, error.what(), "files");
  }
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\n\f\v") == std::string_view::npos; }

std::vector<std::string_view> cut(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  while (!separator.empty()) {
    const std::size_t end = text.find(separator);
    if (end == std::string_view::npos) break;
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + separator.size());
  }
  parts.push_back(text);
  return parts;
}

std::string number_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr};
}

}  // namespace

std::string group_of(const CorpusOptions& options, const std::string& file, const std::string& document) {
  if (options.group == "document") return document;
  if (options.group == "file") return file;
  const std::size_t base = file.find_last_of('/') + 1;  // 0 where there is no folder
  const std::size_t end = file.find(options.group, base);
  return end == std::string::npos ? file : file.substr(0, end);
}

std::int32_t split_of(const CorpusOptions& options, const std::string& group) {
  if (!options.hold_out.empty()) {
    return std::any_of(options.hold_out.begin(), options.hold_out.end(), [&](const std::string& pattern) {
      return ::fnmatch(pattern.c_str(), group.c_str(), 0) == 0;
    });
  }
  formats::Sha256 sha;
  sha.update_field(options.salt);
  sha.update_field(group);
  const std::uint64_t place = std::stoull(sha.hex().substr(0, 13), nullptr, 16);  // 52 bits: exact as double
  return std::ldexp(static_cast<double>(place), -52) < options.validation ? 1 : 0;
}

Corpus::Corpus(CorpusOptions options) : options_(std::move(options)), files_(find_files(options_)) {
  check_split();
}

// With few groups a hash can leave one side empty; better said now than when training finds nothing to read.
void Corpus::check_split() const {
  if (options_.group == "document") return;  // known only after reading
  std::set<std::string> groups;
  std::set<std::string> held_out;
  for (const CorpusFile& file : files_) {
    const std::string group = group_of(options_, file.name, file.name);
    groups.insert(group);
    if (split_of(options_, group) == 1) held_out.insert(group);
  }
  const std::string count = std::to_string(groups.size());
  if (!options_.hold_out.empty()) {
    for (const std::string& pattern : options_.hold_out) {
      if (std::none_of(groups.begin(), groups.end(), [&](const std::string& group) {
            return ::fnmatch(pattern.c_str(), group.c_str(), 0) == 0;
          })) {
        throw Error(GM_ERROR_USER,
                    "'" + pattern + "' matches no group; one of " + count + " is '" + *groups.begin() + "'",
                    "hold_out");
      }
    }
    if (held_out.size() == groups.size()) {
      throw Error(GM_ERROR_USER, "all " + count + " groups are held out: none is left to train on",
                  "hold_out");
    }
  } else if (options_.validation > 0 && held_out.empty()) {
    throw Error(GM_ERROR_USER,
                "none of " + count + " groups falls into the validation share of " +
                    number_text(options_.validation) +
                    "; take a larger share, another salt, or name groups in hold_out",
                "validation");
  } else if (options_.validation < 1 && held_out.size() == groups.size()) {
    throw Error(GM_ERROR_USER,
                "all " + count + " groups fall into the validation share of " +
                    number_text(options_.validation) +
                    "; take a smaller share, another salt, or name groups in hold_out",
                "validation");
  }
}

std::string Corpus::digest() const {
  formats::Sha256 sha;
  for (const CorpusFile& file : files_) {
    sha.update_field(file.name);
    sha.update_field(formats::sha256_hex(read_file(file)));
  }
  return sha.hex();
}

bool Corpus::next(Document& document) {
  while (waiting_.empty() && next_file_ < files_.size()) {
    stop_if_canceled();
    load(files_[next_file_++]);
  }
  if (waiting_.empty()) {
    if (position_ == 0) {
      throw Error(GM_ERROR_USER,
                  "no text in " + std::to_string(files_.size()) + " files: each is empty" +
                      (options_.skip_until.empty() ? "" : " after the line of skip_until"),
                  "files");
    }
    return false;
  }
  document = std::move(waiting_.back());
  waiting_.pop_back();
  ++position_;
  return true;
}

void Corpus::load(const CorpusFile& file) {
  const std::string bytes = read_file(file);
  if (const std::size_t zero = bytes.find('\0'); zero != std::string::npos) {
    throw Error(GM_ERROR_USER,
                "'" + file.path.string() + "' is not text: byte " + std::to_string(zero) + " is zero",
                "files");
  }
  const std::string text = clean_text(bytes, replaced_);
  std::size_t number = 0;
  for (const std::string_view part : cut(after_line(text, options_.skip_until), options_.separator)) {
    if (is_blank(part)) continue;
    ++number;
    const std::string name =
        options_.separator.empty() ? file.name : file.name + "#" + std::to_string(number);
    waiting_.push_back({name, std::string(part), split_of(options_, group_of(options_, file.name, name))});
  }
  std::reverse(waiting_.begin(), waiting_.end());
}

void Corpus::seek(std::uint64_t position) {
  next_file_ = 0;
  waiting_.clear();
  position_ = 0;
  replaced_ = 0;
  Document skipped;
  while (position_ < position && next(skipped)) {
  }
  if (position_ < position) {
    throw Error(GM_ERROR_USER,
                "the saved position is after document " + std::to_string(position) + " when the files have " +
                    std::to_string(position_) + ": they have changed",
                "files");
  }
}

}  // namespace gistmill::dataset
