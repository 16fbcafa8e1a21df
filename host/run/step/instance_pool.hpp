// Started instances that outlive one part of a run: what nothing trains and several parts ask for, such as a
// teacher, is made and started once. Decided from the plans alone, before anything is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/plan/parts.hpp"
#include "host/run/step/tensor_instance.hpp"

namespace gistmill {

class InstancePool {
 public:
  using Symbols = std::map<std::string, std::int64_t>;

  // All parts of the run, in their order.
  explicit InstancePool(const std::vector<Part>& parts);

  // Part number `part` begins: what neither it nor a later one asks for is released.
  void begin(std::size_t part);

  // Instance number `index` of that part's plan as an earlier part started it, or null.
  std::shared_ptr<TensorInstance> find(std::size_t index) const;
  // Whether that one was started with these sizes.
  bool started_with(std::size_t index, const Symbols& symbols) const;
  // Keeps it where a later part asks for one like it.
  void keep(std::size_t index, const std::shared_ptr<TensorInstance>& instance, const Symbols& symbols);

 private:
  struct Kept {
    std::shared_ptr<TensorInstance> instance;
    Symbols symbols;
  };

  std::vector<std::vector<std::string>> keys_;  // [part][instance]; empty: it is the part's own
  std::map<std::string, std::size_t> last_;     // the last part that asks for the key
  std::map<std::string, Kept> kept_;
  std::size_t part_ = 0;
};

}  // namespace gistmill
