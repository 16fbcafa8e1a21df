// The table of filters.
#include "plugins/tokenizer/chat_template/filters.hpp"

#include <algorithm>
#include <array>

namespace gistmill::chat_template {
namespace {

const Filters& filters() {
  static const Filters kFilters = [] {
    Filters all;
    for (Filters some :
         {text_filters(), number_filters(), sequence_filters(), order_filters(), selection_filters()}) {
      all.merge(some);
    }
    return all;
  }();
  return kFilters;
}

// Jinja's own that are not here.
constexpr std::array<std::string_view, 14> kOthers = {
    "attr",  "filesizeformat", "forceescape", "groupby", "pprint",    "random",   "striptags",
    "slice", "truncate",       "urlencode",   "urlize",  "wordcount", "wordwrap", "xmlattr"};

[[noreturn]] void refuse_filter(const std::string& name, Position at) {
  const bool is_jinjas = std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
  throw Refusal(is_jinjas
                    ? "filter '" + name + "' is not supported in chat templates: write the text without it"
                    : "there is no filter named '" + name + "'",
                at);
}

}  // namespace

bool is_filter(const std::string& name) {
  return filters().count(name) > 0 || std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
}

void check_filter(const std::string& name, Position at) {
  if (filters().count(name) == 0) refuse_filter(name, at);
}

Value apply_filter(Machine& machine, const std::string& name, const Value& value,
                   const CallArguments& arguments) {
  return apply_named(filters(), check_filter, machine, name, value, arguments);
}

}  // namespace gistmill::chat_template
