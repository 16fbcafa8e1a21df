// The tokenizer that made the text of a run: for text of the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/instance/instance.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

class RunTokenizer {
 public:
  // The component of the plan that encodes. marks: names of special tokens in a text become these tokens,
  // where its option `special` says whether they do. Throws Failure where there is none.
  RunTokenizer(const Plan& plan, Registry& registry, bool marks = false);

  std::vector<std::int32_t> encode(std::string_view text) const;
  std::vector<std::int32_t> document(std::string_view text) const;  // behind its begin tokens
  // An id that it lacks, such as a model's table has beyond it, adds nothing.
  std::string decode(const std::vector<std::int32_t>& tokens) const;
  // messages: a JSON array, in the model's chat template. Throws Failure, also where it has none.
  std::string chat(const std::string& messages) const;
  std::string identity() const;

  const Instance& instance() const { return *instance_; }

 private:
  std::unique_ptr<Instance> instance_;
  std::vector<std::int32_t> begin_;
  std::int64_t vocabulary_ = 0;
};

}  // namespace gistmill
