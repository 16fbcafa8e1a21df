// dataset/edge-cases: documents made of the passages of text files, as an operation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/common/document_component.hpp"
#include "plugins/dataset/common/document_source.hpp"
#include "plugins/dataset/edge-cases/passage.hpp"
#include "plugins/dataset/edge-cases/variations.hpp"

namespace gistmill::dataset {

struct EdgeCaseOptions {
  std::vector<std::string> kinds;
  std::size_t words = 1200;  // of a passage
  double noise = 0.15;
  std::uint64_t seed = 1;
};

// One file in memory at a time. A document depends on the seed, its file's name, its passage and the options.
class EdgeCaseSource : public DocumentSource {
 public:
  // Throws Error(GM_ERROR_USER): a kind that is not known; a group that would part twins.
  EdgeCaseSource(SourceOptions source, EdgeCaseOptions options);

 private:
  void open(const CorpusFile& file) override;
  bool read(std::string& name, std::string& text) override;
  void restart() override;
  std::string why_none() const override { return "each is empty"; }

  EdgeCaseOptions options_;
  std::string file_;               // name of the one that is open
  std::vector<Passage> passages_;  // of it
  std::size_t next_passage_ = 0;
  std::vector<Variation> made_;  // of the passage before it
  std::size_t next_made_ = 0;
};

class EdgeCases : public DocumentComponent {
 public:
  // Finds the files. Throws Error(GM_ERROR_USER) with the option's key.
  explicit EdgeCases(const Options& options);
};

}  // namespace gistmill::dataset
