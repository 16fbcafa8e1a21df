#include <gistmill/formats/gguf_parts.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>

namespace gistmill::formats {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNumber = "split.no";  // from 0
constexpr const char* kCount = "split.count";
constexpr const char* kTensors = "split.tensors.count";

std::string five_digits(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(5 - std::min<std::size_t>(digits.size(), 5), '0') + digits;
}

// "model-00002-of-00003.gguf" -> "model", 2, 3
struct PartName {
  std::string stem;
  std::int64_t number = 0;
  std::int64_t count = 0;

  std::string of(std::int64_t part) const {
    return stem + "-" + five_digits(part) + "-of-" + five_digits(count) + ".gguf";
  }
};

std::optional<PartName> part_name(const std::string& file) {
  constexpr std::string_view kPattern = "-#####-of-#####.gguf";
  if (file.size() < kPattern.size()) return std::nullopt;
  const std::string_view end = std::string_view(file).substr(file.size() - kPattern.size());
  PartName name;
  name.stem = file.substr(0, file.size() - kPattern.size());
  for (std::size_t i = 0; i < kPattern.size(); ++i) {
    if (kPattern[i] != '#') {
      if (end[i] != kPattern[i]) return std::nullopt;
      continue;
    }
    if (end[i] < '0' || end[i] > '9') return std::nullopt;
    std::int64_t& number = i < 8 ? name.number : name.count;
    number = 10 * number + (end[i] - '0');
  }
  if (name.number < 1 || name.number > name.count) return std::nullopt;
  return name;
}

[[noreturn]] void refuse(const Gguf& file, const std::string& message) {
  throw FormatError(file.name() + ": " + message);
}

void check_says(const Gguf& file, const char* key, std::int64_t expected, const std::string& way_on) {
  const std::int64_t found = file.integer(key);
  if (found != expected) {
    refuse(file, std::string(key) + " is " + std::to_string(found) + " when it should be " +
                     std::to_string(expected) + " by the file's name" + way_on);
  }
}

// GGUF files of a folder, in the order of their names; the first of very many.
std::vector<fs::path> gguf_files(const fs::path& folder) {
  constexpr std::size_t kMost = 256;
  std::set<fs::path> names;
  std::error_code failure;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (entry->path().extension() == ".gguf" && names.size() < kMost)
      names.insert(folder / entry->path().filename());
  }
  return {names.begin(), names.end()};
}

// A file of the folder that says of itself that it is this part, under whatever name; empty where there is
// none.
std::string part_by_its_word(const fs::path& folder, std::int64_t part, std::int64_t count) {
  for (const fs::path& path : gguf_files(folder)) {
    try {
      const Gguf file(path);
      if (file.integer_or(kCount, 1) == count && file.integer_or(kNumber, -1) == part - 1)
        return path.string();
    } catch (const FormatError&) {
      continue;  // what it is does not matter here
    }
  }
  return "";
}

// What the others of a model with so many parts are called; NAME where there are none, or those of several.
std::string stem_beside(const fs::path& folder, std::int64_t count) {
  std::set<std::string> stems;
  for (const fs::path& path : gguf_files(folder)) {
    const std::optional<PartName> name = part_name(path.filename().string());
    if (name && name->count == count) stems.insert(name->stem);
  }
  return stems.size() == 1 ? *stems.begin() : "NAME";
}

void check_tensors(const std::vector<Gguf>& files, std::int64_t count) {
  std::set<std::string_view> names;
  for (const Gguf& file : files) {
    for (const GgufTensor& tensor : file.tensors()) {
      if (names.insert(tensor.name).second) continue;
      refuse(file, "tensor " + printable(tensor.name) + " is in an earlier part too");
    }
  }
  if (static_cast<std::int64_t>(names.size()) == count) return;
  refuse(files.front(), std::string(kTensors) + " is " + std::to_string(count) + ", but the parts hold " +
                            std::to_string(names.size()) + " tensors");
}

// One part of several: all of them, in order.
std::vector<Gguf> open_all(const fs::path& folder, const PartName& name) {
  std::vector<Gguf> files;
  for (std::int64_t part = 1; part <= name.count; ++part) {
    const fs::path path = folder / name.of(part);
    if (!fs::exists(path)) {
      const std::string other = part_by_its_word(folder, part, name.count);
      throw FormatError(path.string() + ": is missing: part " + std::to_string(part) + " of " +
                        std::to_string(name.count) + " of a model, which have to lie in one folder" +
                        (other.empty() ? "" : "; " + other + " says that it is this part: rename it"));
    }
    const Gguf& file = files.emplace_back(path);
    check_says(file, kCount, name.count, "");
    const std::int64_t number = file.integer(kNumber) + 1;
    const bool is_one = number >= 1 && number <= name.count;
    check_says(file, kNumber, part - 1, is_one ? "; rename it to " + name.of(number) : "");
  }
  check_tensors(files, files.front().integer(kTensors));
  return files;
}

std::vector<Gguf> open_model(const fs::path& path) {
  std::vector<Gguf> files;
  const Gguf& file = files.emplace_back(path);
  const std::int64_t count = file.integer_or(kCount, 1);
  if (count <= 1) return files;
  const std::optional<PartName> name = part_name(path.filename().string());
  if (!name) {
    const std::int64_t part = file.integer(kNumber) + 1;
    const std::string stem = stem_beside(path.parent_path(), count);
    refuse(file, "is part " + std::to_string(part) + " of " + std::to_string(count) +
                     " of a model, so it should be named " + PartName{stem, part, count}.of(part) +
                     ", for the others are found by its name; rename it");
  }
  return open_all(path.parent_path(), *name);
}

}  // namespace

fs::path gguf_first_part(const fs::path& path) {
  const std::optional<PartName> name = part_name(path.filename().string());
  return name ? path.parent_path() / name->of(1) : path;
}

GgufParts::GgufParts(const fs::path& path) : files_(open_model(path)) {}

GgufParts::GgufParts(Gguf file) {
  if (file.integer_or(kCount, 1) > 1) refuse(file, "is one of several parts of a model");
  files_.push_back(std::move(file));
}

std::size_t GgufParts::tensor_count() const {
  std::size_t count = 0;
  for (const Gguf& file : files_) count += file.tensors().size();
  return count;
}

GgufParts::Tensor GgufParts::find(std::string_view name) const {
  for (const Gguf& file : files_) {
    if (const GgufTensor* tensor = file.find_tensor(name)) return {&file, tensor};
  }
  return {};
}

GgufParts::Tensor GgufParts::tensor(std::string_view name) const {
  if (const Tensor found = find(name)) return found;
  throw FormatError(metadata().name() + ": has no tensor " + printable(name) + " among its " +
                    std::to_string(tensor_count()));
}

}  // namespace gistmill::formats
