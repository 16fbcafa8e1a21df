#include "plugins/dataset/predictions/predictions.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/mapped_file.hpp>
#include <gistmill/text/utf8.hpp>
#include <gistmill/text/white_space.hpp>

#include "plugins/dataset/predictions/csv.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::string_view kStateHead = "dataset/predictions 1 ";
constexpr std::size_t kLargestFile = std::size_t{1} << 30;  // bytes: all texts are kept in memory

// Where there is none, says where it is from, if the recipe told.
std::vector<CorpusFile> found_files(const FileSelection& selection, const std::string& source) {
  try {
    return find_files(selection);
  } catch (const Error& error) {
    if (source.empty()) throw;
    throw Error(error.code, std::string(error.what()) + "; the files are from: " + source, error.key);
  }
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + formats::printable(name);
  return list;
}

}  // namespace

// The rows of one file.
class Predictions::FileRows {
 public:
  FileRows(const Predictions& options, const CorpusFile& file)
      : options_(options),
        path_(file.path.string()),
        name_(file.name),
        file_(open(file)),
        reader_(file_.bytes(), {options.longest_, CsvLimits().columns}) {
    if (!next_record())
      fail("files", 1, "the file is empty, expected a first line with the names of columns");
    columns_ = fields_;
    prediction_ = column(options.prediction_, "prediction");
    reference_ = column(options.reference_, "reference");
    if (!options.prompt_.empty()) prompt_ = column(options.prompt_, "prompt");
  }

  // False at the end. `prompt`: the text of that column; empty without one.
  bool next(Row& row, std::string& prompt) {
    if (!next_record()) return false;
    if (fields_.size() != columns_.size()) {
      fail("files", reader_.line(),
           "has " + std::to_string(fields_.size()) + " fields, expected " + std::to_string(columns_.size()) +
               " as in the first line");
    }
    row.prediction = options_.cleaned(text(prediction_));
    row.reference = options_.cleaned(text(reference_));
    row.name = name_ + ":" + std::to_string(reader_.line());
    prompt = options_.prompt_.empty() ? "" : fields_[prompt_];
    return true;
  }

 private:
  static formats::MappedFile open(const CorpusFile& file) {
    try {
      formats::MappedFile mapped(file.path);
      if (mapped.size() <= kLargestFile) return mapped;
    } catch (const formats::FormatError& error) {
      throw Error(GM_ERROR_USER, error.what(), "files");
    }
    throw Error(GM_ERROR_USER,
                file.path.string() + ": has more than " + std::to_string(kLargestFile) + " bytes; split it",
                "files");
  }

  [[noreturn]] void fail(const std::string& key, std::uint64_t line, const std::string& message) const {
    throw Error(GM_ERROR_USER, path_ + ":" + std::to_string(line) + ": " + message, key);
  }

  bool next_record() {
    stop_if_canceled();
    try {
      return reader_.next(fields_);
    } catch (const CsvError& error) {
      fail("files", error.line, error.what());
    }
  }

  std::size_t column(const std::string& name, const std::string& key) const {
    const auto found = std::find(columns_.begin(), columns_.end(), name);
    if (found == columns_.end()) {
      fail(key, reader_.line(),
           "has no column " + formats::printable(name) + ", expected one of " + list_of(columns_));
    }
    if (std::find(found + 1, columns_.end(), name) != columns_.end())
      fail(key, reader_.line(), "has two columns " + formats::printable(name));
    return static_cast<std::size_t>(found - columns_.begin());
  }

  // Texts leave in rows that are filled up with zero bytes, so that a text has none.
  const std::string& text(std::size_t column) const {
    const std::string& field = fields_[column];
    const auto wrong = [&](const std::string& what) {
      fail("files", reader_.line(), "field " + formats::printable(columns_[column]) + " " + what);
    };
    if (!text::is_utf8(field)) wrong("is not UTF-8: " + formats::printable(field));
    if (field.find('\0') != std::string::npos) wrong("has a zero byte");
    return field;
  }

