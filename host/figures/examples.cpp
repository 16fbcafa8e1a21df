#include "host/figures/examples.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/figures/finite_json.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;

constexpr int kExamplesFormat = 1;
constexpr const char* kExamplesFolder = "examples";

double number_of(const OrderedJson& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

OrderedJson to_json(const Example& example) {
  OrderedJson tokens = OrderedJson::array();
  for (const ExampleToken& token : example.tokens)
    tokens.push_back({token.text, finite_or_null<OrderedJson>(token.value)});
  return {{"variant", example.variant},
          {"rank", example.best ? "best" : "worst"},
          {"item", example.key},
          {"value", finite_or_null<OrderedJson>(example.value)},
          {"text", example.text},
          {"tokens", std::move(tokens)},
          {"mean", finite_or_null<OrderedJson>(example.mean)},
          {"mean_less", finite_or_null<OrderedJson>(example.mean_less)}};
}

Example example_from(const OrderedJson& json) {
  Example example;
  example.variant = json.at("variant");
  example.best = json.at("rank") == "best";
  example.key = json.at("item");
  example.value = number_of(json.at("value"));
  example.text = json.at("text");
  for (const OrderedJson& token : json.at("tokens"))
    example.tokens.push_back({token.at(0).get<std::string>(), number_of(token.at(1))});
  example.mean = number_of(json.value("mean", OrderedJson()));  // older files have neither
  example.mean_less = number_of(json.value("mean_less", OrderedJson()));
  return example;
}

EvaluationExamples read(const fs::path& path) {
  try {
    const OrderedJson json = OrderedJson::parse(read_text_file(path));
    if (json.at("format") != kExamplesFormat) throw std::invalid_argument("it has another format");
    EvaluationExamples examples{json.at("stage"), json.at("evaluation"), json.at("figure"), {}};
    for (const OrderedJson& example : json.at("examples")) examples.examples.push_back(example_from(example));
    return examples;
  } catch (const Failure&) {
    throw;
  } catch (const std::exception& error) {  // of nlohmann's, or the one above
    throw Failure(ExitCode::failed, Origin{path.string()}, "is no file of examples", {error.what()});
  }
}

}  // namespace

fs::path examples_file(const fs::path& run_folder, const std::string& stage, const std::string& evaluation) {
  const fs::path folder = run_folder / kExamplesFolder;
  return (stage.empty() ? folder : folder / stage) / (evaluation + ".json");
}

void write_examples(const fs::path& path, const EvaluationExamples& examples) {
  OrderedJson json = {{"format", kExamplesFormat},
                      {"stage", examples.stage},
                      {"evaluation", examples.evaluation},
                      {"figure", examples.figure},
                      {"examples", OrderedJson::array()}};
  for (const Example& example : examples.examples) json["examples"].push_back(to_json(example));
  make_folders(path.parent_path());
  write_file_atomically(path, json.dump(1, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
}

std::vector<EvaluationExamples> read_examples_of(const fs::path& run_folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(run_folder / kExamplesFolder, error)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<EvaluationExamples> all;
  for (const fs::path& path : paths) all.push_back(read(path));
  return all;
}

}  // namespace gistmill
