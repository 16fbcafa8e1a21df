// The wire format of protocol buffers: tags, varints, lengths. Messages within the file are views of it.
#include "plugins/tokenizer/sentencepiece/model_file.hpp"

#include <cstring>
#include <gistmill/formats/torn.hpp>
#include <limits>

namespace gistmill::sentencepiece {
namespace {

struct Field {
  std::uint32_t number = 0;
  std::uint32_t wire = 0;   // 0 varint, 1 eight bytes, 2 bytes with a length, 5 four bytes
  std::uint64_t value = 0;  // where it is a number
  std::string_view bytes;   // where it is not
};

// The fields of one message, in order.
class Message {
 public:
  // start: offset of `bytes` in the file.
  Message(std::string_view bytes, std::uint64_t start, const std::string& file)
      : bytes_(bytes), start_(start), file_(file) {}

  // False at the end.
  bool next(Field* field) {
    if (at_ == bytes_.size()) return false;
    field_start_ = at_;
    const std::uint64_t tag = varint();
    *field = {};
    if (tag >> 3 == 0 || tag >> 32 != 0) fail("tag " + std::to_string(tag) + " is not a field of a message");
    field->number = static_cast<std::uint32_t>(tag >> 3);
    field->wire = static_cast<std::uint32_t>(tag & 7);
    switch (field->wire) {
      case 0:
        field->value = varint();
        break;
      case 1:
        field->bytes = take(8);
        break;
      case 2:
        field->bytes = take(varint());
        break;
      case 5:
        field->bytes = take(4);
        break;
      default:
        fail("field " + std::to_string(field->number) + " has unknown wire type " +
             std::to_string(field->wire));
    }
    return true;
  }

  Message inner(const Field& field) const {
    return {text(field), start_ + static_cast<std::uint64_t>(field.bytes.data() - bytes_.data()), file_};
  }
  std::string_view text(const Field& field) const {
    expect(field, 2, "bytes with a length");
    return field.bytes;
  }
  std::uint64_t number(const Field& field) const {
    expect(field, 0, "a number");
    return field.value;
  }
  std::int32_t int32(const Field& field) const { return static_cast<std::int32_t>(number(field)); }
  float float32(const Field& field) const {
    expect(field, 5, "four bytes");
    float value = 0;
    std::memcpy(&value, field.bytes.data(), sizeof value);
    return value;
  }
  [[noreturn]] void fail(const std::string& message) const {
    throw formats::FormatError(file_, start_ + field_start_, message);
  }

 private:
  void expect(const Field& field, std::uint32_t wire, const char* expected) const {
    if (field.wire == wire) return;
    fail("field " + std::to_string(field.number) + " has wire type " + std::to_string(field.wire) +
         " when it should be " + expected);
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == bytes_.size()) fail("a number is cut off");
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail("a number has more than ten bytes");
  }
  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size() - at_) {
      fail("has " + std::to_string(size) + " bytes when " + std::to_string(bytes_.size() - at_) +
           " are left" + formats::kTorn);
    }
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

  std::string_view bytes_;
  std::uint64_t start_;
  const std::string& file_;
  std::size_t at_ = 0;
  std::size_t field_start_ = 0;
};

void read_piece(Message message, ModelFile* file) {
  std::string_view text;
  float score = 0;
  std::uint64_t type = static_cast<std::uint64_t>(PieceType::kNormal);
  for (Field field; message.next(&field);) {
    if (field.number == 1) text = message.text(field);
    if (field.number == 2) score = message.float32(field);
    if (field.number != 3) continue;
    type = message.number(field);
    if (type < 1 || type > 6) message.fail("piece has type " + std::to_string(type) + ", expected 1 to 6");
  }
  file->pieces.add(text);
  file->scores.push_back(score);
  file->types.push_back(static_cast<PieceType>(type));
}

void read_trainer(Message message, ModelFile* file) {
  for (Field field; message.next(&field);) {
    switch (field.number) {
      case 3: {
        const std::uint64_t type = message.number(field);
        if (type < 1 || type > 4) message.fail("model type is " + std::to_string(type) + ", expected 1 to 4");
        file->model_type = static_cast<ModelType>(type);
        break;
      }
      case 24:
        file->whitespace_as_suffix = message.number(field) != 0;
        break;
      case 35:
        file->byte_fallback = message.number(field) != 0;
        break;
      case 40:
        file->unk = message.int32(field);
        break;
      case 41:
        file->bos = message.int32(field);
        break;
      case 42:
        file->eos = message.int32(field);
        break;
      case 43:
        file->pad = message.int32(field);
        break;
      default:
        break;
    }
  }
}

void read_normalizer(Message message, ModelFile* file) {
  for (Field field; message.next(&field);) {
    switch (field.number) {
      case 1:
        file->normalizer = message.text(field);
        break;
      case 2:
        file->character_map = message.text(field);
        break;
      case 3:
        file->add_dummy_prefix = message.number(field) != 0;
        break;
      case 4:
        file->remove_extra_whitespaces = message.number(field) != 0;
        break;
      case 5:
        file->escape_whitespaces = message.number(field) != 0;
        break;
      default:
        break;
    }
  }
}

}  // namespace

ModelFile parse_model_file(std::string_view bytes, const std::string& name) {
  ModelFile file;
  file.source = name;
  Message message(bytes, 0, name);
  for (Field field; message.next(&field);) {
    if (field.number == 1) read_piece(message.inner(field), &file);
    if (field.number == 2) read_trainer(message.inner(field), &file);
    if (field.number == 3) read_normalizer(message.inner(field), &file);
  }
  return file;
}

}  // namespace gistmill::sentencepiece
