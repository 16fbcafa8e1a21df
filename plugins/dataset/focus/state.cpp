// The saved position of dataset/focus: how many sessions were begun, and what was done in the last one.
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/json.hpp>

#include "plugins/dataset/focus/focus.hpp"

namespace gistmill::dataset {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(GM_ERROR_USER, "the saved position was not written by this dataset/focus: " + why);
}

std::vector<focus::Edit> edits_of(const json& round) {
  std::vector<focus::Edit> edits;
  for (const json& pair : round) {
    edits.push_back(
        {pair.at(0).get<std::int64_t>(), static_cast<focus::Direction>(pair.at(1).get<std::int32_t>())});
  }
  return edits;
}

}  // namespace

std::string Focus::save_state() const {
  json blocks = json::array();
  for (const auto& rounds : done_) {
    json block = json::array();
    for (const auto& edits : rounds) {
      json round = json::array();
      for (const focus::Edit& edit : edits) round.push_back({edit.index, static_cast<int>(edit.direction)});
      block.push_back(std::move(round));
    }
    blocks.push_back(std::move(block));
  }
  json saved = {{"format", kVersion}, {"begun", begun_}, {"blocks", std::move(blocks)}};
  if (!documents_) saved["given"] = given_;
  if (known_ > 0) saved["known"] = known_;
  return saved.dump();
}

void Focus::load_state(std::string_view state) {
  std::int64_t begun = 0;
  std::int64_t known = 0;
  std::vector<std::int32_t> given;
  std::vector<std::vector<std::vector<focus::Edit>>> blocks;
  try {
    const formats::JsonLimits large{std::size_t{1} << 28, 8, std::size_t{1} << 24};
    const json saved = formats::parse_json(state, "state", large);
    if (saved.at("format") != kVersion) refuse("its format is another");
    begun = saved.at("begun").get<std::int64_t>();
    if (!documents_) saved.at("given").get_to(given);
    known = saved.value("known", std::int64_t{0});
    for (const json& block : saved.at("blocks")) {
      std::vector<std::vector<focus::Edit>>& rounds = blocks.emplace_back();
      for (const json& round : block) rounds.push_back(edits_of(round));
    }
  } catch (const formats::FormatError& error) {
    refuse(error.what());
  } catch (const json::exception& error) {
    refuse(error.what());
  }
  const std::int64_t sessions = documents_ ? documents_->count() : 1;
  const bool sound = begun >= 0 && (repeat_ || begun <= sessions) && (begun > 0 || blocks.empty());
  if (!sound) refuse("it is beyond the documents");
  std::swap(given_, given);
  try {
    play_again(begun, blocks);
  } catch (...) {
    std::swap(given_, given);
    throw;
  }
  known_ = known;
}

// A state that is refused changes nothing.
void Focus::play_again(std::int64_t begun, const std::vector<std::vector<std::vector<focus::Edit>>>& blocks) {
  const std::tuple before(begun_, session_, done_, told_);
  try {
    session_.reset();
    begun_ = 0;
    done_.clear();
    told_.clear();
    if (begun > 0 && documents_) begin_session(begun - 1);
    if (begun > 0 && !documents_) begin_given();
    for (const auto& rounds : blocks) {
      if (is_over()) refuse("its session is longer than the document");
      append();
      for (const auto& edits : rounds) carry_out(edits);
    }
  } catch (...) {
    std::tie(begun_, session_, done_, told_) = before;
    throw;
  }
}

}  // namespace gistmill::dataset
