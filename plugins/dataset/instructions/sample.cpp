#include "plugins/dataset/instructions/sample.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "plugins/dataset/common/clean.hpp"
#include "plugins/dataset/common/document_source.hpp"

namespace gistmill::dataset {
namespace {

using formats::JsonCursor;
using formats::JsonKind;

struct Message {
  std::string role;
  std::string content;
};

// Text, or null where there is none; LF line ends.
std::string text_or_null(JsonCursor& cursor, const std::string& field) {
  const JsonKind kind = cursor.kind();
  if (kind == JsonKind::kNull) {
    cursor.null();
    return "";
  }
  if (kind != JsonKind::kString) {
    cursor.fail("field '" + field + "' is " + formats::json_kind_name(kind) + " when it should be a string");
  }
  return clean_text(cursor.string().text()).text;
}

void take(JsonCursor& cursor, const std::string& field, std::optional<std::string>& held) {
  if (held) cursor.fail("field '" + field + "' is there twice");
  held = text_or_null(cursor, field);
}

Message read_message(JsonCursor& cursor) {
  const std::size_t begin = cursor.at();
  std::optional<std::string> role, content;
  if (cursor.kind() != JsonKind::kObject) cursor.fail("a message should be an object with role and content");
  cursor.members([&](const formats::JsonString& key) {
    const std::string name = key.text();
    if (name == "role") return take(cursor, name, role);
    if (name == "content") return take(cursor, name, content);
    cursor.skip();
  });
  if (!role || !content) cursor.fail_at(begin, "a message should have role and content");
  return {std::move(*role), std::move(*content)};
}

std::vector<Message> read_messages(JsonCursor& cursor, const std::string& field) {
  if (const JsonKind kind = cursor.kind(); kind != JsonKind::kArray) {
    cursor.fail("field '" + field + "' is " + formats::json_kind_name(kind) +
                " when it should be a list of messages");
  }
  std::vector<Message> messages;
  cursor.elements([&] { messages.push_back(read_message(cursor)); });
  return messages;
}

Sample sample_of(std::vector<Message> messages, const JsonCursor& cursor, std::size_t begin) {
  Sample sample;
  sample.from_system = !messages.empty() && messages[0].role == "system";
  const std::size_t question = sample.from_system ? 1 : 0;
  const bool sound = messages.size() >= question + 2 && messages[question].role == "user" &&
                     messages[question + 1].role == "assistant";
  if (!sound) {
    cursor.fail_at(begin,
                   "a conversation should begin with a message of the user and one of the assistant, behind "
                   "at most one of the system");
  }
  sample.output = std::move(messages[question + 1].content);
  sample.shortened = messages.size() > question + 2;
  if (sample.from_system) sample.input = std::move(messages[1].content);
  sample.instruction = std::move(messages[0].content);
  return sample;
}

// What an object has of the fields.
struct Found {
  std::optional<std::string> instruction, input, output;
  std::optional<std::vector<Message>> messages;
};

Found read_fields(JsonCursor& cursor, const SampleFields& fields) {
  Found found;
  cursor.members([&](const formats::JsonString& key) {
    const std::string name = key.text();
    if (name == fields.instruction) return take(cursor, name, found.instruction);
    if (name == fields.input) return take(cursor, name, found.input);
    if (name == fields.output) return take(cursor, name, found.output);
    if (name != fields.messages) return cursor.skip();
    if (found.messages) cursor.fail("field '" + name + "' is there twice");
    found.messages = read_messages(cursor, name);
  });
  return found;
}

}  // namespace

Sample read_sample(JsonCursor& cursor, const SampleFields& fields) {
  const JsonKind kind = cursor.kind();
  const std::size_t begin = cursor.at();
  if (kind != JsonKind::kObject) {
    cursor.skip();  // which fails where it only begins like one
    cursor.fail_at(
        begin, std::string("a sample is ") + formats::json_kind_name(kind) + " when it should be an object");
  }
  Found found = read_fields(cursor, fields);
  if (found.messages) {
    Sample sample = sample_of(std::move(*found.messages), cursor, begin);
    if (is_blank(sample.instruction)) cursor.fail_at(begin, "the sample's first message is empty");
    if (is_blank(sample.output)) cursor.fail_at(begin, "the sample's answer is empty");
    return sample;
  }
  const auto need = [&](const std::optional<std::string>& held, const std::string& field) {
    if (!held) cursor.fail_at(begin, "the sample has no field '" + field + "'");
    if (is_blank(*held)) cursor.fail_at(begin, "the sample's " + field + " is empty");
  };
  need(found.instruction, fields.instruction);
  need(found.output, fields.output);
  Sample sample;
  sample.instruction = std::move(*found.instruction);
  sample.output = std::move(*found.output);
  if (found.input && !is_blank(*found.input)) sample.input = std::move(*found.input);
  return sample;
}

}  // namespace gistmill::dataset
