// A component as the ABI sees it: a class T, its operations, and those optional members that T has.
// Which optional interfaces an instance offers is read off T's member functions; nothing is registered.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gistmill/extensions.h"
#include "gistmill/plugin/bind.hpp"
#include "gistmill/plugin/decision.hpp"

namespace gistmill {

// Parameters that the host sees in place. torch::Component has one; another runtime derives its own.
class ParameterSet {
 public:
  virtual ~ParameterSet() = default;
  virtual std::uint32_t count() const = 0;
  virtual const gm_param_info* describe(std::uint32_t index) const = 0;
  virtual gm_tensor* share(std::uint32_t index) = 0;                         // the caller owns the handle
  virtual void bind_gradient(std::uint32_t index, gm_tensor* gradient) = 0;  // takes ownership
};

// What an object is made of, by name: how it crosses to and from the host's cache.
template <class V>
using NamedTensors = std::vector<std::pair<std::string, V>>;

namespace detail {

template <class T, class = void>
struct HasStart : std::false_type {};
template <class T>
struct HasStart<T, std::void_t<decltype(std::declval<T&>().start(std::declval<const Start&>()))>>
    : std::true_type {};

template <class T, class = void>
struct HasSymbol : std::false_type {};
template <class T>
struct HasSymbol<T, std::void_t<decltype(std::declval<T&>().symbol(std::string_view()))>> : std::true_type {};

template <class T, class = void>
struct HasDigest : std::false_type {};
template <class T>
struct HasDigest<T, std::void_t<decltype(std::declval<T&>().digest())>> : std::true_type {};

template <class T, class = void>
struct HasDescribe : std::false_type {};
template <class T>
struct HasDescribe<T, std::void_t<decltype(std::string(std::declval<T&>().describe()))>> : std::true_type {};

template <class T, class = void>
struct HasState : std::false_type {};
template <class T>
struct HasState<T, std::void_t<decltype(std::declval<T&>().save_state()),
                               decltype(std::declval<T&>().load_state(std::string_view()))>>
    : std::true_type {};

template <class T, class = void>
struct HasStore : std::false_type {};
template <class T>
struct HasStore<T, std::void_t<decltype(std::declval<T&>().begin(std::string(), std::string())),
                               decltype(std::declval<T&>().commit())>> : std::true_type {};

// on_event(json): of a monitor it gives a Decision.
template <class T, class = void>
struct HasEvents : std::false_type {};
template <class T>
struct HasEvents<T, std::void_t<decltype(std::declval<T&>().on_event(std::string_view()))>>
    : std::negation<std::is_same<decltype(std::declval<T&>().on_event(std::string_view())), Decision>> {};

template <class T, class = void>
struct HasMonitor : std::false_type {};
template <class T>
struct HasMonitor<T, std::void_t<decltype(std::declval<T&>().on_event(std::string_view()))>>
    : std::is_same<decltype(std::declval<T&>().on_event(std::string_view())), Decision> {};

// encode_object(const X&) -> NamedTensors<V>, decode_object(NamedTensors<V>) -> std::shared_ptr<const X>.
template <class F>
struct EncodedArgument;
template <class C, class V, class X>
struct EncodedArgument<NamedTensors<V> (C::*)(const X&) const> {
  using object = X;
  using tensor = V;
};
template <class T, class = void>
struct HasCodec : std::false_type {};
template <class T>
struct HasCodec<T, std::void_t<typename EncodedArgument<decltype(&T::encode_object)>::object,
                               decltype(&T::decode_object)>> : std::true_type {};

template <class T, class = void>
struct HasParameters : std::false_type {};
template <class T>
struct HasParameters<T, std::void_t<decltype(std::declval<T&>().parameter_set())>> : std::true_type {};

template <class T, class = void>
struct HasPlace : std::false_type {};
template <class T>
struct HasPlace<T, std::void_t<decltype(std::declval<T&>().place_on(std::declval<const Start&>()))>>
    : std::true_type {};

// bind(std::vector<B>), where B has name, flags, parameter and gradient.
template <class F>
struct BoundArgument;
template <class C, class B>
struct BoundArgument<void (C::*)(std::vector<B>)> {
  using type = B;
};
template <class T, class = void>
struct HasOptimizer : std::false_type {};
template <class T>
struct HasOptimizer<T, std::void_t<typename BoundArgument<decltype(&T::bind)>::type>> : std::true_type {};

// What every gm_instance is behind its opaque pointer. Members that a component lacks are never called,
// because extension() then answers null for their interface.
class InstanceBase {
 public:
  virtual ~InstanceBase() = default;
  virtual void start(const Start& start) = 0;
  virtual void forward(std::uint32_t operation, const gm_call* call, gm_value* in, std::uint32_t n,
                       gm_value* out, std::uint32_t m, std::unique_ptr<Tape>* tape) = 0;
  virtual void vjp(std::uint32_t operation, const gm_call* call, Tape& tape, GivenTensors& grad_out,
                   std::uint32_t m, gm_tensor** grad_in, std::uint32_t n) = 0;
  virtual bool offers(std::string_view extension) const = 0;
  virtual std::int64_t symbol(std::string_view) { return -1; }
  virtual const std::string& digest() = 0;
  virtual const std::string& describe() = 0;
  virtual std::string save_state() { return {}; }
  virtual void load_state(std::string_view) {}
  virtual bool knows_object(std::string_view) { return false; }
  virtual void encode_object(const gm_object*, gm_tensor_sink*) {}
  virtual gm_object* decode_object(const char* const*, GivenTensors&, std::uint32_t) { return nullptr; }
  virtual void begin(const std::string&, const std::string&) {}
  virtual void commit() {}
  virtual void on_event(std::string_view) {}
  virtual void decide(std::string_view, gm_decision&) {}
  virtual ParameterSet* parameters() { return nullptr; }
  virtual void bind(const gm_param_info* const*, GivenTensors&, GivenTensors&, std::uint32_t) {}
  virtual void optimizer_step(std::uint64_t, const double*, std::uint32_t) {}
};

class ComponentBase {
 public:
  virtual ~ComponentBase() = default;
  virtual const gm_component_info& info() const = 0;
  virtual std::unique_ptr<InstanceBase> create(const Options& options) const = 0;
};
using ComponentList = std::vector<std::unique_ptr<ComponentBase>>;

template <class T>
using OperationList = std::vector<std::unique_ptr<Operation<T>>>;

template <class T>
class Instance final : public InstanceBase {
 public:
  Instance(const OperationList<T>& operations, const Options& options)
      : operations_(operations), object_(make(options)) {}

