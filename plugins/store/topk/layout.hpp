// What writer and reader of a teacher cache agree on; docs/teacher-cache.md is the same in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gistmill::topk {

constexpr char kFormat[] = "gistmill-topk";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kDigestBytes = 32;    // SHA-256 of a sequence's ids
constexpr std::int64_t kNarrowIds = 65536;  // all ids below it: stored as uint16

enum class Form { exact, int8 };
constexpr const char* form_name(Form form) { return form == Form::exact ? "exact" : "int8"; }

// What all rows of a file have in common.
struct Header {
  std::int64_t length = 0;  // T, tokens of a sequence
  std::int64_t tokens = 0;  // Q, most probable tokens of a row
  double temperature = 1;
  Form form = Form::exact;
  std::string teacher;  // component, options and digest of the model
};

// Bytes of one row of the file, of ids of this many bytes each.
std::size_t row_bytes(const Header& header, std::size_t id_bytes);

// Digest of the ids of a sequence, kDigestBytes raw bytes.
std::string ids_digest(const std::int32_t* ids, std::int64_t count);

// SHA-256 of the content, hexadecimal; `sequences` is that of all sequences, one after the other (Content).
std::string digest_of(const Header& header, std::uint64_t count, const std::string& sequences);

}  // namespace gistmill::topk
