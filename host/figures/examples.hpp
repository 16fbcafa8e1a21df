// Single items of an evaluation as text, kept beside a run to be read: the worst and the best ones, each with
// a number for every token that follows it. Files: examples/heldout.json, examples/STAGE/heldout.json
// (docs/events.md). Not for comparing runs: that is measured_items.hpp's.
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace gistmill {

struct ExampleToken {
  std::string text;    // bytes; a token may be a part of a character
  double value = 0.0;  // what it lost, say; NaN: it has no number
};

struct Example {
  std::string variant;
  bool best = false;   // among the best; else among the worst
  std::string key;     // as EvaluationRows::Variant::keys
  double value = 0.0;  // the figure of the item
  std::string text;    // of the item itself; "" where it is not kept
  std::vector<ExampleToken> tokens;
  // Means over the tokens that have a number: of `values`, and of `less`, which was subtracted. NaN where
  // there is none.
  double mean = std::numeric_limits<double>::quiet_NaN();
  double mean_less = std::numeric_limits<double>::quiet_NaN();
};

struct EvaluationExamples {
  std::string stage;  // empty: not part of a stage
  std::string evaluation;
  std::string figure;             // that they are the worst and best by
  std::vector<Example> examples;  // variants in their order; of each the worst first, then the best first
};

// Where those of `evaluation` of `stage` are kept in a run folder.
std::filesystem::path examples_file(const std::filesystem::path& run_folder, const std::string& stage,
                                    const std::string& evaluation);

// Writes `path` whole or not at all, and makes the folders around it. Bytes that are not UTF-8 become U+FFFD.
// Throws Failure (ExitCode::failed).
void write_examples(const std::filesystem::path& path, const EvaluationExamples& examples);

// All of a run folder, in the order of their paths; none where it keeps none. Throws Failure
// (ExitCode::failed) where a file cannot be read, or is none that write_examples wrote.
std::vector<EvaluationExamples> read_examples_of(const std::filesystem::path& run_folder);

}  // namespace gistmill
