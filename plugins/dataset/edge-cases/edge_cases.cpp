#include "plugins/dataset/edge-cases/edge_cases.hpp"

#include <memory>
#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/random.hpp>

namespace gistmill::dataset {
namespace {

SourceOptions checked(SourceOptions source) {
  if (source.group == "document") {
    throw Error(GM_ERROR_USER,
                "group is \"document\" when twins must be on one side of the split; take \"file\" or a text",
                "group");
  }
  return source;
}

EdgeCaseOptions edge_case_options(const Options& options) {
  return {options.strings("kinds"), static_cast<std::size_t>(options.integer("words")),
          options.number("noise"), static_cast<std::uint64_t>(options.integer("seed"))};
}

}  // namespace

EdgeCaseSource::EdgeCaseSource(SourceOptions source, EdgeCaseOptions options)
    : DocumentSource(checked(std::move(source))), options_(std::move(options)) {
  check_kinds(options_.kinds);
}

void EdgeCaseSource::open(const CorpusFile& file) {
  restart();
  file_ = file.name;
  try {
    passages_ = passages_of(cleaned(files::read_all(file.path)), options_.words);
  } catch (const files::FileError& error) {
    throw Error(GM_ERROR_UNAVAILABLE, error.what(), "files");
  }
}

bool EdgeCaseSource::read(std::string& name, std::string& text) {
  if (next_made_ == made_.size()) {
    if (next_passage_ == passages_.size()) return false;
    stop_if_canceled();
    // Files with few passages begin with different kinds.
    const std::uint64_t turn = random_key(options_.seed, file_, 0, 1) % options_.kinds.size() + next_passage_;
    KeyedRandom random(random_key(options_.seed, file_, next_passage_, 0));
    made_ = variations(options_.kinds[turn % options_.kinds.size()], passages_[next_passage_], options_.noise,
                       random);
    next_made_ = 0;
    ++next_passage_;
  }
  Variation& variation = made_[next_made_++];
  name = "#" + std::to_string(next_passage_) + variation.suffix;
  text = std::move(variation.text);
  return true;
}

void EdgeCaseSource::restart() {
  passages_.clear();
  next_passage_ = 0;
  made_.clear();
  next_made_ = 0;
}

EdgeCases::EdgeCases(const Options& options)
    : DocumentComponent("dataset/edge-cases", std::make_unique<EdgeCaseSource>(text_source_options(options),
                                                                               edge_case_options(options))) {}

}  // namespace gistmill::dataset
