#include "host/isolate/given_options.hpp"

namespace gistmill {

GivenOptions::GivenOptions(const nlohmann::json& told) {
  for (const nlohmann::json& each : told) {
    gm_option& option = items_.emplace_back();
    option.struct_size = sizeof option;
    option.key = kept(each.at("key"));
    option.kind = each.at("kind").get<std::uint32_t>();
    put(option, each.at("value"));
    pointers_.push_back(&option);
  }
  options_ = {sizeof(gm_options), static_cast<std::uint32_t>(pointers_.size()), pointers_.data()};
}

const char* GivenOptions::kept(const nlohmann::json& text) {
  return texts_.emplace_back(text.get<std::string>()).c_str();
}

void GivenOptions::put(gm_option& option, const nlohmann::json& value) {
  switch (option.kind) {
    case GM_OPTION_INTEGER:
      option.integer = value.get<std::int64_t>();
      return;
    case GM_OPTION_FLOAT:
      option.number = value.get<double>();
      return;
    case GM_OPTION_BOOLEAN:
      option.boolean = value.get<std::int32_t>();
      return;
    case GM_OPTION_STRING:
      option.string = kept(value);
      return;
    case GM_OPTION_INTEGERS: {
      const auto& list = integers_.emplace_back(value.get<std::vector<std::int64_t>>());
      option.integers = list.data();
      option.count = static_cast<std::uint32_t>(list.size());
      return;
    }
    case GM_OPTION_FLOATS:
      return put_numbers(option, value);
    case GM_OPTION_STRINGS:
      return put_strings(option, value);
    default:  // GM_OPTION_MIXTURE
      put_strings(option, value.at("files"));
      put_numbers(option, value.at("weights"));
  }
}

void GivenOptions::put_strings(gm_option& option, const nlohmann::json& list) {
  auto& texts = lists_.emplace_back();
  for (const nlohmann::json& each : list) texts.push_back(kept(each));
  option.strings = texts.data();
  option.count = static_cast<std::uint32_t>(texts.size());
}

void GivenOptions::put_numbers(gm_option& option, const nlohmann::json& list) {
  const auto& numbers = numbers_.emplace_back(list.get<std::vector<double>>());
  option.numbers = numbers.data();
  option.count = static_cast<std::uint32_t>(numbers.size());
}

}  // namespace gistmill
