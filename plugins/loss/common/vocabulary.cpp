#include "plugins/loss/common/vocabulary.hpp"

#include <ATen/ATen.h>

#include "gistmill/plugin/values.hpp"

namespace gistmill::loss {

void check_vocabulary(const at::Tensor& ids, std::int64_t vocabulary, const std::string& what,
                      const std::string& port, const std::string& hint) {
  if (!ids.is_cpu() || ids.numel() == 0) return;
  const auto [least, most] = at::aminmax(ids);
  const std::int64_t low = least.item<std::int64_t>();
  const std::int64_t high = most.item<std::int64_t>();
  if (low >= 0 && high < vocabulary) return;
  throw Error(GM_ERROR_USER,
              what + " " + std::to_string(low < 0 ? low : high) + " is outside the vocabulary of " +
                  std::to_string(vocabulary) + "; " + hint,
              port);
}

}  // namespace gistmill::loss
