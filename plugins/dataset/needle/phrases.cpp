#include "plugins/dataset/needle/phrases.hpp"

#include <charconv>
#include <set>

#include <gistmill/random.hpp>

namespace gistmill::dataset {
namespace {

constexpr std::string_view kPhrasesHead = "dataset/needle-phrases 1 ";

constexpr std::int32_t kFirstNumber = 1000;
constexpr std::int32_t kNumbers = 9000;

Tensor bytes_of(const std::string& text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

std::string filled(std::string text, const std::string& place, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(place, at)) != std::string::npos; at += with.size())
    text.replace(at, place.size(), with);
  return text;
}

std::string template_of(const Options& options, const char* key, const std::vector<std::string>& places) {
  std::string text = options.string(key);
  for (const std::string& place : places) {
    if (text.find(place) == std::string::npos)
      throw Error(GM_ERROR_USER, std::string(key) + " is \"" + text + "\" when it should hold " + place, key);
  }
  return text;
}

// The number behind a slash, or at the end.
std::int32_t number_of(std::string_view digits, std::string_view name) {
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc() && end == digits.data() + digits.size() && number >= 0) return number;
  throw Error(GM_ERROR_USER,
              "document '" + std::string(name) +
                  "' is no phrase of dataset/needle-phrases; let the option name " +
                  "the pipeline that prepares these",
              "phrases");
}

}  // namespace

std::string PhraseName::text() const {
  if (kind == Kind::question) return "question/" + std::to_string(subject);
  if (kind == Kind::answer) return "answer/" + std::to_string(number);
  return "needle/" + std::to_string(subject) + "/" + std::to_string(number);
}

PhraseName PhraseName::of(std::string_view name) {
  const std::size_t slash = name.find('/');
  const std::string_view kind = name.substr(0, slash);
  const std::string_view rest = slash == std::string_view::npos ? "" : name.substr(slash + 1);
  if (kind == "question") return {Kind::question, number_of(rest, name), -1};
  if (kind == "answer") return {Kind::answer, -1, number_of(rest, name)};
  const std::size_t second = rest.find('/');
  if (kind != "needle" || second == std::string_view::npos) number_of("", name);  // which throws
  return {Kind::needle, number_of(rest.substr(0, second), name), number_of(rest.substr(second + 1), name)};
}

std::vector<std::int32_t> magic_numbers(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int32_t> numbers;
  KeyedRandom random(random_key(seed, "magic numbers", 0, 0));
  for (const std::uint32_t number : random.permutation(kNumbers)) {
    if (static_cast<std::int64_t>(numbers.size()) == count) break;
    numbers.push_back(kFirstNumber + static_cast<std::int32_t>(number));
  }
  return numbers;
}

NeedlePhrases::NeedlePhrases(const Options& options) {
  const std::string needle = template_of(options, "needle", {"{name}", "{number}"});
  const std::string question = template_of(options, "question", {"{name}"});
  const std::string answer = template_of(options, "answer", {"{number}"});
  const std::vector<std::string> names = options.strings("names");
  if (names.empty() || std::set<std::string>(names.begin(), names.end()).size() != names.size())
    throw Error(GM_ERROR_USER, "names should be one or more, each another", "names");
  const std::vector<std::int32_t> numbers =
      magic_numbers(options.integer("numbers"), static_cast<std::uint64_t>(options.integer("seed")));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto subject = static_cast<std::int32_t>(i);
    phrases_.push_back({{PhraseName::Kind::question, subject, -1}, filled(question, "{name}", names[i])});
    for (const std::int32_t number : numbers) {
      phrases_.push_back({{PhraseName::Kind::needle, subject, number},
                          filled(filled(needle, "{name}", names[i]), "{number}", std::to_string(number))});
    }
  }
  for (const std::int32_t number : numbers)
    phrases_.push_back(
        {{PhraseName::Kind::answer, -1, number}, filled(answer, "{number}", std::to_string(number))});
}

std::tuple<Tensor, Tensor, Tensor> NeedlePhrases::next() {
  if (next_ == phrases_.size()) throw EndOfData();
  const Phrase& phrase = phrases_[next_++];
  return {bytes_of(phrase.text), bytes_of(phrase.name.text()), Tensor::of<std::int32_t>({1}, {})};
}

std::string NeedlePhrases::save_state() const { return std::string(kPhrasesHead) + std::to_string(next_); }

void NeedlePhrases::load_state(std::string_view state) {
  std::size_t next = 0;
  const bool ours = state.starts_with(kPhrasesHead);
  const std::string_view digits = ours ? state.substr(kPhrasesHead.size()) : std::string_view();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), next);
  if (!ours || error != std::errc() || end != digits.data() + digits.size() || next > phrases_.size())
    throw Error(GM_ERROR_USER,
                "the saved position was not written by this version of dataset/needle-phrases");
  next_ = next;
}

}  // namespace gistmill::dataset
