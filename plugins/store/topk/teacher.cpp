#include "plugins/store/topk/teacher.hpp"

#include <exception>

#include <nlohmann/json.hpp>

namespace gistmill::topk {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDigits = 12;

std::string named_teacher(const Json& made) {
  const Json& calls = made.at("calls");
  const std::string read = calls.back().at("reads").at("topk_ids");  // "1.topk_ids"
  const std::string call = calls.at(std::stoul(read)).at("call");
  const std::string name = call.substr(0, call.find('.'));
  const Json& instance = made.at("instances").at(name);
  const std::string trained = made.value("parameters", Json::object()).value(name, std::string());
  return instance.at("component").get<std::string>() + " " + instance.at("options").dump() + " with " +
         instance.at("contents").get<std::string>().substr(0, kDigits) +
         (trained.empty() ? "" : " trained to " + trained.substr(0, kDigits));
}

}  // namespace

std::string teacher_of(const std::string& provenance) {
  try {
    return named_teacher(Json::parse(provenance));
  } catch (const std::exception&) {
    return "unknown";
  }
}

}  // namespace gistmill::topk
