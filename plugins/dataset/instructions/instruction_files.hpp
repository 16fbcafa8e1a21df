// Samples of instruction tuning, one after another: what reads them from files of some kind, and the files
// that are JSON, one array or an object a line. Knows nothing of prompts.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/dataset/common/document_source.hpp"
#include "plugins/dataset/instructions/sample.hpp"

namespace gistmill::dataset {

// Its documents' text is the instruction; sample() is the one that next() gave last.
class SampleSource : public DocumentSource {
 public:
  const Sample& sample() const { return sample_; }
  std::vector<std::string> notes() const override;  // and of samples that were left out or shortened

 protected:
  // skip: leave broken samples out.
  SampleSource(SourceOptions options, bool skip) : DocumentSource(std::move(options)), skip_(skip) {}

  // Keeps the sample that `read` gives; where that throws FormatError, the sample is broken and `why` says so
  // with its place, which ends the reading unless such samples are left out. False where it was left out.
  bool take(const std::function<Sample()>& read, const std::function<std::string()>& why);
  void restart() override;
  std::string why_none() const override;

 private:
  Sample sample_;
  bool skip_;
  std::uint64_t samples_ = 0;  // of the files read so far
  std::uint64_t broken_ = 0;
  std::uint64_t shortened_ = 0;
  std::string first_broken_;  // with its place
};

// A file that begins with '[' is one JSON array, any other one has an object a line.
class InstructionFiles : public SampleSource {
 public:
  InstructionFiles(SourceOptions options, SampleFields fields, bool skip);

 private:
  void open(const CorpusFile& file) override;
  bool read(std::string& name, std::string& text) override;
  void find_elements();
  bool read_element();
  bool read_line(bool& kept);  // false at the end; not kept: an empty line, or left out

  struct Element {
    std::size_t begin;
    std::size_t size;
  };

  SampleFields fields_;
  std::string path_;
  bool is_array_ = false;
  std::string array_;              // the file's text where it is an array
  std::vector<Element> elements_;  // of it
  std::ifstream lines_;
  std::uint64_t number_ = 0;  // of the element or the line that was read last, from 1
};

}  // namespace gistmill::dataset
