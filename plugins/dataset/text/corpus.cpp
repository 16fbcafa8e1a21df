#include "plugins/dataset/text/corpus.hpp"

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

#include "plugins/dataset/common/clean.hpp"

namespace gistmill::dataset {
namespace {

std::string read_file(const CorpusFile& file) {
  try {
    return files::read_all(file.path);
  } catch (const files::FileError& error) {
    throw Error(GM_ERROR_UNAVAILABLE, error.what(), "files");
  }
}

}  // namespace

Corpus::Corpus(const CorpusOptions& options)
    : DocumentSource(options), separator_(options.separator), skip_until_(options.skip_until) {}

void Corpus::open(const CorpusFile& file) {
  const std::string bytes = read_file(file);
  if (const std::size_t zero = bytes.find('\0'); zero != std::string::npos) {
    throw Error(GM_ERROR_USER,
                "'" + file.path.string() + "' is not text: byte " + std::to_string(zero) + " is zero",
                "files");
  }
  text_ = cleaned(bytes);
  left_ = after_line(text_, skip_until_);
  over_ = false;
  number_ = 0;
}

bool Corpus::read(std::string& name, std::string& text) {
  while (!over_) {
    const std::size_t end = separator_.empty() ? std::string_view::npos : left_.find(separator_);
    const std::string_view part = left_.substr(0, end);
    over_ = end == std::string_view::npos;
    if (!over_) left_.remove_prefix(end + separator_.size());
    if (is_blank(part)) continue;
    ++number_;
    name = separator_.empty() ? "" : "#" + std::to_string(number_);
    text = part;
    return true;
  }
  return false;
}

std::string Corpus::why_none() const {
  return skip_until_.empty() ? "each is empty" : "each is empty after the line of skip_until";
}

}  // namespace gistmill::dataset
