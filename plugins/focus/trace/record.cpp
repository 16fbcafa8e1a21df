#include "plugins/focus/trace/record.hpp"

#include <gistmill/formats/json.hpp>

#include <limits>
#include <stdexcept>
#include <utility>

namespace gistmill::focus {
namespace {

using Json = nlohmann::ordered_json;
using formats::FormatError;

constexpr const char* kOverflows[] = {"collapse", "drop", "fail"};
constexpr const char* kPlaces[] = {"start", "center", "end"};

Json edits_json(const std::vector<Edit>& edits) {
  Json list = Json::array();
  for (const Edit& edit : edits) list.push_back({edit.index, static_cast<std::int32_t>(edit.direction)});
  return list;
}

Json rounds_json(const std::vector<Round>& rounds) {
  Json list = Json::array();
  for (const Round& round : rounds) list.push_back(edits_json(round));
  return list;
}

Json optional_json(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

// The members of one object, each taken once; what is left over was not expected.
class Members {
 public:
  Members(const nlohmann::json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) throw FormatError(where_ + ": it is not an object");
  }

  const nlohmann::json* find(const char* key) {
    const auto found = object_.find(key);
    if (found == object_.end()) return nullptr;
    ++taken_;
    return &*found;
  }
  const nlohmann::json& at(const char* key) {
    if (const nlohmann::json* const value = find(key); value != nullptr) return *value;
    throw FormatError(where_ + ": it has no '" + key + "'");
  }
  std::int64_t integer(const char* key) { return integer_of(at(key), key); }
  std::string text(const char* key) {
    const nlohmann::json& value = at(key);
    if (!value.is_string()) wrong(key);
    return value.get<std::string>();
  }
  std::optional<double> optional_number(const char* key) {
    const nlohmann::json& value = at(key);
    if (value.is_null()) return std::nullopt;
    if (!value.is_number()) wrong(key);
    return value.get<double>();
  }
  double number(const char* key) {
    const std::optional<double> value = optional_number(key);
    if (!value) wrong(key);
    return *value;
  }
  std::vector<Edit> edits(const char* key) { return edits_of(at(key), key); }
  std::vector<Round> rounds(const char* key) {
    const nlohmann::json& list = at(key);
    if (!list.is_array()) wrong(key);
    std::vector<Round> rounds;
    for (const nlohmann::json& round : list) {
      rounds.push_back(edits_of(round, key));
      if (rounds.back().empty()) wrong(key);
    }
    return rounds;
  }
  template <std::size_t N>
  std::size_t choice(const char* key, const char* const (&words)[N]) {
    const std::string word = text(key);
    for (std::size_t i = 0; i < N; ++i) {
      if (word == words[i]) return i;
    }
    wrong(key);
  }
  void expect_no_more() const {
    if (taken_ != object_.size()) throw FormatError(where_ + ": it has a key that is unknown");
  }

 private:
  [[noreturn]] void wrong(const char* key) const {
    throw FormatError(where_ + ": '" + key + "' is not what it should be");
  }
  std::vector<Edit> edits_of(const nlohmann::json& list, const char* key) const {
    if (!list.is_array()) wrong(key);
    std::vector<Edit> edits;
    for (const nlohmann::json& pair : list) {
      if (!pair.is_array() || pair.size() != 2) wrong(key);
      const std::int64_t direction = integer_of(pair[1], key);
      if (direction != 1 && direction != -1) wrong(key);
      edits.push_back({integer_of(pair[0], key), static_cast<Direction>(direction)});
    }
    return edits;
  }
  std::int64_t integer_of(const nlohmann::json& value, const char* key) const {
    if (!value.is_number_integer()) wrong(key);
    const bool large = value.is_number_unsigned() &&
                       value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (large) wrong(key);
    return value.get<std::int64_t>();
  }

  const nlohmann::json& object_;
  std::string where_;
  std::size_t taken_ = 0;
};

SessionHead head_of(const nlohmann::json& object, const std::string& where) {
  Members members(object, where);
  SessionHead head;
  head.name = members.text("name");
  head.rules.block = members.integer("block");
  head.rules.budget = members.integer("budget");
  head.rules.protected_tail = members.integer("protected");
  head.rules.overflow = static_cast<Overflow>(members.choice("overflow", kOverflows));
  head.rules.hold = members.integer("hold");
  head.place = static_cast<Place>(members.choice("position", kPlaces));
  members.expect_no_more();
  return head;
}

}  // namespace

const char* word_of(Overflow overflow) { return kOverflows[static_cast<std::size_t>(overflow)]; }
const char* word_of(Place place) { return kPlaces[static_cast<std::size_t>(place)]; }

bool BlockRecord::operator==(const BlockRecord& other) const { return to_text(*this) == to_text(other); }

std::string to_text(const BlockRecord& record) {
  Json json;
  json["session"] = record.session;
  json["iteration"] = record.iteration;
  if (record.begins) {
    const SessionHead& head = *record.begins;
    json["begins"] = {{"name", head.name},
                      {"block", head.rules.block},
                      {"budget", head.rules.budget},
                      {"protected", head.rules.protected_tail},
                      {"overflow", word_of(head.rules.overflow)},
                      {"hold", head.rules.hold},
                      {"position", word_of(head.place)}};
  }
  json["cursor"] = record.cursor;
  json["room"] = edits_json(record.room.collapsed);
  json["dropped"] = record.room.dropped;
  json["actions"] = rounds_json(record.actions);
  json["context"] = record.context;
  json["state"] = record.state;
  json["tree"] = record.tree;
  json["loss_at_h"] = optional_json(record.figures.loss_at_h);
  json["swap_rate_per_block"] = record.figures.swap_rate_per_block;
  json["mean_residency_iterations"] = record.figures.mean_residency_iterations;
  json["left_residency_iterations"] = optional_json(record.figures.left_residency_iterations);
  json["latency_ms"] = record.figures.latency_ms;
  json["token_budget_utilization"] = record.figures.token_budget_utilization;
  // A document's name may hold other bytes than UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

BlockRecord record_of(std::string_view text, const std::string& name) {
  const nlohmann::json json = formats::parse_json(text, name);
  Members members(json, name);
  BlockRecord record;
  record.session = members.integer("session");
  record.iteration = members.integer("iteration");
  if (const nlohmann::json* const begins = members.find("begins"); begins != nullptr)
    record.begins = head_of(*begins, name);
  record.cursor = members.integer("cursor");
  record.room.collapsed = members.edits("room");
  record.room.dropped = members.integer("dropped");
  record.actions = members.rounds("actions");
  record.context = members.text("context");
  record.state = members.text("state");
  record.tree = members.text("tree");
  record.figures.loss_at_h = members.optional_number("loss_at_h");
  record.figures.swap_rate_per_block = members.number("swap_rate_per_block");
  record.figures.mean_residency_iterations = members.number("mean_residency_iterations");
  record.figures.left_residency_iterations = members.optional_number("left_residency_iterations");
  record.figures.latency_ms = members.number("latency_ms");
  record.figures.token_budget_utilization = members.number("token_budget_utilization");
  members.expect_no_more();
  return record;
}

}  // namespace gistmill::focus
