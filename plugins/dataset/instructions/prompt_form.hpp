// From a sample to the texts of a prompt: what stands before the gist tokens, behind them, and the answer.
#pragma once

#include <string>
#include <string_view>

#include "plugins/dataset/instructions/sample.hpp"

namespace gistmill::dataset {

// "Instruction: ...\n<gist tokens>\nInput: ...\nOutput: ...", as the paper writes it: without an input the
// line is left out.
struct PromptForm {
  std::string before = "Instruction: {instruction}\n";
  std::string input = "\nInput: {input}";
  std::string after = "\nOutput:";
  std::string completion = " {output}";

  // Throws Error(GM_ERROR_USER) with the key of a text that lacks its placeholder.
  void check() const;

  std::string text_before(const Sample& sample) const;
  std::string text_after(const Sample& sample) const;
  std::string text_of_completion(const Sample& sample) const;

  // The same as messages for a model's chat template, JSON: what stands before the gist tokens, a mark in
  // their place, and the input, in one message of the user; in two where the instruction is a system message.
  // Throws Error(GM_ERROR_USER, "files") where the sample itself holds the mark.
  std::string messages(const Sample& sample) const;
};

// The two sides of the mark in what a chat template made of messages. Throws Error(GM_ERROR_USER, "form")
// where it is not there exactly once: the template does not hold the text as it is.
std::string_view before_mark(std::string_view chat);
std::string_view after_mark(std::string_view chat);

}  // namespace gistmill::dataset
