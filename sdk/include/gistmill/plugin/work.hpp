// Lets a plugin say how much work an operation did, so that the host can report how well it used the machine.
// Not a clock: the host measures time. Usable from any depth of a plugin; no LibTorch.
#pragma once

#include "gistmill/component.h"

namespace gistmill {
namespace detail {

inline gm_work empty_work() { return {sizeof(gm_work), 0, 0, 0}; }

// The account of the operation that runs on this thread; null outside of one.
inline gm_work*& account() {
  static thread_local gm_work* pointer = nullptr;
  return pointer;
}
// The account of what autograd will do for it; null where no vjp follows. Set by torch.hpp.
inline gm_work*& backward_account() {
  static thread_local gm_work* pointer = nullptr;
  return pointer;
}

// Sets a thread's account and puts back the one before.
class AccountScope {
 public:
  AccountScope(gm_work*& place, gm_work* work) : place_(place), before_(place) { place = work; }
  AccountScope(const AccountScope&) = delete;
  AccountScope& operator=(const AccountScope&) = delete;
  ~AccountScope() { place_ = before_; }

 private:
  gm_work*& place_;
  gm_work* before_;
};

class WorkScope : AccountScope {
 public:
  explicit WorkScope(gm_work* work) : AccountScope(account(), work) {}
};

class BackwardScope : AccountScope {
 public:
  explicit BackwardScope(gm_work* work) : AccountScope(backward_account(), work) {}
};

inline void count(const gm_work& done) {
  gm_work* work = account();
  if (work == nullptr) return;
  work->flops += done.flops;
  work->half_flops += done.half_flops;
  work->bytes += done.bytes;
}

}  // namespace detail

// Adds to the account of the operation, forward or vjp, that runs on this thread; does nothing outside of
// one. flops: of matrix products of f32 or f64 factors, a multiply-add counting 2, as the algorithm needs
// them. bytes: memory traffic that could not be avoided; optional. Work of a parallel loop is counted by the
// thread that starts the loop, not in its body.
inline void count_work(double flops, double bytes = 0) { detail::count({sizeof(gm_work), flops, 0, bytes}); }

// The same for products of bf16 or f16 factors, which are measured against another peak.
inline void count_half_work(double flops, double bytes = 0) {
  detail::count({sizeof(gm_work), 0, flops, bytes});
}

}  // namespace gistmill
