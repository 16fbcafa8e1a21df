#include "plugins/dataset/html/pages.hpp"

#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

#include "plugins/dataset/html/charset.hpp"
#include "plugins/dataset/html/nesting.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::size_t kLargest = std::size_t{64} << 20;  // bytes of a page
constexpr std::size_t kDeepest = 2000;                   // elements in each other

// What is wrong with one page, without its name.
struct Broken {
  std::string what;
};

}  // namespace

Pages::Pages(SourceOptions options, Selectors leave_out, bool skip)
    : DocumentSource(std::move(options)), leave_out_(std::move(leave_out)), skip_(skip) {}

void Pages::open(const CorpusFile& file) {
  text_.clear();
  std::string bytes;
  try {
    bytes = files::read_all(file.path);
  } catch (const files::FileError& error) {
    throw Error(GM_ERROR_UNAVAILABLE, error.what(), "files");
  }
  try {
    text_ = text_of(bytes);
  } catch (const Broken& broken) {
    const std::string message = file.path.string() + ": " + broken.what;
    if (!skip_) throw Error(GM_ERROR_USER, message + "; broken = \"skip\" leaves such pages out", "files");
    if (broken_++ == 0) first_broken_ = message;
  }
}

std::string Pages::text_of(const std::string& bytes) {
  if (bytes.size() > kLargest) {
    throw Broken{"the page has " + std::to_string(bytes.size()) + " bytes when at most " +
                 std::to_string(kLargest) + " are read"};
  }
  const Charset charset = charset_of(bytes);
  std::uint64_t replaced = 0;
  std::string html;
  try {
    html = in_utf8(bytes, charset, replaced);
  } catch (const Error& error) {
    throw Broken{error.what()};
  }
  if (replaced > 0) count_invalid(replaced, "", "a byte is not of charset " + charset.name);
  if (const std::size_t zero = html.find('\0'); zero != std::string::npos)
    throw Broken{"it is not text: byte " + std::to_string(zero) + " is zero"};
  html = cleaned(html);
  if (const std::size_t depth = deepest_nesting(html); depth > kDeepest) {
    throw Broken{"elements are nested " + std::to_string(depth) + " deep when at most " +
                 std::to_string(kDeepest) + " are read"};
  }
  return page_text(html, leave_out_);
}

bool Pages::read(std::string&, std::string& text) {
  if (is_blank(text_)) return false;
  text = std::exchange(text_, "");
  return true;
}

void Pages::restart() {
  text_.clear();
  broken_ = 0;
  first_broken_.clear();
}

std::vector<std::string> Pages::notes() const {
  std::vector<std::string> notes = DocumentSource::notes();
  if (broken_ > 0) {
    notes.push_back(std::to_string(broken_) + " of " + std::to_string(files().size()) +
                    " pages are broken and were left out: " + first_broken_);
  }
  return notes;
}

std::string Pages::why_none() const {
  if (broken_ == 0) return "each is empty, or all of it is left out";
  return std::to_string(broken_) + " are broken: " + first_broken_;
}

}  // namespace gistmill::dataset
