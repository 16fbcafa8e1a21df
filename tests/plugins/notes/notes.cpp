// Readers of pages for tests of the host's cache; see plugin.toml.
#include <gistmill/plugin.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace {

using gistmill::Error;
using gistmill::Tensor;

struct Notes {
  std::vector<float> values;
};

}  // namespace

template <>
struct gistmill::ObjectType<Notes> {
  static constexpr const char* name = "test.notes/1";
};

namespace {

// Number i of page p is 10 p + i.
class Pages {
 public:
  explicit Pages(const gistmill::Options& options)
      : size_(options.integer("size")), pages_(options.integer("pages")), last_(options.integer("last")) {}

  Tensor next() {
    if (last_ > 0 && next_ == last_) throw gistmill::EndOfData();
    std::vector<std::int32_t> page;
    for (std::int64_t i = 0; i < size_; ++i)
      page.push_back(static_cast<std::int32_t>(10 * (next_ % pages_) + i));
    ++next_;
    return Tensor::of(page, {size_});
  }
  std::string save_state() const { return std::to_string(next_); }
  void load_state(std::string_view bytes) { next_ = std::stoll(std::string(bytes)); }

 private:
  std::int64_t size_;
  std::int64_t pages_;
  std::int64_t last_;
  std::int64_t next_ = 0;
};

class Mute {
 public:
  explicit Mute(const gistmill::Options& options)
      : factor_(static_cast<float>(options.number("factor"))), book_(options.string("book")) {
    if (factor_ == 0) throw Error(GM_ERROR_USER, "factor is 0, which makes all notes alike", "factor");
  }

  void start(const gistmill::Start&) { gistmill::log(GM_LOG_INFO, "start runs"); }
  std::shared_ptr<const Notes> read(const Tensor& page) const {
    gistmill::log(GM_LOG_INFO, "read runs");
    auto notes = std::make_shared<Notes>();
    for (std::int64_t i = 0; i < page.size(); ++i)
      notes->values.push_back(factor_ * 0.1f * static_cast<float>(page.data<std::int32_t>()[i] + 1));
    return notes;
  }
  Tensor weight() const {
    gistmill::log(GM_LOG_INFO, "weight runs");
    return Tensor::of(std::vector<float>{0.5f}, {});
  }
  Tensor sum(const std::shared_ptr<const Notes>& notes, const Tensor& weight) const {
    gistmill::log(GM_LOG_INFO, "sum runs");
    std::vector<float> values;
    for (const float value : notes->values) values.push_back(value * weight.data<float>()[0]);
    const auto size = static_cast<std::int64_t>(values.size());
    return Tensor::of(values, {size});
  }

 protected:
  float factor_;
  std::string book_;
};

class Reader : public Mute {
 public:
  using Mute::Mute;

  std::string digest() const {
    gistmill::log(GM_LOG_INFO, "digest runs");
    std::ifstream file(book_);
    return "book " + std::string(std::istreambuf_iterator<char>(file), {});
  }
  gistmill::NamedTensors<Tensor> encode_object(const Notes& notes) const {
    const auto size = static_cast<std::int64_t>(notes.values.size());
    return {{"values", Tensor::of(notes.values, {size})},
            {"read_only", Tensor::of(std::vector<bool>{true}, {})}};
  }
  std::shared_ptr<const Notes> decode_object(const gistmill::NamedTensors<Tensor>& tensors) const {
    if (tensors.size() != 2 || tensors[0].first != "values" || tensors[0].second.shape().size() != 1)
      throw Error(GM_ERROR_USER, "these are no notes");
    const Tensor& values = tensors[0].second;
    auto notes = std::make_shared<Notes>();
    notes->values.assign(values.data<float>(), values.data<float>() + values.size());
    return notes;
  }
};

struct Figure {
  Tensor measure(const Tensor& x) const { return x; }
};

class Copyist {
 public:
  explicit Copyist(const gistmill::Options& options) : fails_at_(options.integer("fails_at")) {}

  Tensor copy(const Tensor& page) {
    if (++copied_ == fails_at_) throw Error(GM_ERROR_USER, "the pen broke");
    const auto* const from = page.data<std::int32_t>();
    return Tensor::of(std::vector<std::int32_t>(from, from + page.size()), page.shape());
  }

 private:
  std::int64_t fails_at_;
  std::int64_t copied_ = 0;
};

class Archive {
 public:
  void keep(const Tensor& page) {
    gistmill::log(GM_LOG_INFO, "kept " + std::to_string(page.data<std::int32_t>()[0]));
    ++kept_;
  }
  std::string save_state() const { return std::to_string(kept_); }
  void load_state(std::string_view bytes) { kept_ = std::stoll(std::string(bytes)); }

 private:
  std::int64_t kept_ = 0;
};

template <class T>
auto reader(const char* name) {
  return gistmill::component<T>(name)
      .operation("read", &Mute::read)
      .operation("weight", &Mute::weight)
      .operation("sum", &Mute::sum);
}

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Pages>("test/pages").operation("next", &Pages::next),
                reader<Reader>("test/reader"),
                gistmill::component<Figure>("test/figure").operation("measure", &Figure::measure),
                reader<Mute>("test/mute"),
                gistmill::component<Copyist>("test/copyist").operation("copy", &Copyist::copy),
                gistmill::component<Archive>("test/archive").operation("keep", &Archive::keep));
