// From a member function to the ABI's arrays of values: argument and result types are read off the
// function's signature. PortValue says how one type crosses; torch.hpp adds at::Tensor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "gistmill/plugin/object.hpp"
#include "gistmill/plugin/tensor.hpp"

namespace gistmill::detail {

// take() consumes the reference that the value holds and leaves NONE; give() makes one.
template <class V, class = void>
struct PortValue;

template <>
struct PortValue<Tensor> {
  static Tensor take(gm_value& value) {
    if (value.kind != GM_VALUE_TENSOR) throw Error(GM_ERROR_MISUSE, "a port that needs a tensor has none");
    value.kind = GM_VALUE_NONE;
    return Tensor::adopt(value.as.tensor);
  }
  static void give(const Tensor& tensor, gm_value& value) {
    value.as.tensor = tensor.share();
    value.kind = GM_VALUE_TENSOR;
  }
};

template <class T>
struct PortValue<std::shared_ptr<const T>> {
  static std::shared_ptr<const T> take(gm_value& value) {
    if (value.kind != GM_VALUE_OBJECT) throw Error(GM_ERROR_MISUSE, "a port that needs an object has none");
    value.kind = GM_VALUE_NONE;
    return ObjectHolder<T>::take(value.as.object);
  }
  static void give(std::shared_ptr<const T> object, gm_value& value) {
    value.as.object = ObjectHolder<T>::make(std::move(object));
    value.kind = GM_VALUE_OBJECT;
  }
};

template <class V>
struct PortValue<std::optional<V>> {
  static std::optional<V> take(gm_value& value) {
    if (value.kind == GM_VALUE_NONE) return std::nullopt;
    return PortValue<V>::take(value);
  }
};

inline void release(gm_value& value) {
  if (value.kind == GM_VALUE_TENSOR && value.as.tensor->deleter != nullptr) {
    value.as.tensor->deleter(value.as.tensor);
  } else if (value.kind == GM_VALUE_OBJECT) {
    value.as.object->release(value.as.object);
  }
  value.kind = GM_VALUE_NONE;
}

// The inputs of one call, in the caller's array: owned from the first moment, whatever is thrown later.
class Inputs {
 public:
  Inputs(gm_value* values, std::uint32_t count) : values_(values), count_(count) {}
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;
  ~Inputs() {
    for (std::uint32_t i = 0; i < count_; ++i) release(values_[i]);
  }
  gm_value& operator[](std::size_t i) { return values_[i]; }

 private:
  gm_value* values_;
  std::uint32_t count_;
};

inline void release(gm_tensor*& tensor) {
  gm_tensor* const held = std::exchange(tensor, nullptr);
  if (held != nullptr && held->deleter != nullptr) held->deleter(held);
}

// The same for an array of tensors, where null stands for none.
class GivenTensors {
 public:
  GivenTensors(gm_tensor** tensors, std::uint32_t count) : tensors_(tensors), count_(count) {}
  GivenTensors(const GivenTensors&) = delete;
  GivenTensors& operator=(const GivenTensors&) = delete;
  ~GivenTensors() {
    for (std::uint32_t i = 0; i < count_; ++i) release(tensors_[i]);
  }
  // The caller owns it from here on.
  gm_tensor* take(std::size_t i) { return std::exchange(tensors_[i], nullptr); }

 private:
  gm_tensor** tensors_;
  std::uint32_t count_;
};

// The signature of a member function, a leading `const Call&` split off.
template <class F>
struct Signature;
template <class C, class R, class... A>
struct SignatureOf {
  using Result = R;
  using Arguments = std::tuple<std::decay_t<A>...>;
  static constexpr bool takes_call = false;
};
template <class C, class R, class... A>
struct SignatureOf<C, R, const Call&, A...> {
  using Result = R;
  using Arguments = std::tuple<std::decay_t<A>...>;
  static constexpr bool takes_call = true;
};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...)> : SignatureOf<C, R, A...> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> : SignatureOf<C, R, A...> {};

template <class R>
struct ResultTuple {
  using type = std::tuple<R>;
};
template <>
struct ResultTuple<void> {
  using type = std::tuple<>;
};
template <class... R>
struct ResultTuple<std::tuple<R...>> {
  using type = std::tuple<R...>;
};

template <class F>
using ArgumentsOf = typename Signature<F>::Arguments;
template <class F>
using ResultsOf = typename ResultTuple<typename Signature<F>::Result>::type;

template <class F>
constexpr std::uint32_t input_count() {
  return std::tuple_size_v<ArgumentsOf<F>>;
}
template <class F>
constexpr std::uint32_t output_count() {
  return std::tuple_size_v<ResultsOf<F>>;
}

template <class Arguments, std::size_t... I>
Arguments take_all(Inputs& inputs, std::index_sequence<I...>) {
  return Arguments{PortValue<std::tuple_element_t<I, Arguments>>::take(inputs[I])...};
}

