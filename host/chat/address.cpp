#include "host/chat/address.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <system_error>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

bool names_loopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1" || host.starts_with("127.");
}

bool Address::is_loopback() const { return names_loopback(host); }

Address parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  Address address;
  if (colon != std::string::npos) {
    address.host = text.substr(0, colon);
    if (address.host.starts_with('[') && address.host.ends_with(']'))
      address.host = address.host.substr(1, address.host.size() - 2);
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    const bool is_port = error == std::errc() && rest == end && address.port >= 0 && address.port <= 65535;
    if (is_port && !address.host.empty()) return address;
  }
  throw Failure(
      ExitCode::usage,
      fmt::format("--http is '{}' when it should be an address and a port, such as 127.0.0.1:8080", text));
}

}  // namespace gistmill
