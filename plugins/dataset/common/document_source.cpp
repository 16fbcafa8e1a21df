#include "plugins/dataset/common/document_source.hpp"

#include <charconv>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>

#include "plugins/dataset/common/clean.hpp"
#include "plugins/store/packed/manifest.hpp"

namespace gistmill::dataset {
namespace {

Tensor bytes(const std::string& text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

SourceOptions file_options(const Options& options) {
  SourceOptions source;
  source.files = options.strings("files");
  source.extensions = options.strings("extensions");
  source.validation = options.number("validation");
  source.hold_out = options.strings("hold_out");
  source.group = options.string("group");
  source.salt = options.string("salt");
  return source;
}

bool refuses_invalid(const Options& options) { return options.string("invalid") == "fail"; }

}  // namespace

SourceOptions source_options(const Options& options) {
  SourceOptions source = file_options(options);
  source.packed = options.string("packed");
  return source;
}

SourceOptions text_source_options(const Options& options) {
  SourceOptions source = source_options(options);
  source.refuse_invalid = refuses_invalid(options);
  return source;
}

SourceOptions unpacked_source_options(const Options& options) {
  SourceOptions source = file_options(options);
  source.refuse_invalid = refuses_invalid(options);
  return source;
}

DocumentSource::DocumentSource(SourceOptions options)
    : options_(std::move(options)), files_(find_files(options_)), digests_(files_.size()) {
  check_split(options_, files_);
}

std::string DocumentSource::digest() {
  formats::Sha256 sha;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    sha.update_field(files_[i].name);
    sha.update_field(file_digest(i));
  }
  return sha.hex();
}

const std::string& DocumentSource::file_digest(std::size_t file) {
  if (!digests_[file].empty()) return digests_[file];
  try {
    return digests_[file] = formats::sha256_file(files_[file].path);
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_UNAVAILABLE, error.what(), "files");
  }
}

// Asked when the first file comes: the store has looked at its folder by then.
bool DocumentSource::is_packed(std::size_t file) {
  if (options_.packed.empty()) return false;
  if (!packed_) {
    packed_.emplace();
    try {
      const std::optional<packed::Manifest> manifest = packed::read_manifest(options_.packed);
      if (manifest) {
        for (const packed::PackedSource& source : manifest->sources) (*packed_)[source.name] = source.digest;
      }
    } catch (const formats::FormatError& error) {
      throw Error(GM_ERROR_USER, error.what(), "packed");
    }
  }
  const auto found = packed_->find(files_[file].name);
  return found != packed_->end() && found->second == file_digest(file);
}

void DocumentSource::close_file() {
  if (in_file_ && !file_has_text_ && without_text_++ == 0)
    first_without_text_ = files_[next_file_ - 1].path.string();
  in_file_ = false;
}

std::string DocumentSource::cleaned(std::string_view bytes, const std::string& where) {
  CleanText clean = clean_text(bytes);
  if (clean.replaced > 0) {
    constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(bytes[clean.first_replaced]);
    count_invalid(clean.replaced, where,
                  "byte " + std::to_string(clean.first_replaced) + ", 0x" + kHex[byte >> 4] +
                      kHex[byte & 15] + ", is not UTF-8");
  }
  return std::move(clean.text);
}

void DocumentSource::count_invalid(std::uint64_t sequences, const std::string& where,
                                   const std::string& what) {
  const std::string place = files_[next_file_ - 1].path.string() + where;
  if (options_.refuse_invalid) {
    throw Error(GM_ERROR_USER, place + ": " + what + "; invalid = \"replace\" puts U+FFFD in its place",
                "files");
  }
  if (replaced_ == 0) first_replaced_ = place;
  replaced_ += sequences;
}

std::vector<std::string> DocumentSource::notes() const {
  std::vector<std::string> notes;
  if (replaced_ > 0) {
    notes.push_back(std::to_string(replaced_) +
                    " byte sequences were not UTF-8 and became U+FFFD, the first in " + first_replaced_);
  }
  if (without_text_ > 0) {
    notes.push_back(std::to_string(without_text_) + " of " + std::to_string(files_.size()) +
                    " files hold no text and were left out, the first is " + first_without_text_);
  }
  return notes;
}

bool DocumentSource::next(Document& document) {
  std::string name;
  while (!in_file_ || !read(name, document.text)) {
    close_file();
    if (next_file_ == files_.size()) {
      if (position_ > 0) return false;
      throw Error(GM_ERROR_USER, "no text in " + std::to_string(files_.size()) + " files: " + why_none(),
                  "files");
    }
    stop_if_canceled();
    if (is_packed(next_file_)) {
      const std::string& packed = files_[next_file_].name;
      document = {packed, "", kPackedFile, packed, file_digest(next_file_++)};
      ++position_;
      return true;
    }
    in_file_ = true;
    file_has_text_ = false;
    open(files_[next_file_++]);
  }
  file_has_text_ = true;
  document.file = files_[next_file_ - 1].name;
  document.file_digest = file_digest(next_file_ - 1);
  document.name = document.file + name;
  document.split = split_of(options_, group_of(options_, document.file, document.name));
  ++position_;
  return true;
}

void DocumentSource::seek(std::uint64_t position) {
  restart();
  next_file_ = 0;
  in_file_ = false;
  position_ = 0;
  replaced_ = 0;
  without_text_ = 0;
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

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> tensors_of(const Document& document) {
  return {bytes(document.text), bytes(document.name), Tensor::of<std::int32_t>({document.split}, {}),
          bytes(document.file), bytes(document.file_digest)};
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
