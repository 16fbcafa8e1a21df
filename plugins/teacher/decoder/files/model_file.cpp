#include "plugins/teacher/decoder/files/model_file.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gistmill/formats/model_place.hpp>
#include <gistmill/plugin/values.hpp>
#include <nlohmann/json.hpp>

#include "plugins/teacher/decoder/files/folder_model.hpp"
#include "plugins/teacher/decoder/files/gguf_model.hpp"
#include "plugins/teacher/decoder/files/lfs_pointer.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;

std::string list(const std::vector<std::string>& names) {
  std::string result;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) result += i + 1 == names.size() ? " or " : ", ";
    result += names[i];
  }
  return result;
}

// Whether it is a GGUF file, a folder of such files or the folder of a model, sound or not. What cannot be
// looked at is for the readers to complain about.
bool of_this_kind(const std::string& path) {
  std::error_code failure;
  if (fs::is_directory(path, failure))
    return fs::exists(fs::path(path) / "config.json", failure) || !formats::gguf_files_in(path).empty();
  std::ifstream file(path, std::ios::binary);
  char magic[4] = {};
  return !file.read(magic, sizeof magic) || std::string_view(magic, sizeof magic) == "GGUF";
}

std::shared_ptr<const ModelFile> open_any(const std::string& path, const std::vector<std::string>& ignore) {
  refuse_lfs_pointers(path);
  std::error_code failure;
  if (fs::is_directory(path, failure)) return std::make_shared<FolderModel>(path, ignore);
  if (fs::status(path, failure).type() == fs::file_type::not_found)
    refuse(path + ": " + formats::missing_model(path));
  const fs::path name = fs::path(path).filename();
  if (name.extension() == ".safetensors" || name == "config.json")
    refuse(path + ": is one file of a model; name the folder that holds config.json and the weights");
  return std::make_shared<GgufModel>(path);
}

}  // namespace

ModelFile::ModelFile(std::string path, ModelPlan plan, std::size_t tensors)
    : path_(std::move(path)), plan_(std::move(plan)) {
  complete(plan_, path_, tensors);
}

at::Tensor ModelFile::read_whole(const Place& place) const {
  at::Tensor values = at::empty(place.stored_shape, at::kFloat);
  const std::int64_t rows = place.stored_shape.size() < 2 ? 1 : place.stored_shape.front();
  read_rows(place.tensor, 0, rows, values.mutable_data_ptr<float>());
  return values;
}

void ModelFile::read_rows_of(const Place& place, std::int64_t first, std::int64_t count, float* out) const {
  if (place.order.empty()) return read_rows(place.tensor, place.first + first, count, out);
  const std::int64_t columns = place.stored_shape[1];
  for (std::int64_t row = 0; row < count; ++row) {
    const std::int64_t stored = place.first + place.order[static_cast<std::size_t>(first + row)];
    read_rows(place.tensor, stored, 1, out + row * columns);
  }
}

const ModelFile::Place& ModelFile::place_of(const std::string& name, at::IntArrayRef shape) const {
  const auto found = places_.find(name);
  if (found == places_.end()) refuse(path_ + ": has no tensor " + formats::printable(name));
  check_shape(path_, name, found->second.shape, shape);
  return found->second;
}

at::Tensor ModelFile::read(const std::string& name, at::IntArrayRef shape) const {
  const Place& place = place_of(name, shape);
  if (shape.size() == 2 && !place.transposed) {
    at::Tensor values = at::empty(shape, at::kFloat);
    read_into(name, values);
    return values;
  }
  return mended([&] {
    at::Tensor values = read_whole(place);
    if (place.transposed) values = values.t();
    values = values.narrow(0, place.first, shape[0]);
    if (!place.order.empty()) values = values.index_select(0, at::tensor(place.order));
    if (place.less_one) values += 1.0;
    return values.contiguous();
  });
}

