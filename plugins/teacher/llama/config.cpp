#include "plugins/teacher/llama/config.hpp"

#include <gistmill/plugin/values.hpp>
#include <string>

namespace gistmill::llama {
namespace {

void refuse(const std::string& what, std::int64_t found, const std::string& expected) {
  throw Error(GM_ERROR_USER, what + " is " + std::to_string(found) + " when it should be " + expected,
              "model");
}

}  // namespace

void check(const Config& config) {
  const auto at_least_one = [](const char* what, std::int64_t value) {
    if (value < 1) refuse(what, value, "1 or more");
  };
  at_least_one("the vocabulary", config.vocabulary);
  at_least_one("the embedding length", config.width);
  at_least_one("the number of layers", config.layers);
  at_least_one("the number of heads", config.heads);
  at_least_one("the number of key/value heads", config.kv_heads);
  at_least_one("the feed-forward length", config.feed_forward);
  at_least_one("the context length", config.context);
  if (config.width % config.heads != 0) {
    refuse("the embedding length", config.width,
           "a multiple of the number of heads, " + std::to_string(config.heads));
  }
  if (config.heads % config.kv_heads != 0) {
    refuse("the number of heads", config.heads,
           "a multiple of the number of key/value heads, " + std::to_string(config.kv_heads));
  }
  if (config.head_size() % 2 != 0) refuse("the size of a head", config.head_size(), "even");
  if (!(config.rope_base > 0.0) || !(config.norm_epsilon > 0.0)) {
    throw Error(GM_ERROR_USER,
                "rope base and norm epsilon are " + std::to_string(config.rope_base) + " and " +
                    std::to_string(config.norm_epsilon) + " when both should be above 0",
                "model");
  }
}

}  // namespace gistmill::llama