  void start(const Start& start) override {
    if constexpr (HasPlace<T>::value) object_.place_on(start);
    if constexpr (HasStart<T>::value) object_.start(start);
  }
  void forward(std::uint32_t operation, const gm_call* call, gm_value* in, std::uint32_t n, gm_value* out,
               std::uint32_t m, std::unique_ptr<Tape>* tape) override {
    find(operation).forward(object_, call, in, n, out, m, tape);
  }
  void vjp(std::uint32_t operation, const gm_call* call, Tape& tape, GivenTensors& grad_out, std::uint32_t m,
           gm_tensor** grad_in, std::uint32_t n) override {
    find(operation).vjp(object_, call, tape, grad_out, m, grad_in, n);
  }

  bool offers(std::string_view extension) const override {
    return (HasSymbol<T>::value && extension == GM_SYMBOLS_EXTENSION) ||
           (HasDigest<T>::value && extension == GM_IDENTITY_EXTENSION) ||
           (HasDescribe<T>::value && extension == GM_DESCRIBE_EXTENSION) ||
           (HasParameters<T>::value && extension == GM_PARAMS_EXTENSION) ||
           (HasState<T>::value && extension == GM_STATE_EXTENSION) ||
           (HasCodec<T>::value && extension == GM_CODEC_EXTENSION) ||
           (HasOptimizer<T>::value && extension == GM_OPTIMIZER_EXTENSION) ||
           (HasStore<T>::value && extension == GM_STORE_EXTENSION) ||
           (HasEvents<T>::value && extension == GM_EVENTS_EXTENSION) ||
           (HasMonitor<T>::value && extension == GM_MONITOR_EXTENSION);
  }