void ModelFile::read_into(const std::string& name, const at::Tensor& out) const {
  constexpr std::int64_t kRows = 256;  // worth a thread, and what is there in f32 at a time
  const Place& place = place_of(name, out.sizes());
  if (out.dim() != 2 || place.transposed) {
    out.copy_(read(name, out.sizes()));
    return;
  }
  mended([&] {
    at::parallel_for(0, out.size(0), kRows, [&](std::int64_t begin, std::int64_t end) {
      const bool exact = out.scalar_type() == at::kFloat;
      const at::Tensor part = exact ? at::Tensor() : at::empty({kRows, out.size(1)}, at::kFloat);
      for (std::int64_t row = begin; row < end; row += kRows) {
        const std::int64_t count = std::min(kRows, end - row);
        const at::Tensor rows = out.narrow(0, row, count);
        const at::Tensor read = exact ? rows : part.narrow(0, 0, count);
        read_rows_of(place, row, count, read.mutable_data_ptr<float>());
        if (!exact) rows.copy_(read);
      }
    });
  });
}

std::optional<StoredMatrix> ModelFile::stored(const std::string& name) const {
  const auto found = places_.find(name);
  if (found == places_.end()) return std::nullopt;
  const Place& place = found->second;
  if (place.transposed || place.data == nullptr || place.stored_shape.size() != 2) return std::nullopt;
  StoredMatrix matrix;
  matrix.type = place.type;
  matrix.rows = place.shape[0];
  matrix.columns = place.stored_shape[1];
  matrix.row_bytes = place.row_bytes;
  matrix.data = place.data + place.first * place.row_bytes;
  matrix.order = place.order;
  return matrix;
}

std::string ModelFile::describe() const {
  const Config& config = plan_.config;
  nlohmann::json result = {
      {"architecture", config.architecture},
      {"layers", config.layers},
      {"hidden_size", config.width},
      {"heads", config.heads},
      {"kv_heads", config.kv_heads},
      {"head_size", config.head_size},
      {"feed_forward_size", config.feed_forward},
      {"vocabulary", config.vocabulary},
      {"context_length", config.context},
      {"parameters", parameters_of(plan_)},
      {"stored", stored_types()},
      {"file_bytes", file_bytes()},
      {"memory_bytes",
       {{"f32", weight_bytes(plan_, at::kFloat)}, {"bf16", weight_bytes(plan_, at::kBFloat16)}}},
      {"tied_head", !plan_.layout.own_head},
      {"end_tokens", config.end_tokens},
  };
  if (!plan_.end_token_sources.empty()) result["end_token_sources"] = plan_.end_token_sources;
  if (config.positions == PositionKind::kRotary) {
    result["rope"] = gistmill::decoder::describe(plan_.rotary);
    if (!config.unrotated_layers.empty()) result["rope"]["unrotated_layers"] = config.unrotated_layers;
  }
  if (plan_.sliding_window > 0) result["sliding_window"] = plan_.sliding_window;
  if (!config.windowed_layers.empty()) {
    result["windowed_layers"] = {{"layers", config.windowed_layers},
                                 {"window", config.window},
                                 {"rope", gistmill::decoder::describe(plan_.windowed_rotary)}};
  }
  if (!notes_.empty()) result["notes"] = notes_;
  if (!files_.empty()) result["files"] = files_;
  return result.dump();
}

std::shared_ptr<const ModelFile> open_model(const std::string& path,
                                            const std::vector<std::string>& architectures,
                                            const std::vector<std::string>& ignore) {
  std::shared_ptr<const ModelFile> file = of_this_kind(path) ? open_any(path, ignore) : [&] {
    try {
      return open_any(path, ignore);
    } catch (const Error& error) {
      throw Error(error.code, error.what());  // no key: another component may read it
    }
  }();
  const std::string& found = file->config().architecture;
  if (std::find(architectures.begin(), architectures.end(), found) == architectures.end()) {
    throw Error(GM_ERROR_USER,  // no key: the file is fine, and for another component
                path + ": the architecture is " + found + " when it should be " + list(architectures));
  }
  return file;
}

}  // namespace gistmill::decoder
