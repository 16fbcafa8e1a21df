#include "host/run/gist_filler.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "host/diagnostic/failure.hpp"
#include "host/instance/array_call.hpp"

namespace gistmill {
namespace {

constexpr std::chrono::seconds kCommitEvery(2);
constexpr std::chrono::seconds kSayEvery(10);

at::Tensor tensor_of(const std::vector<std::int32_t>& values) {
  return at::tensor(values, at::TensorOptions(at::kInt));
}

template <class T>
Tensor array_of(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.cpu().contiguous();
  Tensor array = Tensor::zeros<T>(whole.sizes().vec());
  std::memcpy(array.mutable_data<T>(), whole.const_data_ptr(), static_cast<std::size_t>(whole.nbytes()));
  return array;
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

GistFiller::Filled GistFiller::fill(const std::string& name, const std::vector<std::int32_t>& tokens) {
  const Arrays missing =
      call_operation(store_, "extend", {{"name", bytes_array(name)}, {"tokens", token_array(tokens)}});
  const std::int64_t first = *missing.at("first").data<std::int32_t>();
  const std::int64_t end = *missing.at("end").data<std::int32_t>();
  for (const GistWindow& window : gist_windows(first, end, pass_.block(), pass_.window())) {
    compress(tokens, window);
    rest(name, window.end, end);
  }
  call_operation(store_, "commit", {});
  return {std::ssize(tokens), (end - first) / pass_.block()};
}

void GistFiller::compress(const std::vector<std::int32_t>& tokens, const GistWindow& window) {
  const auto began = Clock::now();
  std::vector<std::int32_t> spans;
  for (std::int64_t at = window.first; at < window.end; at += pass_.block())
    spans.push_back(static_cast<std::int32_t>(at - window.begin));
  const std::vector<std::int32_t> part(tokens.begin() + window.begin, tokens.begin() + window.end);
  const GistPass::Gists gists = pass_.run(tensor_of(part), tensor_of(spans), stop_.cancel_flag());
  seconds_ += std::chrono::duration<double>(Clock::now() - began).count();
  tokens_ += window.end - window.first;
  call_operation(store_, "append",
                 {{"gist", array_of<float>(gists.gist)}, {"offsets", array_of<std::int32_t>(gists.offsets)}});
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
