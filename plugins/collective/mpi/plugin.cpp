// The component collective/mpi: the C tables around MpiRanks. Plain tables, because plugin.hpp knows the
// optional interfaces of extensions.h alone.
#include <cstring>
#include <memory>

#include <gistmill/collective.h>
#include <gistmill/entry.h>
#include <gistmill/plugin/values.hpp>

#include "plugins/collective/mpi/mpi_ranks.hpp"

struct gm_instance {
  std::unique_ptr<gistmill::mpi::MpiRanks> ranks;  // once started
};

namespace {

using gistmill::detail::guarded;

gm_status refuse_operation(const gm_call* call) {
  return guarded(call->error,
                 [] { throw gistmill::Error(GM_ERROR_MISUSE, "collective/mpi has no operations"); });
}

gm_status create(const gm_host*, const char* name, const gm_options*, gm_instance** out, gm_error* error) {
  *out = nullptr;
  return guarded(error, [&] {
    if (std::string_view(name) != "collective/mpi")
      throw gistmill::Error(GM_ERROR_MISUSE, "this plugin has no component '" + std::string(name) + "'");
    *out = new gm_instance;
  });
}

void destroy(gm_instance* instance) { delete instance; }

gm_status start(gm_instance* instance, const gm_start*, gm_error* error) {
  return guarded(error, [&] { instance->ranks = std::make_unique<gistmill::mpi::MpiRanks>(); });
}

gm_status forward(gm_instance*, std::uint32_t, const gm_call* call, gm_value*, std::uint32_t, gm_value*,
                  std::uint32_t, gm_tape**) {
  return refuse_operation(call);
}

gm_status vjp(gm_instance*, std::uint32_t, const gm_call* call, gm_tape*, gm_tensor**, std::uint32_t,
              gm_tensor**, std::uint32_t) {
  return refuse_operation(call);
}

void tape_release(gm_instance*, gm_tape*) {}

std::uint32_t rank(gm_instance* instance) { return static_cast<std::uint32_t>(instance->ranks->rank()); }
std::uint32_t size(gm_instance* instance) { return static_cast<std::uint32_t>(instance->ranks->size()); }

gm_status all_reduce_sum(gm_instance* instance, float* numbers, std::uint64_t count,
                         const volatile std::int32_t* cancel, gm_error* error) {
  return guarded(error, [&] { instance->ranks->all_reduce_sum(numbers, count, cancel); });
}

gm_status all_gather(gm_instance* instance, const void* mine, std::uint64_t bytes, void* all,
                     const volatile std::int32_t* cancel, gm_error* error) {
  return guarded(error, [&] { instance->ranks->all_gather(mine, bytes, all, cancel); });
}

gm_status broadcast(gm_instance* instance, void* bytes, std::uint64_t count,
                    const volatile std::int32_t* cancel, gm_error* error) {
  return guarded(error, [&] { instance->ranks->broadcast(bytes, count, cancel); });
}

void abort_all(gm_instance* instance, std::int32_t code) { instance->ranks->abort(code); }

const gm_collective_extension collective = {
    sizeof(gm_collective_extension), rank, size, all_reduce_sum, all_gather, broadcast, abort_all};

const void* extension(gm_instance*, const char* id) {
  return std::strcmp(id, GM_COLLECTIVE_EXTENSION) == 0 ? &collective : nullptr;
}

const gm_component_info component = {sizeof(gm_component_info), "collective/mpi", 0, nullptr};

std::uint32_t count() { return 1; }
const gm_component_info* describe(std::uint32_t index) { return index == 0 ? &component : nullptr; }

const gm_component_interface table = {sizeof(gm_component_interface),
                                      count,
                                      describe,
                                      create,
                                      destroy,
                                      start,
                                      forward,
                                      vjp,
                                      tape_release,
                                      extension};

const void* get_interface(const char* id) {
  return std::strcmp(id, GM_COMPONENT_INTERFACE) == 0 ? &table : nullptr;
}

}  // namespace

extern "C" GM_EXPORT const gm_entry gm_plugin = {
    sizeof(gm_entry),  GM_ABI_MAJOR, GM_ABI_MINOR, GISTMILL_ABI_MINOR_REQUIRED,
    gistmill_manifest, nullptr,      get_interface};
