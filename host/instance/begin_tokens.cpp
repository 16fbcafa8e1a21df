#include "host/instance/begin_tokens.hpp"

#include <algorithm>
#include <limits>

namespace gistmill {

std::vector<std::int32_t> begin_tokens_of(const Instance& tokenizer) {
  const nlohmann::ordered_json description = tokenizer.describe();
  const auto stated = description.find("begin_tokens");
  std::vector<std::int32_t> begin;
  if (stated != description.end() && stated->is_array()) {
    for (const auto& id : *stated) {
      if (id.is_number_integer()) begin.push_back(id.get<std::int32_t>());
    }
    return begin;
  }
  const auto adds = description.find("add_bos");
  if (adds == description.end() || *adds != true) return begin;
  for (const char* path : {"/special_tokens/bos", "/special_tokens/bos/id"}) {
    const nlohmann::ordered_json::json_pointer place(path);
    if (description.contains(place) && description[place].is_number_integer())
      begin = {description[place].get<std::int32_t>()};
  }
  return begin;
}

std::vector<std::int32_t> as_document(const std::vector<std::int32_t>& begin,
                                      std::vector<std::int32_t> tokens) {
  const bool begins = tokens.size() >= begin.size() && std::equal(begin.begin(), begin.end(), tokens.begin());
  if (!begins) tokens.insert(tokens.begin(), begin.begin(), begin.end());
  return tokens;
}

std::int64_t vocabulary_of(const Instance& tokenizer) {
  const nlohmann::ordered_json description = tokenizer.describe();
  const auto stated = description.find("vocabulary");
  return stated != description.end() && stated->is_number_integer()
             ? stated->get<std::int64_t>()
             : std::numeric_limits<std::int64_t>::max();
}

std::vector<std::int32_t> known_tokens(std::vector<std::int32_t> tokens, std::int64_t vocabulary) {
  std::erase_if(tokens, [&](std::int32_t id) { return id < 0 || id >= vocabulary; });
  return tokens;
}

}  // namespace gistmill
