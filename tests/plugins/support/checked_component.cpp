// See checked_component.hpp.
#include "tests/plugins/support/checked_component.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "host/check/checking_proxy.hpp"
#include "host/check/violation.hpp"
#include "host/registry/contract.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill::test {
namespace {

// Never destroyed: as long as the plugin, which is never closed.
const ComponentSpec* spec_of(const std::string& library, const std::string& component) {
  static auto* const manifests = new std::map<std::string, Manifest>;
  auto found = manifests->find(library);
  if (found == manifests->end()) {
    std::vector<RefusedFile> refused;
    const auto contracts = find_contracts({GISTMILL_CONTRACTS_FOLDER}, refused);
    found = manifests->emplace(library, parse_manifest(read_embedded_manifest(library), library, contracts))
                .first;
  }
  return found->second.component(component);
}

const gm_entry& entry_of(const std::string& library) {
  void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed, as in the host
  if (handle == nullptr) throw std::runtime_error(::dlerror());
  const auto* entry = static_cast<const gm_entry*>(::dlsym(handle, "gm_plugin"));
  if (entry == nullptr) throw std::runtime_error(::dlerror());
  return *entry;
}

const gm_component_info& info_of(const gm_component_interface& plugin, const std::string& component) {
  for (std::uint32_t i = 0; i < plugin.count(); ++i) {
    if (component == plugin.describe(i)->name) return *plugin.describe(i);
  }
  throw std::runtime_error("no component " + component);
}

void expect_no_violation() {
  for (const Violation& violation : take_violations())
    ADD_FAILURE() << "the contract of the ABI was broken: " << violation.text();
}

const volatile std::int32_t kNeverCanceled = 0;

}  // namespace

void Sink::set(gm_error* self, gm_status, const char* message, const char* key) {
  auto& sink = *static_cast<Sink*>(self->context);
  sink.message_ = message;
  sink.key_ = key == nullptr ? "" : key;
}

CheckedComponent::CheckedComponent(const std::string& library, const std::string& component,
                                   const gm_host& host, const std::vector<gm_option>& options) {
  const gm_entry& entry = entry_of(library);
  Sink sink;
  if (entry.init != nullptr) sink.check(entry.init(&host, sink.get()));
  const auto& plugin =
      *static_cast<const gm_component_interface*>(entry.get_interface(GM_COMPONENT_INTERFACE));
  info_ = &info_of(plugin, component);
  std::vector<const gm_option*> items;
  for (const gm_option& option : options) items.push_back(&option);
  create(plugin, library, host, {sizeof(gm_options), static_cast<std::uint32_t>(items.size()), items.data()});
}

void CheckedComponent::create(const gm_component_interface& plugin, const std::string& library,
                              const gm_host& host, const gm_options& options) {
  Sink sink;
  interface_ = checks_calls() ? &checking_interface() : &plugin;
  const gm_status status = checks_calls()
                               ? create_checked({&plugin, spec_of(library, info_->name)}, info_->name, &host,
                                                info_->name, &options, &instance_, sink.get())
                               : plugin.create(&host, info_->name, &options, &instance_, sink.get());
  expect_no_violation();
  sink.check(status);
}

CheckedComponent::~CheckedComponent() {
  interface_->destroy(instance_);
  expect_no_violation();
}

void CheckedComponent::start(const std::map<std::string, std::int64_t>& symbols, std::uint64_t seed) {
  std::vector<gm_symbol> list;
  for (const auto& [name, value] : symbols) list.push_back({name.c_str(), value});
  gm_start start{};
  start.struct_size = sizeof(gm_start);
  start.symbol_count = static_cast<std::uint32_t>(list.size());
  start.symbols = list.data();
  start.seed = seed;
  start.device_type = GM_DEVICE_CPU;
  Sink sink;
  const gm_status status = interface_->start(instance_, &start, sink.get());
  expect_no_violation();
  sink.check(status);
}

std::vector<gm_value> CheckedComponent::forward(std::uint32_t operation, gm_call& call,
                                                std::vector<gm_value> inputs, gm_tape** tape) const {
  Sink sink;
  call.struct_size = sizeof(gm_call);
  call.device_type = GM_DEVICE_CPU;
  call.cancel = &kNeverCanceled;
  call.error = sink.get();
  std::vector<gm_value> outputs(info_->operations[operation]->output_count);
  const gm_status status = interface_->forward(instance_, operation, &call, inputs.data(),
                                               static_cast<std::uint32_t>(inputs.size()), outputs.data(),
                                               static_cast<std::uint32_t>(outputs.size()), tape);
  expect_no_violation();
  sink.check(status);
  return outputs;
}

std::vector<gm_tensor*> CheckedComponent::vjp(std::uint32_t operation, gm_call& call, gm_tape* tape,
                                              std::vector<gm_tensor*> output_gradients,
                                              std::size_t inputs) const {
  Sink sink;
  call.error = sink.get();
  std::vector<gm_tensor*> gradients(inputs, nullptr);
  const gm_status status = interface_->vjp(instance_, operation, &call, tape, output_gradients.data(),
                                           static_cast<std::uint32_t>(output_gradients.size()),
                                           gradients.data(), static_cast<std::uint32_t>(inputs));
  if (tape != nullptr) interface_->tape_release(instance_, tape);
  expect_no_violation();
  sink.check(status);
  return gradients;
}

const void* CheckedComponent::find_extension(const char* id) const {
  const void* const table = interface_->extension(instance_, id);
  if (table == nullptr) throw std::runtime_error(std::string(info_->name) + " has no extension " + id);
  return table;
}

}  // namespace gistmill::test