  std::int64_t symbol(std::string_view name) override {
    if constexpr (HasSymbol<T>::value) return object_.symbol(name);
    return -1;
  }
  const std::string& digest() override {
    if constexpr (HasDigest<T>::value) {
      if (digest_.empty()) digest_ = object_.digest();
    }
    return digest_;
  }
  const std::string& describe() override {
    if constexpr (HasDescribe<T>::value) {
      if (description_.empty()) description_ = object_.describe();
    }
    return description_;
  }
  std::string save_state() override {
    if constexpr (HasState<T>::value) return object_.save_state();
    return {};
  }
  void load_state([[maybe_unused]] std::string_view bytes) override {
    if constexpr (HasState<T>::value) object_.load_state(bytes);
  }
  bool knows_object([[maybe_unused]] std::string_view type) override {
    if constexpr (HasCodec<T>::value) {
      return type == ObjectType<typename EncodedArgument<decltype(&T::encode_object)>::object>::name;
    }
    return false;
  }
  void encode_object([[maybe_unused]] const gm_object* object,
                     [[maybe_unused]] gm_tensor_sink* sink) override {
    if constexpr (HasCodec<T>::value) {
      using Encoded = EncodedArgument<decltype(&T::encode_object)>;
      const auto value = ObjectHolder<typename Encoded::object>::open(object);
      for (const auto& [name, tensor] : object_.encode_object(*value)) {
        gm_value given{GM_VALUE_NONE, 0, {}};
        PortValue<typename Encoded::tensor>::give(tensor, given);
        if (sink->put(sink, name.c_str(), given.as.tensor) != GM_OK)
          throw Error(GM_ERROR_UNAVAILABLE, "the host could not take '" + name + "'");
      }
    }
  }
  gm_object* decode_object([[maybe_unused]] const char* const* names, [[maybe_unused]] GivenTensors& tensors,
                           [[maybe_unused]] std::uint32_t n) override {
    if constexpr (HasCodec<T>::value) {
      using Encoded = EncodedArgument<decltype(&T::encode_object)>;
      NamedTensors<typename Encoded::tensor> given;
      for (std::uint32_t i = 0; i < n; ++i) {
        gm_value value = tensor_value(tensors.take(i));
        given.emplace_back(names[i], PortValue<typename Encoded::tensor>::take(value));
      }
      return ObjectHolder<typename Encoded::object>::make(object_.decode_object(std::move(given)));
    }
    return nullptr;
  }
  void begin([[maybe_unused]] const std::string& path,
             [[maybe_unused]] const std::string& provenance) override {
    if constexpr (HasStore<T>::value) object_.begin(path, provenance);
  }
  void commit() override {
    if constexpr (HasStore<T>::value) object_.commit();
  }
  void on_event([[maybe_unused]] std::string_view json) override {
    if constexpr (HasEvents<T>::value) object_.on_event(json);
  }
  void decide([[maybe_unused]] std::string_view json, [[maybe_unused]] gm_decision& out) override {
    if constexpr (HasMonitor<T>::value) {
      decision_ = object_.on_event(json);
      out.action = decision_.action;
      out.factor = decision_.factor;
      out.reason = decision_.reason.c_str();
    }
  }
  ParameterSet* parameters() override {
    if constexpr (HasParameters<T>::value) return &object_.parameter_set();
    return nullptr;
  }
  void bind([[maybe_unused]] const gm_param_info* const* infos, [[maybe_unused]] GivenTensors& parameters,
            [[maybe_unused]] GivenTensors& gradients, [[maybe_unused]] std::uint32_t n) override {
    if constexpr (HasOptimizer<T>::value) {
      using Bound = typename BoundArgument<decltype(&T::bind)>::type;
      using Value = PortValue<decltype(Bound::parameter)>;
      std::vector<Bound> bound(n);
      for (std::uint32_t i = 0; i < n; ++i) {
        gm_value parameter = tensor_value(parameters.take(i));
        gm_value gradient = tensor_value(gradients.take(i));
        bound[i].name = infos[i]->name;
        bound[i].flags = infos[i]->flags;
        bound[i].parameter = Value::take(parameter);
        bound[i].gradient = Value::take(gradient);
      }
      object_.bind(std::move(bound));
    }
  }
  void optimizer_step([[maybe_unused]] std::uint64_t step, [[maybe_unused]] const double* learning_rates,
                      [[maybe_unused]] std::uint32_t n) override {
    if constexpr (HasOptimizer<T>::value)
      object_.step(step, std::vector<double>(learning_rates, learning_rates + n));
  }

