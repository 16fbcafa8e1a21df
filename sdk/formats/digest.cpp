// SHA-256 through OpenSSL's EVP interface.
#include <gistmill/formats/digest.hpp>

#include <openssl/evp.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::formats {
namespace {

void expect_success(int result) {
  if (result != 1) throw FormatError("OpenSSL could not compute SHA-256");
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  expect_success(context_->evp != nullptr);
  expect_success(EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::update(const void* data, std::size_t size) {
  expect_success(EVP_DigestUpdate(context_->evp, data, size));
}

void Sha256::update_field(std::string_view field) {
  unsigned char length[8];
  for (int i = 0; i < 8; ++i) length[i] = static_cast<unsigned char>(std::uint64_t{field.size()} >> (8 * i));
  update(length, sizeof length);
  update(field);
}

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
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
  constexpr std::size_t kPiece = 1 << 20;  // bytes
  try {
    const files::Descriptor file = files::open_to_read(path);
    Sha256 sha;
    std::string buffer(kPiece, '\0');
    for (std::size_t got = kPiece; got == kPiece;) {
      const files::Transferred moved = files::read(file.get(), buffer.data(), kPiece);
      if (moved.error != 0) throw files::FileError("read", path, moved.error);
      got = moved.bytes;
      sha.update(buffer.data(), got);
    }
    return sha.hex();
  } catch (const files::FileError& error) {
    throw FormatError(error.what());
  }
}

}  // namespace gistmill::formats
