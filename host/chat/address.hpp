// An address that a server listens at.
#pragma once

#include <string>
#include <string_view>

namespace gistmill {

struct Address {
  std::string host;
  int port = 0;  // 0: any that is free
  bool is_loopback() const;
};
// "127.0.0.1:8080", "[::1]:8080", "localhost:8080". Throws Failure (ExitCode::usage).
Address parse_address(const std::string& text);

// Whether a host is this machine to itself: "localhost", "127.1.2.3", "::1".
bool names_loopback(std::string_view host);

}  // namespace gistmill
