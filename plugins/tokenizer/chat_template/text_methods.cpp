// The methods of str.
#include <algorithm>
#include <functional>
#include <unordered_map>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/functions.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"
#include "plugins/tokenizer/chat_template/split.hpp"
#include "plugins/tokenizer/chat_template/text_format.hpp"

namespace gistmill::chat_template {
namespace {

struct Call {
  Machine& machine;
  const std::string& self;
  const CallArguments& arguments;

  Budget& budget() const { return machine.budget(); }
  Value text(std::string_view utf8) const { return make_text(machine.budget(), std::string(utf8)); }
};

Value list_of_texts(const Call& call, std::vector<std::string> parts) {
  Values items;
  for (std::string& part : parts) items.push_back(make_text(call.budget(), std::move(part)));
  return make_list(call.budget(), std::move(items));
}

Value stripped(const Call& call, bool left, bool right) {
  const Bound given("strip", call.arguments, {"/chars"});
  std::string_view text = call.self;
  if (!given.has(0) || given[0].is_none()) {
    if (left) text = strip_left(text);
    if (right) text = strip_right(text);
  } else {
    if (left) text = strip_left(text, given.text(0));
    if (right) text = strip_right(text, given.text(0));
  }
  return call.text(text);
}

Value split_text(const Call& call, bool from_right) {
  const Bound given("split", call.arguments, {"sep", "maxsplit"});
  const std::int64_t most = given.whole(1, -1);
  if (given[0].is_none()) return list_of_texts(call, split_space(call.self, most, from_right));
  if (given.text(0).empty()) throw Refusal("split() has an empty separator");
  return list_of_texts(call, split_at(call.self, given.text(0), most, from_right));
}

Value lines(const Call& call) {
  const Bound given("splitlines", call.arguments, {"keepends"});
  return list_of_texts(call, split_lines(call.self, given.boolean(0, false)));
}

// The part of a text that [start, end) leaves, in characters, and where it starts; nullopt where it starts
// behind the end, where not even an empty text is found.
struct Part {
  std::string_view text;
  std::int64_t start = 0;
  bool there = true;
};
Part part_of(const Call& call, const Bound& given) {
  if (given[1].is_none() && given[2].is_none()) return {call.self, 0, true};
  const std::int64_t size = static_cast<std::int64_t>(text::count_characters(call.self));
  const auto place = [&](std::size_t argument, std::int64_t otherwise) {
    if (given[argument].is_none()) return otherwise;
    const std::int64_t at = given.whole(argument, 0);
    return at < 0 ? std::max<std::int64_t>(at < -size ? 0 : at + size, 0) : at;
  };
  const std::int64_t start = place(1, 0), end = std::min(place(2, size), size);
  if (start > end) return {{}, start, false};
  const auto characters = split_characters(call.self);
  const auto byte = [&](std::int64_t at) {
    return at == size
               ? call.self.size()
               : static_cast<std::size_t>(characters[static_cast<std::size_t>(at)].data() - call.self.data());
  };
  return {std::string_view(call.self).substr(byte(start), byte(end) - byte(start)), start, true};
}

Value has_affix(const Call& call, bool at_end) {
  const Bound given(at_end ? "endswith" : "startswith", call.arguments, {"/prefix", "/start", "/end"}, 1);
  const Part part = part_of(call, given);
  expect_defined(given[0]);
  const auto matches = [&](const Value& affix) {
    if (!affix.is_text()) throw Refusal("startswith() and endswith() need a string or a tuple of strings");
    const std::string& text = affix.as_text();
    return part.there && (at_end ? part.text.ends_with(text) : part.text.starts_with(text));
  };
  if (const auto* tuple = given[0].look<Tuple>()) {
    return Value(std::any_of(tuple->items.begin(), tuple->items.end(), matches));
  }
  return Value(matches(given[0]));
}

Value found(const Call& call, bool last, bool must) {
  const Bound given("find", call.arguments, {"/sub", "/start", "/end"}, 1);
  const std::string& wanted = given.text(0);
  const Part part = part_of(call, given);
  const std::size_t at = !part.there ? std::string_view::npos
                         : last      ? part.text.rfind(wanted)
                                     : part.text.find(wanted);
  if (at != std::string_view::npos) {
    return Value(part.start + static_cast<std::int64_t>(text::count_characters(part.text.substr(0, at))));
  }
  if (must) throw Refusal("index(): the text is not there");
  return Value(std::int64_t{-1});
}

Value counted(const Call& call) {
  const Bound given("count", call.arguments, {"/sub", "/start", "/end"}, 1);
  const std::string& wanted = given.text(0);
  const Part part = part_of(call, given);
  if (!part.there) return Value(std::int64_t{0});
  if (wanted.empty()) return Value(static_cast<std::int64_t>(text::count_characters(part.text)) + 1);
  std::int64_t count = 0;
  for (std::size_t at = 0; (at = part.text.find(wanted, at)) != std::string_view::npos; at += wanted.size())
    ++count;
  return Value(count);
}

Value replace(const Call& call) {
  const Bound given("replace", call.arguments, {"/old", "/new", "/count"}, 2);
  const std::string &from = given.text(0), &to = given.text(1);
  const std::int64_t most = given.whole(2, -1);
  call.budget().spend(call.self.size() / std::max<std::size_t>(from.size(), 1) * to.size() + to.size());
  return call.text(replaced(call.self, from, to, most));
}

Value join(const Call& call) {
  const Bound given("join", call.arguments, {"/iterable"}, 1);
  std::string out;
  bool first = true;
  for (const Value& one : collect(call.budget(), given[0])) {
    if (!one.is_text()) throw Refusal(std::string("join() needs strings, found '") + one.type_name() + "'");
    call.budget().spend(one.as_text().size() + call.self.size());
    if (!first) out += call.self;
    out += one.as_text();
    first = false;
  }
  return Value::text(std::move(out));
}

Value partitioned(const Call& call, bool last) {
  const Bound given("partition", call.arguments, {"/sep"}, 1);
  const std::string& separator = given.text(0);
  if (separator.empty()) throw Refusal("partition() has an empty separator");
  const std::size_t at = last ? call.self.rfind(separator) : call.self.find(separator);
  if (at == std::string::npos) {
    const Value whole = call.text(call.self), none = call.text("");
    return last ? tuple_of({none, none, whole}) : tuple_of({whole, none, none});
  }
  return tuple_of({call.text(call.self.substr(0, at)), call.text(separator),
                   call.text(call.self.substr(at + separator.size()))});
}

Value without_affix(const Call& call, bool at_end) {
  const Bound given("removeprefix", call.arguments, {"/prefix"}, 1);
  const std::string& affix = given.text(0);
  std::string_view text = call.self;
  if (at_end && !affix.empty() && text.ends_with(affix)) text.remove_suffix(affix.size());
  if (!at_end && text.starts_with(affix)) text.remove_prefix(affix.size());
  return call.text(text);
}

// To a width: '<' to the left, '>' to the right, '^' in the middle, '0' behind a sign.
Value justified(const Call& call, char how) {
  const Bound given("ljust", call.arguments, {"/width", "/fillchar"}, 1);
  const std::string fill = how == '0' ? "0" : given.has(1) ? given.text(1) : " ";
  if (text::count_characters(fill) != 1) throw Refusal("the fill character is not one character");
  const std::int64_t size = static_cast<std::int64_t>(text::count_characters(call.self)),
                     width = given.whole(0, 0);
  const std::int64_t room = std::max<std::int64_t>(width, size) - size;
  call.budget().spend(static_cast<std::uint64_t>(room) * fill.size());
  const auto times = [&](std::int64_t count) {
    std::string out;
    for (std::int64_t i = 0; i < count; ++i) out += fill;
    return out;
  };
  // As CPython splits an odd room.
  const std::int64_t left = how == '^' ? room / 2 + (room & width & 1) : how == '<' ? 0 : room;
  const bool is_signed = how == '0' && !call.self.empty() && (call.self[0] == '-' || call.self[0] == '+');
  if (is_signed) return call.text(call.self.substr(0, 1) + times(left) + call.self.substr(1));
  return call.text(times(left) + call.self + times(room - left));
}

// Whether all characters are so, and there is one.
Value all_are(const Call& call, bool (*is)(std::int32_t)) {
  const Bound given("is...", call.arguments, {});
  const auto codes = codes_of(call.self);
  return Value(!codes.empty() && std::all_of(codes.begin(), codes.end(), is));
}

Value has_case(const Call& call, bool (*is)(std::int32_t), bool (*other)(std::int32_t)) {
  const auto codes = codes_of(call.self);
  return Value(std::any_of(codes.begin(), codes.end(), is) &&
               std::none_of(codes.begin(), codes.end(), other) &&
               std::none_of(codes.begin(), codes.end(), is_title));
}

Value in_case(const Call& call, std::string (*convert)(std::string_view)) {
  const Bound given("upper", call.arguments, {});
  call.budget().spend(3 * call.self.size());
  return call.text(convert(call.self));
}

using TextMethods = std::unordered_map<std::string, std::function<Value(const Call&)>>;

// Of what is in a text.
TextMethods content_methods() {
  return {
      {"strip", [](const Call& call) { return stripped(call, true, true); }},
      {"lstrip", [](const Call& call) { return stripped(call, true, false); }},
      {"rstrip", [](const Call& call) { return stripped(call, false, true); }},
      {"split", [](const Call& call) { return split_text(call, false); }},
      {"rsplit", [](const Call& call) { return split_text(call, true); }},
      {"splitlines", lines},
      {"startswith", [](const Call& call) { return has_affix(call, false); }},
      {"endswith", [](const Call& call) { return has_affix(call, true); }},
      {"find", [](const Call& call) { return found(call, false, false); }},
      {"rfind", [](const Call& call) { return found(call, true, false); }},
      {"index", [](const Call& call) { return found(call, false, true); }},
      {"rindex", [](const Call& call) { return found(call, true, true); }},
      {"count", counted},
      {"replace", replace},
      {"join", join},
      {"format",
       [](const Call& call) { return call.text(format_fields(call.budget(), call.self, call.arguments)); }},
      {"partition", [](const Call& call) { return partitioned(call, false); }},
      {"rpartition", [](const Call& call) { return partitioned(call, true); }},
      {"removeprefix", [](const Call& call) { return without_affix(call, false); }},
      {"removesuffix", [](const Call& call) { return without_affix(call, true); }},
  };
}

// Of its characters' cases and kinds, and of its width.
TextMethods character_methods() {
  return {
      {"ljust", [](const Call& call) { return justified(call, '<'); }},
      {"rjust", [](const Call& call) { return justified(call, '>'); }},
      {"center", [](const Call& call) { return justified(call, '^'); }},
      {"zfill", [](const Call& call) { return justified(call, '0'); }},
      {"upper", [](const Call& call) { return in_case(call, upper); }},
      {"lower", [](const Call& call) { return in_case(call, lower); }},
      {"title", [](const Call& call) { return in_case(call, title); }},
      {"capitalize", [](const Call& call) { return in_case(call, capitalize); }},
      {"swapcase", [](const Call& call) { return in_case(call, swap_case); }},
      {"isspace", [](const Call& call) { return all_are(call, is_space); }},
      {"isalpha", [](const Call& call) { return all_are(call, is_alphabetic); }},
      {"isdigit", [](const Call& call) { return all_are(call, is_digit); }},
      {"isdecimal", [](const Call& call) { return all_are(call, is_decimal); }},
      {"isnumeric", [](const Call& call) { return all_are(call, is_numeric); }},
      {"isalnum",
       [](const Call& call) {
         return all_are(call, [](std::int32_t code) {
           return is_alphabetic(code) || is_digit(code) || is_numeric(code);
         });
       }},
      {"islower", [](const Call& call) { return has_case(call, is_lower, is_upper); }},
      {"isupper", [](const Call& call) { return has_case(call, is_upper, is_lower); }},
  };
}

const TextMethods& methods() {
  static const TextMethods kMethods = [] {
    TextMethods all = content_methods();
    all.merge(character_methods());
    return all;
  }();
  return kMethods;
}

}  // namespace

Value call_text_method(Machine& machine, const Value& self, const std::string& name,
                       const CallArguments& arguments) {
  const auto found = methods().find(name);
  if (found == methods().end()) throw Refusal("the method " + name + "() of strings is not supported");
  machine.budget().step(self.as_text().size() / 16);
  if (!self.get<Text>()->markup) return found->second({machine, self.as_text(), arguments});
  throw Refusal("the methods of text that is marked as safe are not supported: leave out the filter safe");
}

}  // namespace gistmill::chat_template