 private:
  static T make([[maybe_unused]] const Options& options) {
    if constexpr (std::is_constructible_v<T, const Options&>) {
      return T(options);
    } else {
      return T();
    }
  }
  static gm_value tensor_value(gm_tensor* tensor) {
    gm_value value{GM_VALUE_TENSOR, 0, {}};
    value.as.tensor = tensor;
    return value;
  }
  Operation<T>& find(std::uint32_t operation) const {
    if (operation >= operations_.size()) throw Error(GM_ERROR_MISUSE, "an operation number past the last");
    return *operations_[operation];
  }

  const OperationList<T>& operations_;
  T object_;
  std::string digest_;
  std::string description_;
  Decision decision_;  // the last one: its reason is read until the next call
};

// Makes the operation for a class and its functions; torch.hpp has one for classes on LibTorch.
template <class T, class = void>
struct OperationMaker {
  template <class F, class G>
  static std::unique_ptr<Operation<T>> make(const char* name, F function, G vjp) {
    return std::make_unique<PlainOperation<T, F, G>>(name, function, vjp);
  }
};

template <class T>
class Component final : public ComponentBase {
 public:
  Component(const char* name, OperationList<T> operations) : operations_(std::move(operations)) {
    for (const auto& operation : operations_) infos_.push_back(&operation->info);
    info_ = {sizeof(gm_component_info), name, static_cast<std::uint32_t>(infos_.size()), infos_.data()};
  }
  const gm_component_info& info() const override { return info_; }
  std::unique_ptr<InstanceBase> create(const Options& options) const override {
    return std::make_unique<Instance<T>>(operations_, options);
  }

 private:
  OperationList<T> operations_;
  std::vector<const gm_operation_info*> infos_;
  gm_component_info info_{};
};

}  // namespace detail

// Collects the operations of class T; see GISTMILL_PLUGIN. Names must be string literals.
template <class T>
class ComponentBuilder {
 public:
  explicit ComponentBuilder(const char* name) : name_(name) {}

  // function: a member function; inputs and outputs in the manifest's order.
  template <class F>
  ComponentBuilder&& operation(const char* name, F function) && {
    operations_.push_back(detail::OperationMaker<T>::make(name, function, detail::NoVjp{}));
    return std::move(*this);
  }
  // The same with its vector-Jacobian product, for classes without LibTorch.
  template <class F, class G>
  ComponentBuilder&& operation(const char* name, F function, G vjp) && {
    operations_.push_back(detail::OperationMaker<T>::make(name, function, vjp));
    return std::move(*this);
  }

  std::unique_ptr<detail::ComponentBase> build() {
    return std::make_unique<detail::Component<T>>(name_, std::move(operations_));
  }

 private:
  const char* name_;
  detail::OperationList<T> operations_;
};

template <class T>
ComponentBuilder<T> component(const char* name) {
  return ComponentBuilder<T>(name);
}

namespace detail {

template <class... Builder>
ComponentList collect(Builder&&... builders) {
  ComponentList list;
  (list.push_back(builders.build()), ...);
  return list;
}

}  // namespace detail
}  // namespace gistmill
