// SHA-256 through OpenSSL, which uses the processor's own instructions where it has them.
#include "host/files/digest.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/files/descriptor.hpp"

namespace gistmill {
namespace {

constexpr std::size_t kPiece = 1u << 20;  // bytes read at once

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_) throw std::bad_alloc();
    expect(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  }

  void update(std::string_view bytes) {
    expect(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
  }

  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    expect(EVP_DigestFinal_ex(context_.get(), digest.data(), &size));
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
  }

 private:
  static void expect(int answer) {
    if (answer != 1) throw Failure(ExitCode::failed, "the SHA-256 of this system's OpenSSL does not work");
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  const auto fail = [&path](int error) {
    throw Failure(ExitCode::failed, fmt::format("cannot read {}: {}", path.string(), error_text(error)));
  };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) fail(errno);
  Sha256 digest;
  std::vector<char> piece(kPiece);
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno);
    if (got == 0) return digest.hex();
    digest.update({piece.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace gistmill
