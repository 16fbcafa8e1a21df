#include "host/run/gist_filler.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/instance/array_call.hpp"

namespace gistmill {
namespace {

constexpr std::chrono::seconds kCommitEvery(2);
constexpr std::chrono::seconds kSayEvery(10);

template <class T>
Tensor array_of(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.cpu().contiguous();
  Tensor array = Tensor::zeros<T>(whole.sizes().vec());
  std::memcpy(array.mutable_data<T>(), whole.const_data_ptr(), static_cast<std::size_t>(whole.nbytes()));
  return array;
}

// A copy.
template <class T>
at::Tensor tensor_like(const Tensor& array, at::ScalarType type) {
  at::Tensor tensor = at::empty(array.shape(), type);
  std::memcpy(tensor.mutable_data_ptr(), array.data<T>(), static_cast<std::size_t>(tensor.nbytes()));
  return tensor;
}

// first: number of the first block.
void expect_finite(const at::Tensor& cost, std::int64_t first) {
  const at::Tensor bad = cost.isfinite().logical_not().nonzero();
  if (bad.numel() == 0) return;
  throw Failure(
      ExitCode::numerics,
      fmt::format("the predicted cost of block {} is not finite", first + bad[0][0].item<std::int64_t>()),
      {"train what predicts it again, or leave --keep-above out"});
}

}  // namespace

std::vector<GistWindow> gist_windows(std::int64_t first, std::int64_t end, std::int64_t block,
                                     std::int64_t window) {
  const std::int64_t apart = window / 2 / block * block;
  std::vector<GistWindow> windows;
  while (first < end) {
    const std::int64_t over = std::max<std::int64_t>(first + block - window, 0);
    const std::int64_t begin = (over + apart - 1) / apart * apart;
    const std::int64_t stop = std::min(end, begin + window);
    windows.push_back({begin, first, stop});
    first = stop;
  }
  return windows;
}

GistFiller::Filled GistFiller::fill(const std::string& name, const std::vector<std::int32_t>& tokens,
                                    const std::vector<std::uint8_t>& kept) {
  Arrays in = {{"name", bytes_array(name)}, {"tokens", token_array(tokens)}};
  if (!kept.empty()) in["kept"] = Tensor::of(kept, {std::ssize(kept)});
  const Arrays missing = call_operation(store_, "extend", in);
  const std::int64_t first = *missing.at("first").data<std::int32_t>();
  const std::int64_t end = *missing.at("end").data<std::int32_t>();
  kept_ = 0;
  for (const GistWindow& window : gist_windows(first, end, pass_.block(), pass_.window())) {
    compress(tokens, window);
    rest(name, window.end, end);
  }
  const std::int64_t groups = groups_ == nullptr ? 0 : compress_groups(name);
  call_operation(store_, "commit", {});
  return {std::ssize(tokens), (end - first) / pass_.block(),
          keep_above_ ? std::optional(kept_) : std::nullopt, groups};
}

// Of gists as the store has them: a group that was made later has the gist of one that was made at once.
std::int64_t GistFiller::compress_groups(const std::string& name) {
  for (std::int64_t made = 0;; ++made) {
    const Arrays group = call_operation(store_, "group", {});
    const Tensor& gist = group.at("gist");
    if (gist.size() == 0) return made;
    if (stop_.requested()) {
      call_operation(store_, "commit", {});
      throw Failure(ExitCode::stopped, fmt::format("stopped at group {} of {}", made, name),
                    {"what was finished is in the store; the same command goes on from there"});
    }
    const GistPass::Gists made_gist =
        groups_->run(tensor_like<float>(gist, at::kFloat),
                     tensor_like<std::int32_t>(group.at("offsets"), at::kInt), stop_.cancel_flag());
    call_operation(
        store_, "append_group",
        {{"gist", array_of<float>(made_gist.gist)}, {"offsets", array_of<std::int32_t>(made_gist.offsets)}});
  }
}

void GistFiller::compress(const std::vector<std::int32_t>& tokens, const GistWindow& window) {
  const auto began = Clock::now();
  std::vector<std::int32_t> spans;
  for (std::int64_t at = window.first; at < window.end; at += pass_.block())
    spans.push_back(static_cast<std::int32_t>(at - window.begin));
  const std::vector<std::int32_t> part(tokens.begin() + window.begin, tokens.begin() + window.end);
  const GistPass::Gists gists =
      pass_.run(at::tensor(part, at::kInt), at::tensor(spans, at::kInt), stop_.cancel_flag());
  seconds_ += seconds_since(began);
  tokens_ += window.end - window.first;
  Arrays in = {{"gist", array_of<float>(gists.gist)}, {"offsets", array_of<std::int32_t>(gists.offsets)}};
  if (keep_above_) {
    expect_finite(gists.cost, window.first / pass_.block());
    const at::Tensor whole = gists.cost.gt(*keep_above_).to(at::kByte);
    kept_ += whole.sum().item<std::int64_t>();
    in["whole"] = array_of<std::uint8_t>(whole);
  }
  call_operation(store_, "append", in);
}

void GistFiller::rest(const std::string& name, std::int64_t done, std::int64_t end) {
  const auto now = Clock::now();
  if (stop_.requested() || now - committed_ > kCommitEvery) {
    call_operation(store_, "commit", {});
    committed_ = now;
  }
  if (stop_.requested() && done < end) {
    throw Failure(ExitCode::stopped, fmt::format("stopped at token {} of {} of {}", done, end, name),
                  {"what was finished is in the store; the same command goes on from there"});
  }
  if (now - said_ < kSayEvery) return;
  said_ = now;
  talk_(fmt::format("{}: {} of {} tokens, {:.0f} tokens/s", name, done, end,
                    static_cast<double>(tokens_) / std::max(seconds_, 1e-9)));
}

}  // namespace gistmill
