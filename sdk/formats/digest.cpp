// SHA-256 through OpenSSL's EVP interface.
#include <gistmill/formats/digest.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::formats {
namespace {

void expect_success(int result) {
  if (result != 1) throw FormatError("OpenSSL could not compute SHA-256");
}

}  // namespace

// A vocabulary has hundreds of thousands of fields of a few bytes, and a call of OpenSSL costs as much as
// hashing two hundred: small pieces are gathered first.
struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  std::array<char, 4096> gathered;
  std::size_t size = 0;  // of what is gathered

  ~Context() { EVP_MD_CTX_free(evp); }

  void hash(const void* data, std::size_t bytes) { expect_success(EVP_DigestUpdate(evp, data, bytes)); }
  void flush() {
    if (size > 0) hash(gathered.data(), size);
    size = 0;
  }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  expect_success(context_->evp != nullptr);
  expect_success(EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::update(const void* data, std::size_t size) {
  if (size == 0) return;
  if (size > context_->gathered.size() - context_->size) context_->flush();
  if (size > context_->gathered.size()) return context_->hash(data, size);
  std::memcpy(context_->gathered.data() + context_->size, data, size);
  context_->size += size;
}

void Sha256::update_field(std::string_view field) {
  std::array<unsigned char, 8> length;
  for (std::size_t i = 0; i < length.size(); ++i)
    length[i] = static_cast<unsigned char>(std::uint64_t{field.size()} >> (8 * i));
  Context& context = *context_;
  if (context.size + length.size() + field.size() > context.gathered.size()) {
    update(length.data(), length.size());
    return update(field);
  }
  // Both fit, which of a vocabulary nearly all do.
  char* const end = context.gathered.data() + context.size;
  std::memcpy(end, length.data(), length.size());
  std::copy(field.begin(), field.end(), end + length.size());
  context.size += length.size() + field.size();
}

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  context_->flush();
  expect_success(EVP_DigestFinal_ex(context_->evp, digest, &size));
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(std::size_t{2} * size);
  for (unsigned int i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 sha;
  sha.update(bytes);
  return sha.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  try {
    return sha256_file(files::open_to_read(path), path);
  } catch (const files::FileError& error) {
    throw FormatError(error.what());
  }
}

std::string sha256_file(const files::Descriptor& file, const std::filesystem::path& path) {
  constexpr std::size_t kPiece = 1 << 17;  // bytes: few reads, and a buffer that stays in a core's cache
  Sha256 sha;
  std::string buffer(kPiece, '\0');
  for (std::size_t got = kPiece; got == kPiece;) {
    const files::Transferred moved = files::read(file.get(), buffer.data(), kPiece);
    if (moved.error != 0) throw FormatError(files::FileError("read", path, moved.error).what());
    got = moved.bytes;
    sha.update(buffer.data(), got);
  }
  return sha.hex();
}

}  // namespace gistmill::formats
