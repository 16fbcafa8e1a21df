// Lets long work end soon once its call was canceled: the user has asked twice to stop, or the call takes
// longer than run.call_seconds. Usable from any depth of a plugin, on the thread that the operation runs on;
// no LibTorch.
#pragma once

#include <cstdint>
#include <exception>

namespace gistmill {

// Leaves an operation; becomes GM_CANCELED.
struct Canceled : std::exception {
  const char* what() const noexcept override { return "canceled"; }
};

namespace detail {

// gm_call.cancel of the operation that runs on this thread; null outside of one.
inline const volatile std::int32_t*& cancel_flag() {
  static thread_local const volatile std::int32_t* pointer = nullptr;
  return pointer;
}

class CancelScope {
 public:
  explicit CancelScope(const volatile std::int32_t* flag) : before_(cancel_flag()) { cancel_flag() = flag; }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;
  ~CancelScope() { cancel_flag() = before_; }

 private:
  const volatile std::int32_t* before_;
};

}  // namespace detail

// To be called in long loops, some times a second; does nothing outside of an operation.
inline void stop_if_canceled() {
  const volatile std::int32_t* const flag = detail::cancel_flag();
  if (flag != nullptr && *flag != 0) throw Canceled();
}

}  // namespace gistmill
