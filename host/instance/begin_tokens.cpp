#include "host/instance/begin_tokens.hpp"

#include <algorithm>

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

}  // namespace gistmill
