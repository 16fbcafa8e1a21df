// Opens the files that an index names, and holds both against each other.
#include <gistmill/formats/safetensors_folder.hpp>

#include <map>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <gistmill/formats/torn.hpp>

#include "sdk/formats/safetensors_index.hpp"

namespace gistmill::formats {
namespace {

constexpr const char* kFile = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr std::size_t kMaxShards = 4096;  // of the largest models a few hundred; each stays mapped

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// The shards of an index, and which of their tensors it has named so far.
class Shards {
 public:
  Shards(std::filesystem::path folder, std::deque<Safetensors>& files)
      : folder_(std::move(folder)), files_(files) {}

  // An entry of the index. The message of what it throws gets the entry's place.
  void name(std::string_view tensor, std::string_view shard) {
    const std::size_t index = open(shard);
    const SafetensorsTensor* found = files_[index].find(tensor);
    if (found == nullptr)
      return say("tensor " + printable(tensor) + " is not in " + printable(shard) +
                 ", where the index places it");
    const auto place = static_cast<std::size_t>(found - files_[index].tensors().data());
    if (named_[index][place]) throw std::invalid_argument("tensor " + printable(tensor) + " occurs twice");
    named_[index][place] = true;
  }

  // Called last. The shards count, as in transformers: where the index differs it is said. But of two tensors
  // of one name nobody knows which is meant.
  std::vector<std::string> differences() {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      for (std::size_t t = 0; t < named_[i].size(); ++t) {
        if (named_[i][t]) continue;
        const std::string_view tensor = files_[i].tensors()[t].name;
        if (const std::string* other = holder_beside(tensor, i))
          throw FormatError(files_[i].name() + ": holds tensor " + printable(tensor) + ", and so does " +
                            *other);
        say("tensor " + printable(tensor) + " lies in " + files_[i].name() +
            ", where the index does not place it");
      }
    }
    if (said_ > kMaxSaid) notes_.push_back("and " + std::to_string(said_ - kMaxSaid) + " more of that kind");
    return std::move(notes_);
  }

 private:
  std::size_t open(std::string_view shard) {
    const auto known = by_name_.find(shard);
    if (known != by_name_.end()) return known->second;
    if (files_.size() == kMaxShards) {
      throw std::invalid_argument("names more than " + std::to_string(kMaxShards) + " shards");
    }
    files_.emplace_back(folder_ / shard);
    named_.emplace_back(files_.back().tensors().size());
    by_name_.emplace(shard, files_.size() - 1);
    return files_.size() - 1;
  }

  // Another file than number `i` that holds the tensor; null where there is none.
  const std::string* holder_beside(std::string_view tensor, std::size_t i) const {
    for (std::size_t other = 0; other < files_.size(); ++other) {
      if (other != i && files_[other].find(tensor) != nullptr) return &files_[other].name();
    }
    return nullptr;
  }

  // The first ones; an index may be wrong about every tensor.
  void say(std::string difference) {
    if (++said_ <= kMaxSaid) notes_.push_back(std::move(difference));
  }

  static constexpr std::size_t kMaxSaid = 4;

  std::filesystem::path folder_;
  std::deque<Safetensors>& files_;
  std::vector<std::string> notes_;
  std::size_t said_ = 0;
  std::vector<std::vector<bool>> named_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

}  // namespace

bool SafetensorsFolder::is_one(const std::filesystem::path& folder) {
  return is_there(folder / kFile) || is_there(folder / kIndex);
}

SafetensorsFolder::SafetensorsFolder(const std::filesystem::path& folder) {
  if (is_there(folder / kFile)) {
    name_ = (folder / kFile).string();
    files_.emplace_back(folder / kFile);
    return;
  }
  name_ = (folder / kIndex).string();
  if (!is_there(folder / kIndex)) {
    throw FormatError(folder.string() + ": has neither " + kFile + " nor " + kIndex);
  }
  const MappedFile index(folder / kIndex);
  Shards shards(folder, files_);
  const std::optional<std::uint64_t> total = telling_of_torn_json([&] {
    return read_safetensors_index(index.bytes(), name_, [&](std::string_view tensor, std::string_view shard) {
      shards.name(tensor, shard);
    });
  });
  notes_ = shards.differences();
  if (total && *total != bytes()) {
    notes_.push_back("total_size is " + std::to_string(*total) + " when the shards hold " +
                     std::to_string(bytes()) + " bytes of tensors");
  }
}

ShardTensor SafetensorsFolder::find(std::string_view name) const {
  for (const Safetensors& file : files_) {
    if (const SafetensorsTensor* tensor = file.find(name)) return {&file, tensor};
  }
  return {};
}

ShardTensor SafetensorsFolder::tensor(std::string_view name) const {
  if (const ShardTensor found = find(name)) return found;
  throw FormatError(name_ + ": has no tensor " + printable(name) + " among its " +
                    std::to_string(tensor_count()));
}

std::size_t SafetensorsFolder::tensor_count() const {
  std::size_t count = 0;
  for (const Safetensors& file : files_) count += file.tensors().size();
  return count;
}

std::uint64_t SafetensorsFolder::bytes() const {
  std::uint64_t bytes = 0;
  for (const Safetensors& file : files_) {
    for (const SafetensorsTensor& tensor : file.tensors()) bytes += tensor.data.size();
  }
  return bytes;
}

}  // namespace gistmill::formats
