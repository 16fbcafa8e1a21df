#include "plugins/teacher/decoder/projection.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <gistmill/products.hpp>

#include "plugins/teacher/decoder/portable.hpp"

namespace gistmill::decoder {
namespace {

constexpr std::int64_t kBytesWorthAThread = std::int64_t{64} * 1024;

// x f32[1, in] -> f32[1, out]
at::Tensor multiply_stored(const std::vector<StoredMatrix>& parts, const at::Tensor& x) {
  std::int64_t rows = 0;
  for (const StoredMatrix& part : parts) rows += part.rows;
  at::Tensor result = at::empty({1, rows}, x.options());
  const float* vector = x.const_data_ptr<float>();
  float* out = result.mutable_data_ptr<float>();
  for (const StoredMatrix& part : parts) {
    const std::int64_t grain = std::max<std::int64_t>(1, kBytesWorthAThread / part.row_bytes);
    at::parallel_for(0, part.rows, grain, [&](std::int64_t begin, std::int64_t end) {
      multiply(part, begin, end - begin, vector, out + begin);
    });
    out += part.rows;
  }
  return result;
}

at::Tensor dropped(const at::Tensor& x, const PassMode& mode) {
  if (mode.dropout <= 0.0) return x;
  const at::Tensor keep = at::empty(x.sizes(), x.options()).bernoulli_(1.0 - mode.dropout, mode.generator);
  return x * keep / (1.0 - mode.dropout);
}

at::Tensor adapted(const at::Tensor& base, const at::Tensor& x, const std::vector<Adapter>& adapters,
                   const PassMode& mode) {
  const at::Tensor input = dropped(x.to(at::kFloat), mode);
  return x.is_cpu() ? add_low_rank(base, input, adapters, mode.gradients)
                    : portable::add_low_rank(base, input, adapters, mode.gradients);
}

// Every matrix is read once, and every row is read and written.
void count(const Projection& projection, const at::Tensor& x, const PassMode& mode) {
  const auto rows = static_cast<double>(x.size(0));
  const auto in = static_cast<double>(projection.weight.size(1));
  const auto out = static_cast<double>(projection.weight.size(0));
  torch::count_product(x, mode.gradients ? projection.weight : projection.weight.detach(),
                       2.0 * rows * in * out);
  count_work(0, (in * out + rows * (in + out)) * static_cast<double>(x.element_size()));
}

// The product with the weight, and the bias.
at::Tensor base_of(const Projection& projection, const at::Tensor& x, const PassMode& mode) {
  const bool recorded = c10::GradMode::is_enabled() && (x.requires_grad() || mode.gradients);
  if (x.size(0) == 1 && !projection.stored.empty() && !recorded) {  // never on a device
    at::Tensor result = multiply_stored(projection.stored, x.to(at::kFloat).contiguous());
    if (projection.bias.defined()) result += projection.bias;
    return result.to(x.scalar_type());
  }
  if (projection.packed != nullptr && !(mode.tight && x.scalar_type() == at::kFloat)) {
    const at::Tensor& packed = projection.packed->of(projection.weight);
    if (packed.defined()) return packed_linear(x, projection.weight, packed, projection.bias);
  }
  const bool trains = mode.gradients && projection.weight.requires_grad();
  const auto used = [&](const at::Tensor& tensor) {
    return tensor.defined() ? (trains ? tensor : tensor.detach()).to(x.scalar_type()) : tensor;
  };
  return at::linear(x, used(projection.weight), used(projection.bias));
}

}  // namespace

at::Tensor Projection::apply(const at::Tensor& x, const PassMode& mode) const {
  count(*this, x, mode);
  at::Tensor base = base_of(*this, x, mode);
  if (trained != nullptr) base = trained->predict(base, x, mode.gradients);
  return adapters.empty() ? base : adapted(base, x, adapters, mode);
}

void Projection::weight_changed() {
  stored.clear();
  packed = nullptr;
}

}  // namespace gistmill::decoder
