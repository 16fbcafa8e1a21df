#include "plugins/dataset/common/document_source.hpp"

#include <charconv>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::dataset {
namespace {

Tensor bytes(const std::string& text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

}  // namespace

SourceOptions source_options(const Options& options) {
  SourceOptions source;
  source.files = options.strings("files");
  source.extensions = options.strings("extensions");
  source.validation = options.number("validation");
  source.hold_out = options.strings("hold_out");
  source.group = options.string("group");
  source.salt = options.string("salt");
  return source;
}

DocumentSource::DocumentSource(SourceOptions options)
    : options_(std::move(options)), files_(find_files(options_)) {
  check_split(options_, files_);
}

std::string DocumentSource::digest() const {
  formats::Sha256 sha;
  for (const CorpusFile& file : files_) {
    sha.update_field(file.name);
    try {
      sha.update_field(formats::sha256_file(file.path));
    } catch (const formats::FormatError& error) {
      throw Error(GM_ERROR_UNAVAILABLE, error.what(), "files");
    }
  }
  return sha.hex();
}

bool DocumentSource::next(Document& document) {
  std::string name;
  while (!in_file_ || !read(name, document.text)) {
    in_file_ = false;
    if (next_file_ == files_.size()) {
      if (position_ > 0) return false;
      throw Error(GM_ERROR_USER, "no text in " + std::to_string(files_.size()) + " files: " + why_none(),
                  "files");
    }
    stop_if_canceled();
    open(files_[next_file_++]);
    in_file_ = true;
  }
  const std::string& file = files_[next_file_ - 1].name;
  document.name = file + name;
  document.split = split_of(options_, group_of(options_, file, document.name));
  ++position_;
  return true;
}

void DocumentSource::seek(std::uint64_t position) {
  restart();
  next_file_ = 0;
  in_file_ = false;
  position_ = 0;
  Document skipped;
  while (position_ < position && next(skipped)) {
  }
  if (position_ == position) return;
  throw Error(GM_ERROR_USER,
              "the saved position is after document " + std::to_string(position) + " when the files have " +
                  std::to_string(position_) + ": they have changed",
              "files");
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\n\f\v") == std::string_view::npos; }

std::tuple<Tensor, Tensor, Tensor> tensors_of(const Document& document) {
  return {bytes(document.text), bytes(document.name), Tensor::of<std::int32_t>({document.split}, {})};
}

std::string position_state(std::string_view head, std::uint64_t position) {
  return std::string(head) + std::to_string(position);
}

std::uint64_t position_of(std::string_view head, std::string_view state) {
  std::uint64_t position = 0;
  const bool ours = state.starts_with(head);
  const std::string_view digits = ours ? state.substr(head.size()) : std::string_view();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), position);
  if (ours && error == std::errc() && end == digits.data() + digits.size()) return position;
  throw Error(GM_ERROR_USER, "the saved position is of a version of " +
                                 std::string(head.substr(0, head.find(' '))) +
                                 " that this one does not read");
}

}  // namespace gistmill::dataset
