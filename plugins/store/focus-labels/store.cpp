#include "plugins/store/focus-labels/store.hpp"

#include <sstream>
#include <vector>

#include "plugins/store/common/checked_file.hpp"
#include "plugins/store/common/kept_state.hpp"
#include "plugins/store/common/provenance.hpp"
#include "plugins/store/common/translated.hpp"
#include "plugins/store/focus-labels/identities.hpp"
#include "plugins/store/focus-labels/reader.hpp"

namespace gistmill::labels {
namespace {

constexpr char kStateHead[] = "store/focus-labels";
constexpr int kStateVersion = 1;

std::int64_t number(const Tensor& scalar) { return *scalar.data<std::int32_t>(); }

void check_shape(const Tensor& tensor, const std::vector<std::int64_t>& shape, const char* port) {
  if (tensor.shape() == shape) return;
  const auto text = [](const std::vector<std::int64_t>& extents) {
    std::string list;
    for (const std::int64_t extent : extents) list += (list.empty() ? "[" : ", ") + std::to_string(extent);
    return list + "]";
  };
  throw Error(GM_ERROR_USER,
              std::string(port) + " is " + text(tensor.shape()) + " when it should be " + text(shape), port);
}

}  // namespace

void LabelStore::begin(const std::string& path, const std::string& provenance) {
  if (!path_.empty()) throw Error(GM_ERROR_MISUSE, "begin was called while another file is being written");
  path_ = path;
  provenance_ = store::without_hint(provenance);
}

Header LabelStore::header(std::int64_t block, std::int64_t hidden) const {
  return {block,
          horizon_,
          hidden,
          position_,
          identity_of_role(provenance_, "teacher"),
          identity_of_role(provenance_, "gistnet"),
          identity_of_corpora(provenance_)};
}

LabelWriter& LabelStore::writer(std::int64_t block, std::int64_t hidden) {
  if (path_.empty()) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  if (!writer_) {
    if (block < 2 || block > 1024) {
      throw Error(GM_ERROR_USER, "block is " + std::to_string(block) + " when it should be 2 to 1024 tokens",
                  "block");
    }
    store::translated(
        "", [&] { writer_ = std::make_unique<LabelWriter>(path_, header(block, hidden), provenance_); });
  }
  return *writer_;
}

void LabelStore::append(const Tensor& tokens, const Tensor& level1_gists, const Tensor& level2_gists,
                        const Tensor& levels, const Tensor& starts, const Tensor& residency,
                        const Tensor& last_action, const Tensor& utility_nll,
                        const std::optional<Tensor>& utility_kl, const Tensor& base_loss, const Tensor& block,
                        const Tensor& cursor, const Tensor& budget, const Tensor& protected_tail,
                        const Tensor& session, const std::optional<Tensor>& name) {
  const std::int64_t width = number(block);
  const std::int64_t hidden = level1_gists.shape()[1];
  LabelWriter& file = writer(width, hidden);
  const std::int64_t count = levels.size();
  check_shape(tokens, {number(cursor)}, "tokens");
  check_shape(level1_gists, {number(cursor) / width, file.header().hidden}, "level1_gists");
  check_shape(level2_gists, {number(cursor) / (width * width), file.header().hidden}, "level2_gists");
  const std::string label = name && name->size() > 0 ? std::string(name->data<std::uint8_t>(),
                                                                   name->data<std::uint8_t>() + name->size())
                                                     : "session " + std::to_string(number(session));
  Snapshot snapshot;
  snapshot.session = static_cast<std::int32_t>(number(session));
  snapshot.name = label;
  snapshot.entries = {width,
                      count > 0 ? starts.data<std::int32_t>()[0] : 0,
                      number(cursor),
                      number(budget),
                      number(protected_tail),
                      levels.data<std::int32_t>(),
                      starts.data<std::int32_t>(),
                      residency.data<std::int32_t>(),
                      last_action.data<std::int32_t>(),
                      static_cast<std::size_t>(count)};
  snapshot.tokens = tokens.data<std::int32_t>();
  snapshot.level_1 = level1_gists.data<float>();
  snapshot.level_2 = level2_gists.data<float>();
  snapshot.base_loss = *base_loss.data<float>();
  snapshot.utility_nll = utility_nll.data<float>();
  snapshot.utility_kl = utility_kl ? utility_kl->data<float>() : nullptr;
  store::translated("levels", [&] { file.append(snapshot); });
}

void LabelStore::commit() {
  if (path_.empty()) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  if (!writer_) throw Error(GM_ERROR_USER, "nothing to write to '" + path_ + "': no snapshot");
  store::translated("", [&] {
    writer_->commit();
    log(GM_LOG_INFO, "labels of " + std::to_string(writer_->snapshots()) + " contexts in " +
                         std::to_string(writer_->sessions()) + " sessions");
  });
  writer_.reset();
  path_.clear();
}

std::string LabelStore::save_state() {
  std::ostringstream out;
  out << kStateHead << ' ' << kStateVersion;
  if (!writer_) return out.str();
  const Header& header = writer_->header();
  const Kept kept = store::translated("", [&] { return writer_->keep(); });
  out << ' ' << header.block << ' ' << header.hidden << ' ' << kept.sessions << ' ' << kept.snapshots << ' '
      << kept.digest;
  return out.str();
}

void LabelStore::load_state(std::string_view state) {
  if (path_.empty() || writer_) throw Error(GM_ERROR_MISUSE, "a state was loaded before begin, or too late");
  std::istringstream in = store::words_of_state(state, kStateHead, kStateVersion);
  std::int64_t block = 0;
  std::int64_t hidden = 0;
  Kept kept;
  if (!(in >> block)) return;  // nothing was appended
  in >> hidden >> kept.sessions >> kept.snapshots >> kept.digest;
  constexpr std::int64_t kMost = 1 << 24;
  if (!in || block < 2 || block > 1024 || hidden < 1 || hidden > kMost || kept.sessions > kMost)
    throw Error(GM_ERROR_USER, "what was kept is damaged");
  store::translated(
      "", [&] { writer_ = std::make_unique<LabelWriter>(path_, header(block, hidden), provenance_, kept); });
}

Tensor LabelStore::check(const Tensor& path) const { return store::defect_of_file<LabelReader>(path); }

}  // namespace gistmill::labels
