#include "host/instance/marshalled_options.hpp"

#include <cstdint>
#include <variant>

namespace gistmill {

namespace {

using StringLists = std::vector<std::unique_ptr<std::vector<const char*>>>;

class Filler {
 public:
  Filler(gm_option& item, StringLists& lists) : item_(item), lists_(lists) {}

  void operator()(std::int64_t value) const { item_.kind = GM_OPTION_INTEGER, item_.integer = value; }
  void operator()(double value) const { item_.kind = GM_OPTION_FLOAT, item_.number = value; }
  void operator()(bool value) const { item_.kind = GM_OPTION_BOOLEAN, item_.boolean = value ? 1 : 0; }
  void operator()(const std::string& value) const {
    item_.kind = GM_OPTION_STRING;
    item_.string = value.c_str();
  }
  void operator()(const std::vector<std::int64_t>& value) const {
    list(GM_OPTION_INTEGERS, value.size());
    item_.integers = value.data();
  }
  void operator()(const std::vector<double>& value) const {
    list(GM_OPTION_FLOATS, value.size());
    item_.numbers = value.data();
  }
  void operator()(const std::vector<std::string>& value) const {
    auto& pointers = lists_.emplace_back(std::make_unique<std::vector<const char*>>());
    for (const std::string& text : value) pointers->push_back(text.c_str());
    list(GM_OPTION_STRINGS, value.size());
    item_.strings = pointers->data();
  }
  void operator()(const Mixture& value) const {
    (*this)(value.corpora);
    item_.kind = GM_OPTION_MIXTURE;
    item_.numbers = value.weights.data();
  }

 private:
  void list(std::uint32_t kind, std::size_t size) const {
    item_.kind = kind;
    item_.count = static_cast<std::uint32_t>(size);
  }

  gm_option& item_;
  StringLists& lists_;
};

}  // namespace

MarshalledOptions::MarshalledOptions(const std::vector<PlannedOption>& options) {
  items_.reserve(options.size());
  for (const PlannedOption& option : options) {
    gm_option& item = items_.emplace_back();
    item.struct_size = sizeof(gm_option);
    item.key = option.key.c_str();
    std::visit(Filler(item, string_lists_), option.value);
    pointers_.push_back(&item);
  }
  options_ = {sizeof(gm_options), static_cast<std::uint32_t>(pointers_.size()), pointers_.data()};
}

}  // namespace gistmill
