#include "plugins/dataset/needle/haystack.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <gistmill/plugin/values.hpp>
#include <gistmill/random.hpp>

namespace gistmill::dataset {
namespace {

struct HiddenNeedle {
  std::int32_t subject = 0;
  std::int32_t number = 0;
  double depth = 0;
};

// The asked one first.
std::vector<HiddenNeedle> choose_needles(const NeedleTask& task, const PhraseTokens& phrases) {
  const auto most =
      std::min<std::int64_t>(phrases.subjects(), static_cast<std::int64_t>(phrases.numbers().size()));
  if (task.needles > most) {
    throw Error(GM_ERROR_USER,
                "needles is " + std::to_string(task.needles) + " when the phrases have " +
                    std::to_string(phrases.subjects()) + " names and " +
                    std::to_string(phrases.numbers().size()) + " numbers",
                "needles");
  }
  KeyedRandom random(combined_key(task.key, 1));
  const std::vector<std::uint32_t> subjects =
      random.permutation(static_cast<std::uint32_t>(phrases.subjects()));
  const std::vector<std::uint32_t> numbers =
      random.permutation(static_cast<std::uint32_t>(phrases.numbers().size()));
  std::vector<HiddenNeedle> needles;
  for (std::int64_t i = 0; i < task.needles; ++i) {
    const auto at = static_cast<std::size_t>(i);
    needles.push_back({static_cast<std::int32_t>(subjects[at]), phrases.numbers()[numbers[at]],
                       i == 0 ? task.depth : random.unit()});
  }
  return needles;
}

std::int64_t size_of(const PhraseTokens::Ids& ids) { return static_cast<std::int64_t>(ids.size()); }

}  // namespace

NeedlePrompt make_prompt(const NeedleTask& task, const PhraseTokens& phrases, const Haystack& haystack) {
  std::vector<HiddenNeedle> needles = choose_needles(task, phrases);
  const PhraseTokens::Ids& question = phrases.question(needles[0].subject);
  const PhraseTokens::Ids& answer = phrases.answer(needles[0].number);
  std::int64_t room = task.length - size_of(question) - size_of(answer) - (task.begin >= 0 ? 1 : 0);
  for (const HiddenNeedle& needle : needles) room -= size_of(phrases.needle(needle.subject, needle.number));
  if (room < 1) {
    throw Error(GM_ERROR_USER,
                "a length of " + std::to_string(task.length) + " tokens leaves no room for text beside " +
                    std::to_string(task.needles) + " needles, a question and its answer",
                "cells");
  }
  const std::vector<std::int32_t> text = haystack(combined_key(task.key, 2), room);
  std::stable_sort(needles.begin(), needles.end(),
                   [](const HiddenNeedle& a, const HiddenNeedle& b) { return a.depth < b.depth; });
  NeedlePrompt prompt;
  if (task.begin >= 0) prompt.ids.push_back(task.begin);
  std::int64_t done = 0;
  for (const HiddenNeedle& needle : needles) {
    const std::int64_t place = std::llround(needle.depth * static_cast<double>(room));
    prompt.ids.insert(prompt.ids.end(), text.begin() + done, text.begin() + place);
    done = place;
    const PhraseTokens::Ids& ids = phrases.needle(needle.subject, needle.number);
    prompt.ids.insert(prompt.ids.end(), ids.begin(), ids.end());
  }
  prompt.ids.insert(prompt.ids.end(), text.begin() + done, text.end());
  prompt.ids.insert(prompt.ids.end(), question.begin(), question.end());
  prompt.answer = static_cast<std::int64_t>(prompt.ids.size());
  prompt.ids.insert(prompt.ids.end(), answer.begin(), answer.end());
  return prompt;
}

}  // namespace gistmill::dataset
