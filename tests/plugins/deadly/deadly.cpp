// What a plugin can do to the process that it is in. Each way is harmless beyond that process.
#include <gistmill/plugin.hpp>
#include <gistmill/plugin/cancel.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

namespace {

using gistmill::Call;
using gistmill::Tensor;

// Deeper than any stack; a volatile page, so that nothing of it is left out.
int deeper(int depth) {  // NOLINT(misc-no-recursion)
  volatile char page[4096];
  page[0] = static_cast<char>(depth);
  return depth == 0 ? page[0] : deeper(depth + 1) + page[0];
}

// Whether a connection to this machine is refused for another reason than that nobody listens there.
bool has_no_network() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool unreachable =
      connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno == ENETUNREACH;
  close(descriptor);
  return unreachable;
}

void die(const std::string& way) {
  if (way == "abort") std::abort();
  if (way == "terminate") std::terminate();
  if (way == "exit") std::exit(0);
  if (way == "quick-exit") std::quick_exit(0);
  if (way == "kill") raise(SIGKILL);
  if (way == "segfault") {
    volatile int* volatile nowhere = nullptr;
    *nowhere = 1;
  }
  if (way == "stack") deeper(1);
  if (way == "divide") {
    volatile int zero = 0;
    volatile int result = 7 / zero;
    static_cast<void>(result);
  }
  if (way == "hang") {
    for (;;) gistmill::stop_if_canceled(), usleep(1000);
  }
  if (way == "deaf") {
    for (;;) usleep(1000);
  }
  if (way == "memory") {
    std::vector<std::vector<char>> all;
    for (;;) all.emplace_back(std::size_t{64} << 20, 1);
  }
  if (way == "folder" && chdir("/") != 0) std::abort();
  if (way == "descriptors") {  // standard output and error are no longer its own
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
  }
  if (way == "connect" && !has_no_network())
    throw gistmill::Error(GM_ERROR_USER, "there is a network", "way");
}

class Deadly {
 public:
  explicit Deadly(const gistmill::Options& options)
      : way_(options.string("way")),
        when_(options.string("when")),
        once_(options.string("once")),
        call_(options.integer("call")) {
    if (when_ == "create") die(way_);
  }
  ~Deadly() {
    if (when_ == "destroy") die(way_);
  }
  Deadly(const Deadly&) = delete;
  Deadly& operator=(const Deadly&) = delete;

  void start(const gistmill::Start&) {
    if (when_ == "start") die(way_);
  }

  Tensor pass(const Tensor& x) {
    if (when_ == "pass" && ++calls_ == call_ && is_first()) die(way_);
    return x;
  }
  std::vector<Tensor> pass_vjp(const Call&, const std::vector<Tensor>&,
                               const std::vector<Tensor>& gradients) const {
    return gradients;
  }

  std::string save_state() const { return std::to_string(calls_); }
  void load_state(std::string_view state) { calls_ = std::strtoll(std::string(state).c_str(), nullptr, 10); }

 private:
  bool is_first() const {
    return once_.empty() || close(open(once_.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0666)) == 0;
  }

  std::string way_;
  std::string when_;
  std::string once_;
  std::int64_t call_;
  std::int64_t calls_ = 0;
};

class Mortal {
 public:
  explicit Mortal(const gistmill::Options& options) : steps_(options.integers("steps")) {}

  Tensor pass(const Call& call, const Tensor& x) const {
    for (const std::int64_t step : steps_) {
      if (static_cast<std::uint64_t>(step) == call.step()) die("segfault");
    }
    return x;
  }
  std::vector<Tensor> pass_vjp(const Call&, const std::vector<Tensor>&,
                               const std::vector<Tensor>& gradients) const {
    return gradients;
  }

 private:
  std::vector<std::int64_t> steps_;
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<Deadly>("test/deadly").operation("pass", &Deadly::pass, &Deadly::pass_vjp),
    gistmill::component<Mortal>("test/mortal").operation("pass", &Mortal::pass, &Mortal::pass_vjp));
