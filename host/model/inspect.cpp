// inspect: shows what components that score tokens or encode text say about the model's files, or what one
// that keeps gists says of a store. The components choose the keys.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <gistmill/text/shown.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/instance/array_call.hpp"
#include "host/model/folder_files.hpp"
#include "host/model/json_text.hpp"
#include "host/model/model_task.hpp"
#include "host/model/text_codec.hpp"

namespace gistmill {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownEntries = 8;  // of a table

bool counts_bytes(const std::string& key) {
  constexpr std::string_view kEnd = "bytes";
  return key.size() >= kEnd.size() && key.compare(key.size() - kEnd.size(), kEnd.size(), kEnd) == 0;
}

// "134,515,008"; ids and small counts as they are.
std::string integer_text(std::int64_t value) {
  std::string digits = std::to_string(value);
  constexpr std::size_t kPlain = 6;
  if (digits.size() <= kPlain) return digits;
  for (std::size_t at = digits.size(); at > 3 && digits[at - 4] != '-';) digits.insert(at -= 3, ",");
  return digits;
}

std::string value_text(const std::string& key, const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() && counts_bytes(key)) return text::bytes_text(value.get<std::uint64_t>());
  if (value.is_number_integer()) return integer_text(value.get<std::int64_t>());
  if (!value.is_object()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::vector<std::string> entries;
  for (const auto& [name, entry] : value.items()) {
    if (entries.size() == kShownEntries) {
      entries.push_back(fmt::format("and {} more", value.size() - kShownEntries));
      break;
    }
    const bool inherits = counts_bytes(key) && entry.is_number();
    const std::string text = value_text(inherits ? key : name, entry);
    entries.push_back(name + (entry.is_object() ? " (" + text + ")" : " " + text));
  }
  return entries.empty() ? "none" : fmt::format("{}", fmt::join(entries, ", "));
}

std::string label_of(const std::string& key) {
  std::string label = key;
  std::replace(label.begin(), label.end(), '_', ' ');
  if (counts_bytes(label) && label.size() > 6) label.resize(label.size() - 6);
  return label;
}

struct Part {
  std::string role;                    // the instance's; those that might have taken it
  std::unique_ptr<Instance> instance;  // null: none takes the model
  Json description;
  std::optional<Failure> refusal;
  bool broken = false;  // a component that reads models of this kind found a fault
};

Part describe(const ModelTask& task, const Demands& demands) {
  Part part{task.choice.noun(demands), nullptr, Json::object(), std::nullopt};
  try {
    part.instance = task.choice.find(demands);
    part.role = part.instance->component().spec->role;
  } catch (const ModelRefused& refused) {
    part.refusal = refused;
    part.broken = refused.of_its_kind;
    return part;
  } catch (const Failure& failure) {
    if (failure.code() == ExitCode::usage) throw;
    part.refusal = failure;
    part.broken = true;  // the component that was named
    return part;
  }
  part.description = part.instance->describe();
  return part;
}

// Which files the parts read of a folder; what they say of files is taken out of their descriptions.
FolderFiles files_of(const std::filesystem::path& model, std::vector<Part>& parts) {
  FolderFiles files(model);
  for (Part& part : parts) {
    if (part.description.contains("files")) files.read_by(part.role, part.description["files"]);
    if (part.description.contains("passed_over")) files.passed_over(part.description["passed_over"]);
    part.description.erase("files");
    part.description.erase("passed_over");
  }
  return files;
}

std::size_t width_of(const Part& part) {
  std::size_t width = part.role.size();
  for (const auto& [key, value] : part.description.items()) width = std::max(width, label_of(key).size() + 2);
  return width;
}

std::string part_text(const Part& part, std::size_t width) {
  if (part.instance == nullptr) return fmt::format("{}\n", part.refusal->what());
  std::string text = fmt::format("{:<{}}  {} {}\n", part.role, width, part.instance->name(),
                                 part.instance->component().file->manifest.version);
  for (const auto& [key, value] : part.description.items())
    text += fmt::format("  {:<{}}  {}\n", label_of(key), width - 2, value_text(key, value));
  return text;
}

Json part_json(const Part& part) {
  if (part.instance == nullptr) return {{"refused", part.refusal->what()}};
  Json json = {{"component", part.instance->name()},
               {"version", part.instance->component().file->manifest.version}};
  json.update(part.description);
  return json;
}

// One line a block: its text by the tokenizer that the user named (--set tokenizer.model=MODEL), else its
// ids.
std::string sample_text(const ModelTask& task, const Json& sample) {
  std::optional<TextCodec> codec;
  try {
    if (!sample.empty()) codec.emplace(task.choice.find(text_demands()));
  } catch (const Failure&) {
    codec.reset();
  }
  std::string lines;
  for (const Json& block : sample) {
    const auto ids = block.at("ids").get<Tokens>();
    std::string said =
        codec ? text::printable(codec->decode(ids)) : fmt::format("ids {}", fmt::join(ids, " "));
    std::replace(said.begin(), said.end(), '\n', ' ');
    lines += fmt::format("  {}, block {}: {}\n", block.at("document").get<std::string>(),
                         block.at("block").get<std::int64_t>(), said);
  }
  return lines;
}

// A file that is no model and that a component describes; nothing where none does.
std::optional<ExitCode> inspect_other(const ModelTask& task) {
  const std::vector<std::string> operations = {"describe_file"};
  const std::filesystem::path& path = task.choice.model();
  if (!std::filesystem::is_regular_file(path) || !task.choice.offers(operations)) return std::nullopt;
  Part part{"", task.choice.offering(operations), Json::object(), std::nullopt};
  part.role = part.instance->component().spec->role;
  const std::string said = text_of(
      call_operation(*part.instance, "describe_file", {{"path", bytes_array(path.string())}}).at("text"));
  if (said.empty()) return std::nullopt;
  part.description = Json::parse(said, nullptr, false);
  if (!part.description.is_object())
    throw Failure(ExitCode::plugin,
                  fmt::format("{} describes {} by no JSON object", part.instance->name(), path.string()));
  const bool damaged = !part.description.value("damaged", Json::array()).empty();
  if (task.json) {
    Json json = {{"file", path.string()}, {part.role, part_json(part)}};
    task.write(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    const Json sample = part.description.value("sample", Json::array());
    part.description.erase("sample");
    task.write(path.string() + "\n" + part_text(part, width_of(part)) + sample_text(task, sample));
  }
  return damaged ? ExitCode::recipe : ExitCode::ok;
}

}  // namespace

ExitCode inspect(const ModelTask& task) {
  if (const std::optional<ExitCode> answered = inspect_other(task)) return *answered;
  std::vector<Part> parts;
  for (const Demands& demands : {score_demands(), text_demands()}) parts.push_back(describe(task, demands));
  const FolderFiles files = files_of(task.choice.model(), parts);
  std::size_t width = 0;
  Json json = {{"model", task.choice.model().string()}};
  std::vector<std::string> refusals;
  for (const Part& part : parts) {
    width = std::max(width, width_of(part));
    json[part.role] = part_json(part);
    if (!part.refusal) continue;
    refusals.push_back(part.refusal->message());
    refusals.insert(refusals.end(), part.refusal->notes().begin(), part.refusal->notes().end());
  }
  const bool nobody =
      std::all_of(parts.begin(), parts.end(), [](const Part& part) { return part.instance == nullptr; });
  if (nobody) {
    const std::string message = refusals.front();
    refusals.erase(refusals.begin());
    throw Failure(ExitCode::recipe, message, refusals);
  }
  if (!files.empty()) json["files"] = files.json();
  std::string text = task.choice.model().string() + "\n";
  for (const Part& part : parts) text += part_text(part, width);
  text += files.text(width);
  task.write(task.json ? json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n" : text);
  const bool broken = std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.broken; });
  return broken ? ExitCode::recipe : ExitCode::ok;
}

}  // namespace gistmill
