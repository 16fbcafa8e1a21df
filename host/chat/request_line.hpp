// Requests that wait for the model, and what comes of each: between the threads that speak HTTP and the one
// that asks the model.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "host/chat/openai_api.hpp"

namespace gistmill {

// One request. All functions on any thread.
class WaitingRequest {
 public:
  explicit WaitingRequest(openai::Request asked) : request(std::move(asked)) {}

  const openai::Request request;
  std::atomic<bool> abandoned = false;  // its client has gone

  void add_text(std::string_view more) {
    const std::scoped_lock lock(mutex_);
    text_ += more;
    changed_.notify_all();
  }
  void finish(Answer answer) {
    const std::scoped_lock lock(mutex_);
    answer_ = std::move(answer);
    changed_.notify_all();
  }
  void fail(openai::Refusal refusal) {
    const std::scoped_lock lock(mutex_);
    refusal_ = std::move(refusal);
    changed_.notify_all();
  }

  struct More {
    std::string text;                        // since the last time
    std::optional<Answer> answer;            // it is whole, and this was the last text
    std::optional<openai::Refusal> refusal;  // it failed
  };
  // Waits for something more.
  More more() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !text_.empty() || answer_ || refusal_; });
    return {std::exchange(text_, ""), answer_, refusal_};
  }
  // Waits until there is something, and leaves it.
  std::optional<openai::Refusal> refused_at_once() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !text_.empty() || answer_ || refusal_; });
    return text_.empty() && !answer_ ? refusal_ : std::nullopt;
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return answer_ || refusal_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::optional<Answer> answer_;
  std::optional<openai::Refusal> refusal_;
};

class RequestLine {
 public:
  explicit RequestLine(std::size_t most) : most_(most) {}

  // Null where the line is full, or was closed.
  std::shared_ptr<WaitingRequest> add(openai::Request request) {
    auto waiting = std::make_shared<WaitingRequest>(std::move(request));
    const std::scoped_lock lock(mutex_);
    if (closed_ || line_.size() >= most_) return nullptr;
    line_.push_back(waiting);
    changed_.notify_all();
    return waiting;
  }
  // The next one; null where none came within that time.
  template <class Duration>
  std::shared_ptr<WaitingRequest> next(Duration patience) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return !line_.empty(); })) return nullptr;
    auto first = line_.front();
    line_.pop_front();
    return first;
  }
  // Those that wait are refused, and so are later ones.
  void close(const openai::Refusal& refusal) {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    for (const auto& waiting : line_) waiting->fail(refusal);
    line_.clear();
  }

 private:
  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<WaitingRequest>> line_;
  bool closed_ = false;
};

}  // namespace gistmill
