#include "plugins/dataset/focus-labels/labels.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include <nlohmann/json.hpp>

#include "plugins/dataset/common/split.hpp"
#include "plugins/focus/common/tail.hpp"
#include "plugins/store/common/translated.hpp"
#include "plugins/store/focus-labels/identities.hpp"

namespace gistmill::dataset {
namespace {

constexpr char kStateHead[] = "dataset/focus-labels";
constexpr int kStateVersion = 1;

// Exactly one of the two options names the file.
std::string option_of(const Options& options) {
  const bool prepared = !options.string("labels").empty();
  if (prepared == !options.string("file").empty()) {
    throw Error(GM_ERROR_USER,
                prepared ? "both labels and file say where the labels are; give one of them"
                         : "neither labels nor file says where the labels are; give one of them",
                "labels");
  }
  return prepared ? "labels" : "file";
}

SplitOptions split_options(const Options& options) {
  return {options.number("validation"), options.strings("hold_out"), "document", options.string("salt")};
}

// Numbers of one context behind those of the contexts before it.
template <class T>
void add(std::vector<T>& all, const std::vector<T>& own) {
  all.insert(all.end(), own.begin(), own.end());
}

template <class T>
Tensor list(const std::vector<T>& values) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size())});
}

}  // namespace

FocusLabels::FocusLabels(const Options& options)
    : option_(option_of(options)),
      file_(store::translated(option_.c_str(), [&] { return labels::LabelReader(options.string(option_)); })),
      batch_(options.integer("batch")),
      tail_(options.integer("tail")),
      by_kl_(options.string("utility") == "kl"),
      takes_any_(options.string("drift") == "take"),
      order_(1, false, true) {
  check_identities(options);
  choose(options);
  order_ = WindowOrder(chosen_.size(), options.string("order") == "shuffle", options.boolean("repeat"));
}

void FocusLabels::check_identities(const Options& options) const {
  const labels::Header& header = file_.header();
  const std::pair<const char*, const std::string*> made_by[] = {{"teacher", &header.teacher},
                                                                {"gistnet", &header.gistnet}};
  for (const auto& [key, found] : made_by) {
    const std::string wanted = options.string(key);
    if (found->find(wanted) != std::string::npos) continue;
    throw Error(GM_ERROR_USER,
                "the labels are of another " + std::string(key) + ": " + *found + " does not contain '" +
                    wanted + "'; make them again with that one: `gistmill prepare RECIPE`",
                key);
  }
}

std::string FocusLabels::describe() const {
  const labels::Header& header = file_.header();
  nlohmann::json description = {{"teacher", header.teacher}, {"gistnet", header.gistnet}};
  if (!takes_any_) {
    description["made_by"] = nlohmann::json::parse(labels::makers_of(file_.provenance()));
    description["taken_by"] = "drift = \"take\"";
  }
  return description.dump();
}

bool FocusLabels::has_labels(std::uint64_t snapshot) const {
  const labels::StoredSnapshot read = file_.read(snapshot);
  const std::vector<float>& utilities = utilities_of(read);
  return std::any_of(utilities.begin(), utilities.end(), [](float value) { return !std::isnan(value); });
}

// A document is held out as a whole, whatever sessions it gave.
void FocusLabels::choose(const Options& options) {
  const std::string split = options.string("split");
  const SplitOptions how = split_options(options);
  std::map<std::string, std::int32_t> numbers;
  std::vector<char> wanted;
  for (const labels::StoredSession& session : file_.sessions()) {
    documents_.push_back(
        numbers.emplace(session.name, static_cast<std::int32_t>(numbers.size())).first->second);
    const bool held_out = split_of(how, session.name) == 1;
    wanted.push_back(split == "all" || held_out == (split == "validation") ? 1 : 0);
  }
  std::uint64_t of_split = 0;
  for (std::uint64_t i = 0; i < file_.snapshots(); ++i) {
    if (!wanted[file_.session_of(i)]) continue;
    ++of_split;
    if (store::translated(option_.c_str(), [&] { return has_labels(i); })) chosen_.push_back(i);
  }
  if (of_split == 0) {
    throw Error(GM_ERROR_USER,
                "none of " + std::to_string(numbers.size()) + " documents is in the " + split +
                    " split; take another share or salt, or name documents in hold_out",
                "split");
  }
  if (chosen_.empty()) {
    throw Error(
        GM_ERROR_USER,
        "none of " + std::to_string(of_split) + " contexts has a utility by " + (by_kl_ ? "kl" : "nll"),
        "utility");
  }
  const auto limit = static_cast<std::size_t>(options.integer("limit"));
  if (limit > 0 && limit < chosen_.size()) {
    for (std::size_t i = 0; i < limit; ++i) chosen_[i] = chosen_[i * chosen_.size() / limit];
    chosen_.resize(limit);
  }
  if (chosen_.size() < static_cast<std::size_t>(batch_)) {
    throw Error(GM_ERROR_USER,
                "there are " + std::to_string(chosen_.size()) + " contexts, too few for a batch of " +
                    std::to_string(batch_),
                "batch");
  }
}

