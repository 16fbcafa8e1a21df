// Filters that give text.
#include <algorithm>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/filters.hpp"
#include "plugins/tokenizer/chat_template/format.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/json.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"
#include "plugins/tokenizer/chat_template/print.hpp"
#include "plugins/tokenizer/chat_template/split.hpp"

namespace gistmill::chat_template {
namespace {

Value trim(const FilterCall& call) {
  const Bound given("trim", call.arguments, {"chars"});
  const std::string text = soft_text(call);
  if (given[0].is_none()) {
    return marked_as(call.value, make_text(call.budget(), std::string(strip_left(strip_right(text)))));
  }
  const std::string& characters = given.text(0);
  return marked_as(call.value, make_text(call.budget(),
                                         std::string(strip_left(strip_right(text, characters), characters))));
}

template <std::string (*Convert)(std::string_view)>
Value in_case(const FilterCall& call) {
  const Bound given("upper", call.arguments, {});
  return marked_as(call.value, make_text(call.budget(), Convert(soft_text(call))));
}

bool begins_word(std::int32_t code) {
  return is_space(code) || code == '-' || code == '(' || code == '{' || code == '[' || code == '<';
}

// Jinja's own title: words begin behind white space, "-" and opening brackets only.
Value title_filter(const FilterCall& call) {
  const Bound given("title", call.arguments, {});
  std::string out;
  std::vector<std::int32_t> word;
  const auto flush = [&] {
    if (word.empty()) return;
    out += upper(text_of({word.front()})) + lower(text_of({word.begin() + 1, word.end()}));
    word.clear();
  };
  for (const std::int32_t code : codes_of(soft_text(call))) {
    if (!word.empty() && begins_word(code) != begins_word(word.front())) flush();
    word.push_back(code);
  }
  flush();
  return make_text(call.budget(), std::move(out));
}

Value replace(const FilterCall& call) {
  const Bound given("replace", call.arguments, {"old", "new", "count"}, 2);
  const std::string text = printed(call.budget(), call.value), from = printed(call.budget(), given[0]),
                    to = printed(call.budget(), given[1]);
  call.budget().spend(text.size() / std::max<std::size_t>(from.size(), 1) * to.size() + to.size());
  return make_text(call.budget(), replaced(text, from, to, given[2].is_none() ? -1 : given.whole(2, -1)));
}

Value join(const FilterCall& call) {
  const Bound given("join", call.arguments, {"d", "attribute"});
  const std::string between = given.has(0) ? printed(call.budget(), given[0]) : "";
  const auto items = iterate(call.budget(), call.value);
  std::string out;
  bool first = true;
  for (Value one; items->next(&one); first = false) {
    const Value part = given[1].is_none() ? one : path_of(call.machine, one, given[1]);
    const std::string text = printed(call.budget(), part);
    call.budget().spend(text.size() + between.size());
    if (!first) out += between;
    out += text;
  }
  return Value::text(std::move(out));
}

Value indent(const FilterCall& call) {
  const Bound given("indent", call.arguments, {"width", "first", "blank"});
  expect_defined(call.value);
  if (!call.value.is_text()) throw Refusal("indent needs a string");
  std::string room;
  if (given[0].is_text()) {
    room = given[0].as_text();
  } else {
    const std::int64_t width = std::max<std::int64_t>(given.whole(0, 4), 0);
    call.budget().spend(static_cast<std::uint64_t>(width));
    room.assign(static_cast<std::size_t>(width), ' ');
  }
  const std::string& text = call.value.as_text();
  const auto lines = split_lines(text + "\n", false);
  call.budget().spend(text.size() + lines.size() * (room.size() + 1));
  std::string out = given.boolean(1, false) ? room : "";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += "\n";
    if (i > 0 && (given.boolean(2, false) || !lines[i].empty())) out += room;
    out += lines[i];
  }
  return marked_as(call.value, Value::text(std::move(out)));
}

JsonStyle json_style(const Bound& given) {
  JsonStyle style;
  style.ascii = given.boolean(0, false);
  if (!given[1].is_none()) {
    style.between = ",";
    const bool is_text = given[1].is_text();
    const std::int64_t width = is_text ? 0 : std::clamp<std::int64_t>(given.whole(1, 0), 0, 1000);
    style.indent = is_text ? given[1].as_text() : std::string(static_cast<std::size_t>(width), ' ');
  }
  if (!given[2].is_none()) {
    const Values* const two = given[2].items();
    if (!two || two->size() != 2 || !(*two)[0].is_text() || !(*two)[1].is_text()) {
      throw Refusal("tojson: separators are two strings");
    }
    style.between = (*two)[0].as_text();
    style.after_key = (*two)[1].as_text();
  }
  style.sorted = given.boolean(3, false);
  return style;
}

Value tojson(const FilterCall& call) {
  const Bound given("tojson", call.arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  return Value::text(to_json(call.budget(), call.value, json_style(given)));
}

Value string(const FilterCall& call) {
  const Bound given("string", call.arguments, {});
  return call.value.is_text() ? call.value : make_text(call.budget(), printed(call.budget(), call.value));
}

Value safe(const FilterCall& call) {
  const Bound given("safe", call.arguments, {});
  return Value::text(soft_text(call), true);
}

Value escape(const FilterCall& call) {
  const Bound given("escape", call.arguments, {});
  if (call.value.is_text() && call.value.get<Text>()->markup) return call.value;
  const std::string text = escaped(soft_text(call));
  call.budget().spend(text.size());
  return Value::text(text, true);
}

Value format(const FilterCall& call) {
  if (!call.arguments.named.empty()) {
    throw Refusal("format with names is not supported: write '%s' and the values in their order");
  }
  if (call.value.is_text() && call.value.get<Text>()->markup) {
    throw Refusal("format of text that is marked as safe is not supported");
  }
  const std::string pattern = soft_text(call);
  return make_text(call.budget(), format_with(call.budget(), pattern, tuple_of(call.arguments.positional)));
}

Value center(const FilterCall& call) {
  const Bound given("center", call.arguments, {"width"});
  const Value text = make_text(call.budget(), soft_text(call));
  return marked_as(call.value,
                   call_text_method(call.machine, text, "center", {{Value(given.whole(0, 80))}, {}}));
}

}  // namespace

std::string soft_text(const FilterCall& call) { return printed(call.budget(), call.value); }

Filters text_filters() {
  return {{"trim", trim},
          {"upper", in_case<upper>},
          {"lower", in_case<lower>},
          {"capitalize", in_case<capitalize>},
          {"title", title_filter},
          {"replace", replace},
          {"join", join},
          {"indent", indent},
          {"tojson", tojson},
          {"string", string},
          {"safe", safe},
          {"e", escape},
          {"escape", escape},
          {"format", format},
          {"center", center}};
}

}  // namespace gistmill::chat_template
