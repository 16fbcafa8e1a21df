#include "plugins/dataset/text/corpus.hpp"

#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

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

bool is_utf16(const std::string& bytes) {
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
}

}  // namespace

Corpus::Corpus(SourceOptions options, std::string skip_until, std::unique_ptr<Cutter> cutter)
    : DocumentSource(std::move(options)), skip_until_(std::move(skip_until)), cutter_(std::move(cutter)) {}

void Corpus::open(const CorpusFile& file) {
  opened_ = false;
  const std::string bytes = read_file(file);
  if (const std::size_t zero = bytes.find('\0'); zero != std::string::npos) {
    throw Error(
        GM_ERROR_USER,
        "'" + file.path.string() + "' is not text: byte " + std::to_string(zero) + " is zero" +
            (is_utf16(bytes) ? "; it looks like UTF-16, which iconv -f UTF-16 -t UTF-8 converts" : ""),
        "files");
  }
  text_ = cleaned(bytes);
  try {
    cutter_->open(after_line(text_, skip_until_), file.path.string());
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), "files");
  }
  opened_ = true;
  number_ = 0;
}

bool Corpus::read(std::string& name, std::string& text) {
  while (opened_ && cutter_->next(text)) {
    if (is_blank(text)) continue;
    ++number_;
    name = cutter_->cuts() ? "#" + std::to_string(number_) : "";
    return true;
  }
  return false;
}

std::string Corpus::why_none() const {
  return skip_until_.empty() ? "each is empty" : "each is empty after the line of skip_until";
}

}  // namespace gistmill::dataset