void FocusLabels::start(const Start& start) {
  store::translated(option_.c_str(), [&] { file_.verify(); });
  order_.set_seed(start.seed());
  seed_ = start.seed();
}

std::int64_t FocusLabels::symbol(std::string_view name) const {
  if (name == "D") return file_.header().hidden;
  return name == "B" ? batch_ : name == "G" ? tail_ : -1;
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor,
           Tensor, Tensor, Tensor>
FocusLabels::next() {
  const std::int64_t hidden = file_.header().hidden;
  const std::int64_t block = file_.header().block;
  std::vector<std::int32_t> counts, levels, starts, residency, last_action, cursors, budgets, protecteds,
      sessions, documents;
  std::vector<float> utilities, base_loss;
  Tensor tail = Tensor::zeros<float>({batch_, tail_, hidden});
  for (std::int64_t row = 0; row < batch_; ++row) {
    std::size_t index = 0;
    if (!order_.next(index)) throw EndOfData();
    const labels::StoredSnapshot read =
        store::translated(option_.c_str(), [&] { return file_.read(chosen_[index]); });
    const focus::EntryArrays& arrays = read.arrays;
    counts.push_back(static_cast<std::int32_t>(arrays.levels.size()));
    add(levels, arrays.levels);
    add(starts, arrays.starts);
    add(residency, arrays.residency);
    add(last_action, arrays.last_action);
    add(utilities, utilities_of(read));
    cursors.push_back(static_cast<std::int32_t>(arrays.cursor));
    budgets.push_back(static_cast<std::int32_t>(arrays.rules.budget));
    protecteds.push_back(static_cast<std::int32_t>(arrays.rules.protected_tail));
    base_loss.push_back(read.base_loss);
    sessions.push_back(static_cast<std::int32_t>(read.session));
    documents.push_back(documents_[read.session]);
    std::int64_t place = 0;
    for (const focus::TailNode& node : focus::tail_nodes(arrays.cursor, block, tail_)) {
      const std::int64_t at = row * tail_ + place++;
      file_.read_vector(read.session, node.level, node.start, tail.mutable_data<float>() + at * hidden);
    }
  }
  const auto entries = static_cast<std::int64_t>(levels.size());
  Tensor vectors = Tensor::zeros<float>({entries, hidden});
  std::int64_t entry = 0;
  for (std::size_t row = 0; row < counts.size(); ++row) {
    const auto session = static_cast<std::uint64_t>(sessions[row]);
    for (std::int32_t i = 0; i < counts[row]; ++i, ++entry)
      file_.read_vector(session, levels[static_cast<std::size_t>(entry)],
                        starts[static_cast<std::size_t>(entry)],
                        vectors.mutable_data<float>() + entry * hidden);
  }
  return {
      list(counts),       list(levels),      list(starts),
      list(residency),    list(last_action), Tensor::of(utilities, {entries, 2}),
      std::move(vectors), std::move(tail),   list(cursors),
      list(budgets),      list(protecteds),  Tensor::of<std::int32_t>({static_cast<std::int32_t>(block)}, {}),
      list(base_loss),    list(sessions),    list(documents)};
}

std::string FocusLabels::identity() const {
  formats::Sha256 sha;
  sha.update_field(file_.digest());
  for (const std::uint64_t snapshot : chosen_) sha.update_field(std::to_string(snapshot));
  return sha.hex();
}

std::string FocusLabels::save_state() const {
  std::ostringstream out;
  out << kStateHead << ' ' << kStateVersion << ' ' << identity() << ' ' << seed_ << ' ' << order_.epoch()
      << ' ' << order_.place();
  return out.str();
}

void FocusLabels::load_state(std::string_view state) {
  std::istringstream in{std::string(state)};
  std::string head, found;
  int version = 0;
  std::uint64_t seed = 0, epoch = 0;
  std::size_t place = 0;
  in >> head >> version;
  if (!in || head != kStateHead || version != kStateVersion)
    throw Error(GM_ERROR_USER, "the saved position was not written by this version of dataset/focus-labels");
  in >> found >> seed >> epoch >> place;
  if (!in || place > chosen_.size()) throw Error(GM_ERROR_USER, "the saved position is damaged");
  if (found != identity()) {
    throw Error(GM_ERROR_USER,
                "the saved position is from other labels, " + found.substr(0, 12) + " when these are " +
                    identity().substr(0, 12),
                option_);
  }
  seed_ = seed;
  order_.set_seed(seed);
  order_.seek(epoch, place);
}

}  // namespace gistmill::dataset
