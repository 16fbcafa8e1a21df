// Options as the other side was told of them, in the form of the ABI.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gistmill/types.h"

namespace gistmill {

class GivenOptions {
 public:
  // As create_isolated writes them. Throws nlohmann::json's exceptions where it is anything else.
  explicit GivenOptions(const nlohmann::json& told);
  GivenOptions(const GivenOptions&) = delete;
  GivenOptions& operator=(const GivenOptions&) = delete;

  const gm_options* get() const { return &options_; }

 private:
  const char* kept(const nlohmann::json& text);
  void put(gm_option& option, const nlohmann::json& value);
  void put_strings(gm_option& option, const nlohmann::json& list);
  void put_numbers(gm_option& option, const nlohmann::json& list);

  std::deque<std::string> texts_;  // deques: what is in them stays where it is
  std::deque<std::vector<std::int64_t>> integers_;
  std::deque<std::vector<double>> numbers_;
  std::deque<std::vector<const char*>> lists_;
  std::deque<gm_option> items_;
  std::vector<const gm_option*> pointers_;
  gm_options options_{};
};

}  // namespace gistmill
