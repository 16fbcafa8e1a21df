#include "plugins/teacher/decoder/files/gist_cache_file.hpp"

#include <ATen/ATen.h>

#include <cstring>
#include <map>
#include <span>

#include "plugins/teacher/decoder/files/output.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

using formats::SafetensorsDtype;

constexpr const char* kFormat = "gistmill.gist-cache/1";

SafetensorsDtype stored_type(at::ScalarType dtype) {
  return dtype == at::kBFloat16 ? SafetensorsDtype::kBF16 : SafetensorsDtype::kF32;
}

// Reads one file, refusing with its name before every message.
class Reader {
 public:
  Reader(const formats::Safetensors& file, const std::string& key) : file_(file), key_(key) {}

  [[noreturn]] void refuse(const std::string& message) const {
    throw Error(GM_ERROR_USER, file_.name() + ": " + message, key_);
  }
  std::string said(const std::string& name) const {
    const auto found = file_.metadata().find(name);
    if (found == file_.metadata().end()) refuse("does not say '" + name + "', as a gist cache does");
    return found->second;
  }
  void expect_same(const char* what, const std::string& found, const std::string& expected) const {
    if (found == expected) return;
    refuse("the gist cache is of the " + std::string(what) + " " + formats::printable(found) +
           " when this one is " + expected + "; make it anew with this " + what);
  }
  // Copied: the file's memory may be unaligned, and goes.
  at::Tensor take(const std::string& name, SafetensorsDtype type, at::ScalarType dtype,
                  std::size_t rank) const {
    const formats::SafetensorsTensor* tensor = file_.find(name);
    if (tensor == nullptr) refuse("has no tensor '" + name + "'");
    if (tensor->dtype != type || tensor->shape.size() != rank) {
      refuse("tensor '" + name + "' is " + formats::safetensors_dtype_name(tensor->dtype) +
             text(std::span<const std::int64_t>(tensor->shape)) + " when it should be " +
             formats::safetensors_dtype_name(type) + " with " + std::to_string(rank) + " dimensions");
    }
    at::Tensor result = at::empty(tensor->shape, dtype);
    if (result.nbytes() > 0) std::memcpy(result.mutable_data_ptr(), tensor->data.data(), result.nbytes());
    return result;
  }

 private:
  const formats::Safetensors& file_;
  const std::string& key_;
};

void check_positions(const Reader& reader, const at::Tensor& positions, std::int64_t context) {
  const std::int64_t gists = positions.size(1);
  if (positions.size(0) < 1 || gists < 1) reader.refuse("holds no gist");
  const bool outside = (positions < 0).any().item<bool>() || (positions >= context).any().item<bool>();
  const bool falls = gists > 1 && (positions.diff() <= 0).any().item<bool>();
  if (outside || falls) {
    reader.refuse("the positions of its gist should ascend, 0 to " + std::to_string(context - 1));
  }
}

}  // namespace

void write_gist_cache(const std::string& path, const GistCache& cache) {
  const at::Tensor all = at::stack(cache.keys_values).cpu().contiguous();  // [L, B, G, 2 J E]
  const at::Tensor positions = cache.positions.contiguous();
  const std::map<std::string, std::string> said = {
      {"format", kFormat},         {"model", cache.origin.model},   {"adapter", cache.origin.adapter},
      {"gist", cache.origin.gist}, {"prompt", cache.origin.prompt}, {"gists", std::to_string(cache.gists())}};
  try {
    files::NewFile file(path);
    formats::write_safetensors(
        [&](const void* data, std::size_t size) {
          file.write({static_cast<const char*>(data), size});
        },
        {{"keys_values", stored_type(all.scalar_type()), all.sizes().vec(), all.const_data_ptr(),
          all.nbytes()},
         {"positions", SafetensorsDtype::kI64, positions.sizes().vec(), positions.const_data_ptr(),
          positions.nbytes()}},
        said);
    file.commit();
  } catch (const files::FileError& error) {
    throw refused(error, "file");
  }
}

std::shared_ptr<const GistCache> read_gist_cache(const std::string& path, const Config& config,
                                                 at::ScalarType dtype, const GistOrigin& expected,
                                                 const std::string& key) {
  try {
    const formats::Safetensors file{std::filesystem::path(path)};
    const Reader reader(file, key);
    if (reader.said("format") != kFormat)
      reader.refuse("is " + formats::printable(reader.said("format")) + " when it should be " + kFormat);
    auto cache = std::make_shared<GistCache>();
    cache->origin = {reader.said("model"), reader.said("adapter"), reader.said("gist"),
                     reader.said("prompt")};
    reader.expect_same("model", cache->origin.model, expected.model);
    reader.expect_same("adapter", cache->origin.adapter, expected.adapter);
    cache->positions = reader.take("positions", SafetensorsDtype::kI64, at::kLong, 2);
    check_positions(reader, cache->positions, config.context);
    if (reader.said("gists") != std::to_string(cache->gists())) {
      reader.refuse("says that it has " + formats::printable(reader.said("gists")) +
                    " gist vectors, and has " + std::to_string(cache->gists()));
    }
    const at::Tensor all = reader.take("keys_values", stored_type(dtype), dtype, 4);
    const std::vector<std::int64_t> shape = {config.layers, cache->texts(), cache->gists(),
                                             2 * config.key_width()};
    if (all.sizes() != at::IntArrayRef(shape))
      reader.refuse("tensor 'keys_values' has shape " + text(all.sizes().vec()) + " when it should be " +
                    text(shape));
    if (!at::isfinite(all).all().item<bool>())
      reader.refuse("tensor 'keys_values' has values that are no numbers");
    cache->keys_values = all.unbind(0);
    return cache;
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), key);
  }
}

}  // namespace gistmill::decoder
