// Who is held out: whole groups of documents, by their names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/dataset/common/files.hpp"

namespace gistmill::dataset {

struct SplitOptions {
  double validation = 0.1;            // share of groups that are held out, unless hold_out says which
  std::vector<std::string> hold_out;  // globs over names of groups
  std::string group = "file";         // "file", "document", or the text that ends the group in a file's name
  std::string salt;                   // another salt, another split
};

// The group that a document belongs to: what is held out is held out as a whole.
std::string group_of(const SplitOptions& options, const std::string& file, const std::string& document);

// 0 train, 1 validation: by the salt and the group's name alone, so that order and other files never matter.
std::int32_t split_of(const SplitOptions& options, const std::string& group);

// With few groups a hash can leave one side empty; better said now than when training finds nothing to read.
// Throws Error(GM_ERROR_USER) with the option's key. Groups of single documents are known only after reading:
// they are not checked.
void check_split(const SplitOptions& options, const std::vector<CorpusFile>& files);

}  // namespace gistmill::dataset
