#include "host/run/finished_part.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/figures/summary.hpp"
#include "host/files/text_file.hpp"
#include "host/identity/recipe_identity.hpp"
#include "host/run/run_folder.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

fs::path path_of(const fs::path& run_folder, const Part& part) {
  return run_folder / "checkpoints" / part.name / "finished.json";
}

// Where the parameters were from that the stage's last checkpoint started with; none where it has no
// checkpoint of its end.
std::optional<nlohmann::json> starts_of(const fs::path& run_folder, const Part& part) {
  if (part.recipe.run.steps == 0) return nlohmann::json::object();
  const auto last = CheckpointFolder(run_folder, part.name).latest([](const std::string&) {});
  if (!last || !last->second.finished) return std::nullopt;
  return nlohmann::json(last->second.starts);
}

}  // namespace

FinishedPart::FinishedPart(fs::path run_folder, const Part& part)
    : run_folder_(std::move(run_folder)), part_(part) {}

std::optional<FinishedPart::Content> FinishedPart::read() const {
  const fs::path path = path_of(run_folder_, part_);
  if (part_.name.empty() || !fs::exists(path)) return std::nullopt;
  try {
    const nlohmann::json json = nlohmann::json::parse(read_text_file(path));
    const auto starts = starts_of(run_folder_, part_);
    if (json.at("identity") != recipe_identity(part_.recipe) || !starts || json.at("starts") != *starts)
      return std::nullopt;
    Content content;
    json.at("steps").get_to(content.result.steps);
    json.at("items").get_to(content.result.items);
    json.at("parameters").get_to(content.result.parameters);
    json.at("seconds").get_to(content.result.seconds);
    content.result.ends_run = json.value("ends_run", false);
    for (const nlohmann::json& table : json.at("evaluations"))
      content.evaluations.push_back(evaluation_from_json(table));
    return content;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // it is written whole or not at all: another program changed it
  } catch (const Failure&) {
    return std::nullopt;
  }
}

void FinishedPart::write(const Content& content) const {
  if (part_.name.empty()) return;
  nlohmann::json json = {{"identity", recipe_identity(part_.recipe)},
                         {"starts", starts_of(run_folder_, part_).value_or(nullptr)},
                         {"steps", content.result.steps},
                         {"items", content.result.items},
                         {"parameters", content.result.parameters},
                         {"seconds", content.result.seconds},
                         {"ends_run", content.result.ends_run},
                         {"evaluations", nlohmann::json::array()}};
  for (const EvaluationTable& table : content.evaluations) json["evaluations"].push_back(to_json(table));
  const fs::path path = path_of(run_folder_, part_);
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  write_file_atomically(path, json.dump(2) + "\n");
}

void FinishedPart::forget() const {
  std::error_code ignored;
  if (!part_.name.empty()) fs::remove(path_of(run_folder_, part_), ignored);
}

}  // namespace gistmill