// Calls the member function with already converted arguments; the result is always a tuple.
template <class T, class F>
ResultsOf<F> invoke(T& object, F function, const Call& call, ArgumentsOf<F>& arguments) {
  const auto run = [&](auto&... argument) {
    if constexpr (Signature<F>::takes_call) {
      return (object.*function)(call, argument...);
    } else {
      return (object.*function)(argument...);
    }
  };
  using Result = typename Signature<F>::Result;
  if constexpr (std::is_void_v<Result>) {
    std::apply(run, arguments);
    return {};
  } else {
    return ResultsOf<F>(std::apply(run, arguments));
  }
}

template <class Results, std::size_t... I>
void give_all(Results&& results, gm_value* out, std::index_sequence<I...>) {
  std::uint32_t given = 0;
  try {
    ((PortValue<std::decay_t<std::tuple_element_t<I, std::decay_t<Results>>>>::give(
          std::get<I>(std::forward<Results>(results)), out[I]),
      ++given),
     ...);
  } catch (...) {
    for (std::uint32_t i = 0; i < given; ++i) release(out[i]);
    throw;
  }
}

inline void check_counts(std::uint32_t n, std::uint32_t expected_n, std::uint32_t m,
                         std::uint32_t expected_m) {
  if (n != expected_n || m != expected_m) {
    throw Error(GM_ERROR_MISUSE, "an operation was called with " + std::to_string(n) + " inputs and " +
                                     std::to_string(m) + " outputs when it has " +
                                     std::to_string(expected_n) + " and " + std::to_string(expected_m));
  }
}

// What a forward keeps for its vjp.
struct Tape {
  virtual ~Tape() = default;
};

// One operation of a component of class T.
template <class T>
struct Operation {
  virtual ~Operation() = default;
  virtual void forward(T& object, const gm_call* call, gm_value* in, std::uint32_t n, gm_value* out,
                       std::uint32_t m, std::unique_ptr<Tape>* tape) = 0;
  virtual void vjp(T& object, const gm_call* call, Tape& tape, GivenTensors& grad_out, std::uint32_t m,
                   gm_tensor** grad_in, std::uint32_t n) = 0;
  gm_operation_info info{};
};

struct NoVjp {};

// An operation on plain values; G is `std::vector<Tensor> (T::*)(const Call&, const std::vector<Tensor>&
// inputs, const std::vector<Tensor>& grad_outputs)`, or NoVjp.
template <class T, class F, class G>
struct PlainOperation final : Operation<T> {
  static constexpr bool has_vjp = !std::is_same_v<G, NoVjp>;

  struct InputTape final : Tape {
    std::vector<Tensor> inputs;
  };

  PlainOperation(const char* name, F forward_function, G vjp_function)
      : function(forward_function), reverse(vjp_function) {
    this->info = {sizeof(gm_operation_info), name, input_count<F>(), output_count<F>(), has_vjp ? 1u : 0u};
  }

  void forward(T& object, const gm_call* call, gm_value* in, std::uint32_t n, gm_value* out, std::uint32_t m,
               std::unique_ptr<Tape>* tape) override {
    Inputs inputs(in, n);
    check_counts(n, this->info.input_count, m, this->info.output_count);
    using Arguments = ArgumentsOf<F>;
    auto arguments = take_all<Arguments>(inputs, std::make_index_sequence<std::tuple_size_v<Arguments>>());
    auto results = invoke(object, function, Call(call), arguments);
    if constexpr (has_vjp) {
      if (tape != nullptr) {
        auto kept = std::make_unique<InputTape>();
        std::apply([&](auto&... argument) { (kept->inputs.push_back(as_tensor(argument)), ...); }, arguments);
        *tape = std::move(kept);
      }
    }
    give_all(std::move(results), out, std::make_index_sequence<std::tuple_size_v<ResultsOf<F>>>());
  }

  void vjp(T& object, const gm_call* call, Tape& tape, GivenTensors& grad_out, std::uint32_t m,
           gm_tensor** grad_in, std::uint32_t n) override {
    std::vector<Tensor> grads;
    for (std::uint32_t i = 0; i < m; ++i) grads.push_back(Tensor::adopt(grad_out.take(i)));
    if constexpr (has_vjp) {
      std::vector<Tensor> result = (object.*reverse)(Call(call), static_cast<InputTape&>(tape).inputs, grads);
      if (result.size() != n) throw Error(GM_ERROR_INTERNAL, "vjp gives another number of gradients");
      for (std::uint32_t i = 0; i < n; ++i) {
        if (Call(call).needs(i) && result[i]) grad_in[i] = result[i].share();
      }
    } else {
      throw Error(GM_ERROR_MISUSE, "vjp of an operation that has none");
    }
  }

 private:
  static Tensor as_tensor(const Tensor& tensor) { return tensor; }
  static Tensor as_tensor(const std::optional<Tensor>& tensor) { return tensor.value_or(Tensor()); }
  template <class Other>
  static Tensor as_tensor(const Other&) {
    return {};
  }

  F function;
  G reverse;
};

}  // namespace gistmill::detail
