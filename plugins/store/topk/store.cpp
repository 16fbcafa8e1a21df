#include "plugins/store/topk/store.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include <gistmill/files/error.hpp>

#include "plugins/store/common/checked_file.hpp"
#include "plugins/store/common/kept_state.hpp"
#include "plugins/store/common/provenance.hpp"
#include "plugins/store/common/translated.hpp"
#include "plugins/store/topk/reader.hpp"
#include "plugins/store/topk/teacher.hpp"

namespace gistmill::topk {
namespace {

constexpr char kStateHead[] = "store/topk";
constexpr int kStateVersion = 1;
constexpr std::int64_t kMostSize = 1 << 24;  // of a state's sizes

std::string in_full(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%a", value);
  return text;
}

std::string in_short(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

}  // namespace

TopkStore::TopkStore(const Options& options)
    : form_(options.string("form") == "int8" ? Form::int8 : Form::exact),
      gate_{options.integer("checked"), options.number("tolerance")} {}

void TopkStore::begin(const std::string& path, const std::string& provenance) {
  if (!path_.empty()) throw Error(GM_ERROR_MISUSE, "begin was called while another file is being written");
  path_ = path;
  provenance_ = store::without_hint(provenance);
}

Header TopkStore::header(std::int64_t length, std::int64_t tokens, double temperature) const {
  return {length, tokens, temperature, form_, teacher_of(provenance_)};
}

TopkWriter& TopkStore::writer(std::int64_t length, std::int64_t tokens, double temperature) {
  if (path_.empty()) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  if (!writer_) {
    store::translated("", [&] {
      writer_ = std::make_unique<TopkWriter>(path_, header(length, tokens, temperature), provenance_, gate_);
    });
  }
  const Header& header = writer_->header();
  if (header.temperature != temperature) {
    throw Error(GM_ERROR_USER,
                "the temperature is " + in_short(temperature) + " when that of earlier sequences was " +
                    in_short(header.temperature) + "; a cache has one, so it cannot be ramped",
                "topk_temperature");
  }
  if (header.length != length || header.tokens != tokens)
    throw Error(GM_ERROR_USER,
                "a sequence has " + std::to_string(length) + " rows of " + std::to_string(tokens) +
                    " tokens when earlier ones had " + std::to_string(header.length) + " rows of " +
                    std::to_string(header.tokens) + "; a cache has sequences of one length",
                "topk_ids");
  return *writer_;
}

void TopkStore::append(const Tensor& ids, const Tensor& sequence, const Tensor& topk_ids,
                       const Tensor& topk_log_probability, const Tensor& topk_temperature) {
  const std::int64_t length = ids.shape()[1];
  const std::int64_t tokens = topk_ids.shape()[2];
  TopkWriter& file = writer(length, tokens, *topk_temperature.data<float>());
  for (std::int64_t row = 0; row < ids.shape()[0]; ++row) {
    const std::int64_t at = row * length * tokens;
    store::translated("sequence", [&] {
      file.append({sequence.data<std::int32_t>()[row], ids.data<std::int32_t>() + row * length,
                   topk_ids.data<std::int32_t>() + at, topk_log_probability.data<float>() + at});
    });
  }
}

void TopkStore::commit() {
  if (path_.empty()) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  if (!writer_) throw Error(GM_ERROR_USER, "nothing to write to '" + path_ + "': no sequence");
  store::translated("tolerance", [&] {
    const Written written = writer_->commit();
    log(GM_LOG_INFO, "teacher cache of " + std::to_string(written.sequences) + " sequences, form " +
                         form_name(form_) + ": " + std::to_string(std::llround(written.bytes_per_token)) +
                         " bytes a token, cross-entropy off by " + in_short(written.excess) + " nats");
  });
  writer_.reset();
  path_.clear();
}

std::string TopkStore::save_state() {
  std::ostringstream out;
  out << kStateHead << ' ' << kStateVersion;
  if (!writer_) return out.str();
  const Header& header = writer_->header();
  const Kept kept = store::translated("", [&] { return writer_->keep(); });
  out << ' ' << header.length << ' ' << header.tokens << ' ' << in_full(header.temperature) << ' '
      << kept.sequences << ' ' << kept.digest;
  return out.str();
}

void TopkStore::load_state(std::string_view state) {
  if (path_.empty() || writer_) throw Error(GM_ERROR_MISUSE, "a state was loaded before begin, or too late");
  std::istringstream in = store::words_of_state(state, kStateHead, kStateVersion);
  std::int64_t length = 0;
  std::int64_t tokens = 0;
  std::string temperature;
  Kept kept;
  if (!(in >> length)) return;  // nothing was appended
  in >> tokens >> temperature >> kept.sequences >> kept.digest;
  if (!in || length < 1 || length > kMostSize || tokens < 1 || tokens > kMostSize)
    throw Error(GM_ERROR_USER, "what was kept is damaged");
  store::translated("", [&] {
    writer_ = std::make_unique<TopkWriter>(
        path_, header(length, tokens, std::strtod(temperature.c_str(), nullptr)), provenance_, gate_, kept);
  });
}

Tensor TopkStore::check(const Tensor& path) const { return store::defect_of_file<TopkReader>(path); }

}  // namespace gistmill::topk
