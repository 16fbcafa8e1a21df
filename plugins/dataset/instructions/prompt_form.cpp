#include "plugins/dataset/instructions/prompt_form.hpp"

#include <nlohmann/json.hpp>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

// Private use characters, which no text has and every template passes through.
constexpr std::string_view kMark = "\xEE\x84\x80\xEE\x84\x81";

// The placeholder is there once, as check() saw.
std::string filled(const std::string& text, std::string_view placeholder, const std::string& with) {
  std::string result = text;
  return result.replace(result.find(placeholder), placeholder.size(), with);
}

void need(const std::string& text, const char* placeholder, const char* key) {
  const std::size_t at = text.find(placeholder);
  if (at != std::string::npos && text.find(placeholder, at + 1) == std::string::npos) return;
  throw Error(GM_ERROR_USER,
              std::string(key) + " is \"" + text + "\" when it should hold " + placeholder + " once", key);
}

std::size_t mark_in(std::string_view chat) {
  const std::size_t at = chat.find(kMark);
  if (at != std::string_view::npos && chat.find(kMark, at + 1) == std::string_view::npos) return at;
  throw Error(GM_ERROR_USER,
              "the model's chat template does not keep the text of a message as it is, so there is no place "
              "for gist tokens; take form = \"plain\"",
              "form");
}

}  // namespace

void PromptForm::check() const {
  need(before, "{instruction}", "before");
  need(input, "{input}", "input");
  need(completion, "{output}", "completion");
}

std::string PromptForm::text_before(const Sample& sample) const {
  return filled(before, "{instruction}", sample.instruction);
}

std::string PromptForm::text_after(const Sample& sample) const {
  return (sample.input.empty() ? "" : filled(input, "{input}", sample.input)) + after;
}

std::string PromptForm::text_of_completion(const Sample& sample) const {
  return filled(completion, "{output}", sample.output);
}

std::string PromptForm::messages(const Sample& sample) const {
  for (const std::string* text : {&sample.instruction, &sample.input}) {
    if (text->find(kMark) != std::string::npos) {
      throw Error(GM_ERROR_USER,
                  "a sample holds U+E100 U+E101, which mark the place of gist tokens: \"" +
                      sample.instruction.substr(0, 60) + "\"",
                  "files");
    }
  }
  const std::string marked = text_before(sample) + std::string(kMark);
  nlohmann::json messages = nlohmann::json::array();
  if (sample.from_system) {
    messages.push_back({{"role", "system"}, {"content", marked}});
    messages.push_back({{"role", "user"}, {"content", sample.input}});
  } else {
    const std::string behind = sample.input.empty() ? "" : filled(input, "{input}", sample.input);
    messages.push_back({{"role", "user"}, {"content", marked + behind}});
  }
  return messages.dump();
}

std::string_view before_mark(std::string_view chat) { return chat.substr(0, mark_in(chat)); }

std::string_view after_mark(std::string_view chat) { return chat.substr(mark_in(chat) + kMark.size()); }

}  // namespace gistmill::dataset
