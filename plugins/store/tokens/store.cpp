// From the formats' errors to the ABI's.
#include "plugins/store/tokens/store.hpp"

#include <string_view>
#include <utility>

namespace gistmill::store {
namespace {

template <class Body>
void translated(const char* key, Body&& body) {
  try {
    body();
  } catch (const formats::WriteError& error) {
    throw Error(GM_ERROR_UNAVAILABLE, error.what());
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), key);
  }
}

LengthLimits limits_of(const Options& options) {
  LengthLimits limits;
  limits.longest = static_cast<std::size_t>(options.integer("longest"));
  limits.shortest = static_cast<std::size_t>(options.integer("shortest"));
  const std::string below = options.string("short");
  limits.below = below == "drop"           ? LengthLimits::Short::drop
                 : below == "join-or-drop" ? LengthLimits::Short::join_or_drop
                                           : LengthLimits::Short::join;
  limits.join = options.string("join") == "folder" ? LengthLimits::Join::folder : LengthLimits::Join::file;
  for (const std::int64_t id : options.integers("between"))
    limits.between.push_back(static_cast<std::int32_t>(id));
  if (limits.longest != 0 && limits.longest < 2 * limits.shortest) {
    throw Error(GM_ERROR_USER,
                "longest is " + std::to_string(limits.longest) +
                    " when it should be at least twice shortest, " + std::to_string(2 * limits.shortest) +
                    ": what is cut must not become too short",
                "longest");
  }
  return limits;
}

std::string said(const Lengths::Counts& counts) {
  std::string text;
  const auto say = [&](std::size_t count, const std::string& what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + what;
  };
  say(counts.cut, " documents cut into " + std::to_string(counts.pieces));
  say(counts.joined, " joined to " + std::to_string(counts.groups));
  say(counts.dropped, " left out as too short");
  return text;
}

}  // namespace

TokenStore::TokenStore(const Options& options) : limits_(limits_of(options)) {}

void TokenStore::begin(const std::string& path, const std::string& provenance) {
  if (writer_) throw Error(GM_ERROR_MISUSE, "begin was called while another file is being written");
  translated("", [&] { writer_ = std::make_unique<formats::TokenFileWriter>(path, provenance); });
  if (limits_.none()) return;
  lengths_ = std::make_unique<Lengths>(limits_, [this](const TokenDocument& document) {
    write(document.tokens.data(), document.tokens.size(), document.name, document.split);
  });
}

void TokenStore::append(const Tensor& tokens, const Tensor& name, const Tensor& split) {
  const std::string_view text(reinterpret_cast<const char*>(name.data<std::uint8_t>()),
                              static_cast<std::size_t>(name.size()));
  const auto* ids = tokens.data<std::int32_t>();
  const auto count = static_cast<std::size_t>(tokens.size());
  writer();  // misuse is said here, not where a neighbor comes
  if (lengths_) {
    lengths_->add({std::string(text), {ids, ids + count}, *split.data<std::int32_t>()});
  } else {
    write(ids, count, text, *split.data<std::int32_t>());
  }
}

void TokenStore::write(const std::int32_t* tokens, std::size_t count, std::string_view name,
                       std::int32_t split) {
  translated("tokens", [&] { writer().append(tokens, count, name, split); });
}

void TokenStore::finish_lengths() {
  if (!lengths_) return;
  lengths_->finish();
  const Lengths::Counts& counts = lengths_->counts();
  const std::string text = said(counts);
  if (!text.empty()) log(GM_LOG_INFO, text);
}

void TokenStore::commit() {
  writer();
  finish_lengths();
  translated(lengths_ ? "shortest" : "", [&] { writer().commit(); });
  writer_.reset();
  lengths_.reset();
}

formats::TokenFileWriter& TokenStore::writer() {
  if (!writer_) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  return *writer_;
}

}  // namespace gistmill::store