  const Predictions& options_;
  std::string path_;
  std::string name_;
  formats::MappedFile file_;
  CsvReader reader_;
  std::vector<std::string> columns_;
  std::vector<std::string> fields_;
  std::size_t prediction_ = 0, reference_ = 0, prompt_ = 0;
};

Predictions::Predictions(const Options& options)
    : prediction_(options.string("prediction")),
      reference_(options.string("reference")),
      prompt_(options.string("prompt")),
      strip_(options.boolean("strip")),
      remove_(options.strings("remove")),
      batch_(static_cast<std::size_t>(options.integer("batch"))),
      longest_(static_cast<std::size_t>(options.integer("longest"))),
      files_(
          found_files({options.strings("files"), options.strings("extensions")}, options.string("source"))) {
  if (std::find(remove_.begin(), remove_.end(), "") != remove_.end())
    throw Error(GM_ERROR_USER, "has an empty text", "remove");
}

void Predictions::start(const Start&) {
  std::unordered_map<std::string, std::int32_t> prompts;
  rows_.clear();
  for (const CorpusFile& file : files_) {
    FileRows rows(*this, file);
    Row row;
    for (std::string prompt; rows.next(row, prompt); rows_.push_back(std::move(row))) {
      const auto next = static_cast<std::int32_t>(prompt_.empty() ? rows_.size() : prompts.size());
      row.prompt = prompt_.empty() ? next : prompts.try_emplace(std::move(prompt), next).first->second;
    }
  }
  if (rows_.empty()) throw Error(GM_ERROR_USER, "no file has a row behind its first line", "files");
}

std::string Predictions::digest() const {
  formats::Sha256 sha;
  for (const CorpusFile& file : files_) {
    sha.update_field(file.name);
    try {
      sha.update_field(formats::sha256_file(file.path));
    } catch (const formats::FormatError& error) {
      throw Error(GM_ERROR_USER, error.what(), "files");
    }
  }
  return sha.hex();
}

std::string Predictions::cleaned(const std::string& field) const {
  std::string text = field;
  for (const std::string& part : remove_) {
    std::string kept;
    std::size_t from = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, from)) {
      kept.append(text, from, at - from);
      from = at + part.size();
    }
    text = kept.append(text, from);
  }
  return strip_ ? std::string(text::trimmed(text)) : text;
}

Tensor Predictions::texts(std::size_t begin, std::size_t end, std::string Row::*text) const {
  std::size_t longest = 0;
  for (std::size_t i = begin; i < end; ++i) longest = std::max(longest, (rows_[i].*text).size());
  Tensor filled = Tensor::zeros<std::uint8_t>(
      {static_cast<std::int64_t>(end - begin), static_cast<std::int64_t>(longest)});
  auto* out = filled.mutable_data<std::uint8_t>();
  for (std::size_t i = begin; i < end; ++i, out += longest) {
    const std::string& each = rows_[i].*text;
    std::copy(each.begin(), each.end(), out);
  }
  return filled;
}

std::tuple<Tensor, Tensor, Tensor, Tensor> Predictions::next() {
  if (position_ >= rows_.size()) throw EndOfData();
  const std::size_t begin = position_;
  const std::size_t end = std::min(rows_.size(), begin + batch_);
  position_ = end;
  std::vector<std::int32_t> prompts;
  for (std::size_t i = begin; i < end; ++i) prompts.push_back(rows_[i].prompt);
  return {texts(begin, end, &Row::prediction), texts(begin, end, &Row::reference),
          texts(begin, end, &Row::name), Tensor::of(prompts, {static_cast<std::int64_t>(end - begin)})};
}

std::string Predictions::save_state() const { return std::string(kStateHead) + std::to_string(position_); }

void Predictions::load_state(std::string_view state) {
  const auto refuse = [] {
    throw Error(GM_ERROR_USER, "the saved position is not one of dataset/predictions");
  };
  if (state.substr(0, kStateHead.size()) != kStateHead) refuse();
  state.remove_prefix(kStateHead.size());
  std::size_t position = 0;
  const auto [end, error] = std::from_chars(state.data(), state.data() + state.size(), position);
  if (error != std::errc() || end != state.data() + state.size()) refuse();
  position_ = position;
}

}  // namespace gistmill::dataset
