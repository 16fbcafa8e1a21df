#include "plugins/store/examples/columns.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

namespace gistmill::examples {
namespace {

using Rows = std::vector<std::int32_t>;

void read_whole(int file, void* data, std::size_t size, std::uint64_t at, const std::string& path) {
  const files::Transferred got = files::read_at(file, data, size, at);
  if (got.bytes != size)
    throw files::FileError("read back what goes into", path, got.error == 0 ? EIO : got.error);
}

class Source {
 public:
  Source(const Spool& spool, const Shape& shape, std::string path)
      : spool_(&spool), shape_(shape), path_(std::move(path)) {}

  // [count, 2 + T]
  Rows windows(std::uint64_t first, std::uint64_t count) const {
    const auto width = static_cast<std::size_t>(2 + shape_.horizon);
    Rows rows(count * width);
    read_whole(spool_->windows.get(), rows.data(), rows.size() * sizeof(std::int32_t),
               first * width * sizeof(std::int32_t), path_);
    return rows;
  }

  // [count, S, D]
  void hidden(std::uint64_t first, std::uint64_t count, float* out) const {
    const std::size_t bytes = static_cast<std::size_t>(shape_.block * shape_.hidden) * sizeof(float);
    read_whole(spool_->hidden.get(), out, count * bytes, first * bytes, path_);
  }

  const Shape& shape() const { return shape_; }

 private:
  const Spool* spool_;
  Shape shape_;
  std::string path_;
};

template <class T>
void put(char*& out, T value) {
  std::memcpy(out, &value, sizeof value);
  out += sizeof value;
}

// Numbers [from, from + count) of each spooled window, as T.
template <class T>
auto numbers(const Source& source, std::int64_t from, std::int64_t numbers_each) {
  return [=](std::uint64_t first, std::uint64_t count, char* out) {
    const Rows rows = source.windows(first, count);
    const std::int64_t width = 2 + source.shape().horizon;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::int32_t* row = rows.data() + static_cast<std::int64_t>(i) * width + from;
      for (std::int64_t at = 0; at < numbers_each; ++at) put(out, static_cast<T>(row[at]));
    }
  };
}

// Every token counts: blocks and windows are whole.
auto ones(std::int64_t each) {
  return [each](std::uint64_t, std::uint64_t count, char* out) {
    std::memset(out, 1, count * static_cast<std::size_t>(each));
  };
}

// Of each example the mean of its rows, added up in double: [S, D] -> [D].
void mean_of_rows(const float* hidden, const Shape& shape, float* out) {
  std::vector<double> sum(static_cast<std::size_t>(shape.hidden), 0.0);
  for (std::int64_t token = 0; token < shape.block; ++token) {
    for (std::int64_t d = 0; d < shape.hidden; ++d)
      sum[static_cast<std::size_t>(d)] += hidden[token * shape.hidden + d];
  }
  for (std::int64_t d = 0; d < shape.hidden; ++d)
    out[d] = static_cast<float>(sum[static_cast<std::size_t>(d)] / static_cast<double>(shape.block));
}

auto means(const Source& source) {
  return [=](std::uint64_t first, std::uint64_t count, char* out) {
    const Shape& shape = source.shape();
    const auto example = static_cast<std::size_t>(shape.block * shape.hidden);
    std::vector<float> hidden(count * example);
    source.hidden(first, count, hidden.data());
    std::vector<float> mean(static_cast<std::size_t>(shape.hidden));
    for (std::uint64_t i = 0; i < count; ++i) {
      mean_of_rows(hidden.data() + i * example, shape, mean.data());
      std::memcpy(out + i * mean.size() * sizeof(float), mean.data(), mean.size() * sizeof(float));
    }
  };
}

}  // namespace

std::vector<Column> columns_of(std::size_t split, const Spool& spool, const Shape& shape,
                               const std::string& path) {
  const Source source(spool, shape, path);
  const auto block = static_cast<hsize_t>(shape.block);
  const auto horizon = static_cast<hsize_t>(shape.horizon);
  const auto hidden = static_cast<hsize_t>(shape.hidden);
  const auto states = [source](std::uint64_t first, std::uint64_t count, char* out) {
    std::vector<float> rows(count * static_cast<std::size_t>(source.shape().block * source.shape().hidden));
    source.hidden(first, count, rows.data());
    std::memcpy(out, rows.data(), rows.size() * sizeof(float));
  };
  std::vector<Column> columns = {
      {"input_ids", H5T_STD_I64LE, {block}, block * 8, numbers<std::int64_t>(source, 2, shape.block)},
      {"attention_mask", H5T_STD_I8LE, {block}, block, ones(shape.block)},
      {"context_input_ids",
       H5T_STD_I64LE,
       {horizon},
       horizon * 8,
       numbers<std::int64_t>(source, 2, shape.horizon)},
      {"context_attention_mask", H5T_STD_I8LE, {horizon}, horizon, ones(shape.horizon)},
      {"teacher_hidden", H5T_IEEE_F32LE, {block, hidden}, block * hidden * 4, states},
      {"gist_target", H5T_IEEE_F32LE, {hidden}, hidden * 4, means(source)},
      {"document", H5T_STD_I32LE, {}, 4, numbers<std::int32_t>(source, 0, 1)},
      {"begin", H5T_STD_I32LE, {}, 4, numbers<std::int32_t>(source, 1, 1)},
  };
  for (Column& column : columns) column.path = std::string("/") + kSplitNames[split] + "/" + column.path;
  return columns;
}

}  // namespace gistmill::examples
