// Options and a call for a component of tier "c" that a test makes without a plugin file around it.
#pragma once

#include <gistmill/plugin.hpp>

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gistmill::test {

using PlainValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::string>,
                                std::vector<WeightedFile>, std::vector<std::int64_t>>;
using PlainTable = std::map<std::string, PlainValue>;

// Owns what gm_options points to.
class PlainOptions {
 public:
  explicit PlainOptions(PlainTable table) : table_(std::move(table)) {
    for (const auto& [key, value] : table_) {
      gm_option option{};
      option.struct_size = sizeof option;
      option.key = key.c_str();
      std::visit([&](const auto& held) { fill(option, held); }, value);
      options_.push_back(option);
      items_.push_back(&options_.back());
    }
    list_ = {sizeof list_, static_cast<std::uint32_t>(items_.size()), items_.data()};
  }
  PlainOptions(const PlainOptions&) = delete;
  PlainOptions& operator=(const PlainOptions&) = delete;

  Options get() const { return Options(&list_); }

 private:
  void fill(gm_option& option, std::int64_t value) {
    option.kind = GM_OPTION_INTEGER;
    option.integer = value;
  }
  void fill(gm_option& option, double value) {
    option.kind = GM_OPTION_FLOAT;
    option.number = value;
  }
  void fill(gm_option& option, bool value) {
    option.kind = GM_OPTION_BOOLEAN;
    option.boolean = value ? 1 : 0;
  }
  void fill(gm_option& option, const std::string& value) {
    option.kind = GM_OPTION_STRING;
    option.string = value.c_str();
  }
  void fill(gm_option& option, const std::vector<std::string>& value) {
    std::vector<const char*>& texts = texts_.emplace_back();
    for (const std::string& text : value) texts.push_back(text.c_str());
    option.kind = GM_OPTION_STRINGS;
    option.count = static_cast<std::uint32_t>(texts.size());
    option.strings = texts.data();
  }
  void fill(gm_option& option, const std::vector<std::int64_t>& value) {
    option.kind = GM_OPTION_INTEGERS;
    option.count = static_cast<std::uint32_t>(value.size());
    option.integers = value.data();
  }
  void fill(gm_option& option, const std::vector<WeightedFile>& value) {
    std::vector<const char*>& texts = texts_.emplace_back();
    std::vector<double>& weights = weights_.emplace_back();
    for (const WeightedFile& file : value) {
      texts.push_back(file.path.c_str());
      weights.push_back(file.weight);
    }
    option.kind = GM_OPTION_MIXTURE;
    option.count = static_cast<std::uint32_t>(texts.size());
    option.strings = texts.data();
    option.numbers = weights.data();
  }

  PlainTable table_;
  std::list<gm_option> options_;
  std::list<std::vector<const char*>> texts_;
  std::list<std::vector<double>> weights_;
  std::vector<const gm_option*> items_;
  gm_options list_{};
};

// A call that only its random key tells from another.
class PlainCall {
 public:
  explicit PlainCall(std::uint64_t random_key) {
    call_.struct_size = sizeof call_;
    call_.random_key = random_key;
    call_.cancel = &cancel_;
  }
  PlainCall(const PlainCall&) = delete;
  PlainCall& operator=(const PlainCall&) = delete;

  operator Call() const { return Call(&call_); }

 private:
  volatile std::int32_t cancel_ = 0;
  gm_call call_{};
};

}  // namespace gistmill::test
