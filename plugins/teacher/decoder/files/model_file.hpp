// A model on disk, whatever its format: sizes, tensors, and what it says of itself. open_model() finds out
// which format it is. Refuses by name what this folder's model would compute wrongly, instead of ignoring it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/config.hpp"
#include "plugins/teacher/decoder/files/layout.hpp"
#include "plugins/teacher/decoder/weights.hpp"

namespace gistmill::decoder {

// Immutable after construction: any number of threads may read. A format derives from it, gives each tensor
// of the model a place in its file, and reads rows there.
class ModelFile : public TensorSource {
 public:
  const Config& config() const { return plan_.config; }
  const ModelPlan& plan() const { return plan_; }
  const std::string& path() const { return path_; }
  // What the file holds, as a JSON object: architecture, sizes, stored types, bytes. Header knowledge only.
  std::string describe() const;
  // What was left out or decided where the file is odd, a sentence each.
  const std::vector<std::string>& notes() const { return notes_; }
  // Hexadecimal digest of all that the model's numbers depend on. Reads every byte of the weights.
  virtual std::string digest() const = 0;
  // Gives back the memory that reading the weights took; they can be read again. Any thread.
  virtual void release_pages() const = 0;

  bool contains(const std::string& name) const final { return places_.count(name) > 0; }
  at::Tensor read(const std::string& name, at::IntArrayRef shape) const final;
  void read_into(const std::string& name, const at::Tensor& out) const final;
  std::optional<StoredMatrix> stored(const std::string& name) const final;

 protected:
  // Where a tensor of the model lies in its file.
  struct Place {
    std::vector<std::int64_t> shape;         // of the model's tensor, rows being outputs
    std::size_t tensor = 0;                  // the format's number for the file's tensor
    std::vector<std::int64_t> stored_shape;  // of that tensor, which may hold more than this one
    std::int64_t first = 0;                  // its first output there: row, or column where transposed
    bool transposed = false;                 // the file keeps [in, out]
    std::vector<std::int32_t> order;         // row i is row first + order[i]; empty: as they lie
    bool less_one = false;                   // the file keeps the values less 1 (of vectors only)
    formats::GgufType type = formats::GgufType::kF32;
    const char* data = nullptr;  // of the whole tensor of the file; null: of a type that is not in `type`
    std::int64_t row_bytes = 0;  // of a row of it
  };

  // tensors: how many the file has. Throws Error (user) where the sizes cannot be.
  ModelFile(std::string path, ModelPlan plan, std::size_t tensors);
  // For the derived class's constructor: every tensor of the model once.
  void put(const std::string& name, Place place) { places_[name] = std::move(place); }
  void note(std::string sentence) { notes_.push_back(std::move(sentence)); }
  void reads(std::string file) { files_.push_back(std::move(file)); }  // of a folder, by its name there

 private:
  // out: count rows of the file's tensor number `tensor`, a vector being one row; throws FormatError.
  virtual void read_rows(std::size_t tensor, std::int64_t first, std::int64_t count, float* out) const = 0;
  virtual std::map<std::string, std::int64_t> stored_types() const = 0;  // "Q4_1" -> tensors
  virtual std::int64_t file_bytes() const = 0;

  const Place& place_of(const std::string& name, at::IntArrayRef shape) const;
  at::Tensor read_whole(const Place& place) const;
  // Rows [first, first + count) of the model's tensor, which lie as rows in the file.
  void read_rows_of(const Place& place, std::int64_t first, std::int64_t count, float* out) const;

  std::string path_;
  ModelPlan plan_;
  std::map<std::string, Place> places_;
  std::vector<std::string> notes_;
  std::vector<std::string> files_;
};

// path: a GGUF file, or a folder with config.json and safetensors. Reads headers only. Throws Error (user)
// that names the file, what was found and what was expected; also where the architecture is none of
// `architectures` (Hugging Face's model_type names). ignore: patterns (fnmatch) of tensors of a folder that
// are left out, which would be refused otherwise.
std::shared_ptr<const ModelFile> open_model(const std::string& path,
                                            const std::vector<std::string>& architectures,
                                            const std::vector<std::string>& ignore = {});

// Throws Error (unavailable) where loading the weights in `dtype` needs more memory than there is: the bytes
// needed, those available, and what to do.
void check_memory(const ModelFile& file, at::ScalarType dtype);
// The same for this much memory; nothing where it is not known.
void check_memory(const ModelFile& file, at::ScalarType dtype, std::optional<std::uint64_t> available);

}  // namespace gistmill::decoder
