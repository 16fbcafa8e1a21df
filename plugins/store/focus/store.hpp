// store/focus: what the blocks of focus sessions did, into one file; and beside it, where asked for, the
// trace as JSON Lines and a page with its pictures.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/focus/trace/bands.hpp"
#include "plugins/focus/trace/replay.hpp"
#include "plugins/focus/trace/trace_file.hpp"
#include "plugins/store/focus/session_file.hpp"

namespace gistmill::store {

class FocusStore {
 public:
  explicit FocusStore(const Options& options)
      : trace_path_(options.string("trace")), page_path_(options.string("page")) {}

  // Throws Error: UNAVAILABLE where nothing can be written; USER; MISUSE.
  void begin(const std::string& path, const std::string& provenance);
  // record u8[B]: one block, in the order in which they were.
  void append(const Tensor& record);
  void commit();

 private:
  std::string trace_path_;  // empty: none
  std::string page_path_;
  std::string path_;
  std::string provenance_;
  std::int64_t blocks_ = 0;
  focus::TraceText trace_;
  focus::Telemetry telemetry_;
  focus::Replay replay_;
  std::vector<focus::SessionLife> lives_;
};

}  // namespace gistmill::store
