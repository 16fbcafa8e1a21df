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

}  // namespace

void TokenStore::begin(const std::string& path, const std::string& provenance) {
  if (writer_) throw Error(GM_ERROR_MISUSE, "begin was called while another file is being written");
  translated("", [&] { writer_ = std::make_unique<formats::TokenFileWriter>(path, provenance); });
}

void TokenStore::append(const Tensor& tokens, const Tensor& name, const Tensor& split) {
  const std::string_view text(reinterpret_cast<const char*>(name.data<std::uint8_t>()),
                              static_cast<std::size_t>(name.size()));
  translated("tokens", [&] {
    writer().append(tokens.data<std::int32_t>(), static_cast<std::size_t>(tokens.size()), text,
                    *split.data<std::int32_t>());
  });
}

void TokenStore::commit() {
  translated("", [&] { writer().commit(); });
  writer_.reset();
}

formats::TokenFileWriter& TokenStore::writer() {
  if (!writer_) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  return *writer_;
}

}  // namespace gistmill::store
