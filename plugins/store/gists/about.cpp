#include "plugins/store/gists/about.hpp"

#include <gistmill/formats/error.hpp>

#include "plugins/store/gists/layout.hpp"

namespace gistmill::gists {
namespace {

std::string text_in(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (!object.is_object() || found == object.end() || !found->is_string() ||
      found->get<std::string>().empty())
    throw formats::FormatError(std::string("it does not say its ") + key + ", a text that is not empty");
  return *found;
}

// what: "was made with model", of this file and of what is given.
void expect_one(const std::string& path, const char* what, const std::string& held, const std::string& given,
                const std::string& advice) {
  if (held == given) return;
  const auto shown = [](const std::string& text) { return text.empty() ? "none" : formats::printable(text); };
  throw formats::FormatError("'" + path + "' " + what + " " + shown(held) + " when this run has " +
                             shown(given) + "; " + advice);
}

// Kinds of words that stay as tokens. They are asked for with each text, so what to ask for can be said.
void expect_same_keep(const std::string& path, const std::string& held, const std::string& given,
                      const std::string& advice) {
  if (held == given) return;
  std::string kinds;
  for (const char letter : held) {
    if (letter != ' ') kinds += letter;
  }
  const auto words = [](const std::string& kept) {
    return kept.empty() ? "no words" : "words (" + kept + ")";
  };
  throw formats::FormatError("'" + path + "' keeps " + words(held) + " as tokens when this would keep " +
                             words(given) + "; " +
                             (kinds.empty() ? "leave --keep out" : "say --keep " + kinds) + ", or " + advice);
}

// The rule by which blocks stay, as expect_same_keep.
void expect_same_blocks(const std::string& path, const std::string& held, const std::string& given,
                        const std::string& advice) {
  if (held == given) return;
  const auto blocks = [](const std::string& rule) {
    return rule.empty() ? "no blocks" : "blocks (" + rule + ")";
  };
  throw formats::FormatError(
      "'" + path + "' keeps " + blocks(held) + " as tokens when this would keep " + blocks(given) + "; " +
      (held.empty() ? "leave --keep-above out" : "say the same --keep-above") + ", or " + advice);
}

}  // namespace

About About::of(const nlohmann::json& object) {
  About about{text_in(object, "model"),
              text_in(object, "tokenizer"),
              text_in(object, "compressor"),
              text_in(object, "position"),
              {},
              {},
              {}};
  if (object.contains("level2")) about.level2 = text_in(object, "level2");
  if (object.contains("keep")) about.keep = text_in(object, "keep");
  if (object.contains("keep_blocks")) about.keep_blocks = text_in(object, "keep_blocks");
  if (const auto origin = object.find("origin"); origin != object.end()) about.origin = *origin;
  return about;
}

About About::parse(std::string_view text) {
  const nlohmann::json object = nlohmann::json::parse(text.substr(0, text.find('\0')), nullptr, false);
  if (!object.is_object()) throw formats::FormatError("what it says about itself is no JSON object");
  return of(object);
}

std::string About::text() const {
  nlohmann::json object = {
      {"format", "gistmill-gists"}, {"version", kVersion},  {"model", model},  {"tokenizer", tokenizer},
      {"compressor", compressor},   {"position", position}, {"origin", origin}};
  if (!level2.empty()) object["level2"] = level2;
  if (!keep.empty()) object["keep"] = keep;
  if (!keep_blocks.empty()) object["keep_blocks"] = keep_blocks;
  return object.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::uint64_t About::compressor_number() const {
  std::uint64_t number = checksum_of(compressor);
  if (!keep.empty()) number = checksum_of(keep, number);
  return keep_blocks.empty() ? number : checksum_of(keep_blocks, number);
}
std::uint64_t About::level2_number() const { return checksum_of(level2, compressor_number()); }

void expect_same(const std::string& path, const About& held, const About& given, bool compressors) {
  constexpr const char* kNew = "write to another file";
  expect_one(path, "was made with tokenizer", held.tokenizer, given.tokenizer, kNew);
  expect_one(path, "was made with model", held.model, given.model, kNew);
  if (compressors) return;
  constexpr const char* kRefresh = "--refresh makes its gists anew, or write to another file";
  expect_one(path, "was made with compressor", held.compressor, given.compressor, kRefresh);
  expect_one(path, "has gists at the position", held.position, given.position, kRefresh);
  expect_one(path, "was made with a second level", held.level2, given.level2, kRefresh);
  expect_same_keep(path, held.keep, given.keep, kRefresh);
  expect_same_blocks(path, held.keep_blocks, given.keep_blocks, kRefresh);
}

}  // namespace gistmill::gists
