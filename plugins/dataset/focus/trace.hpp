// dataset/focus-trace: the blocks of a trace, each played again before it is given.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/focus/documents.hpp"
#include "plugins/focus/trace/replay.hpp"
#include "plugins/focus/trace/trace_file.hpp"

namespace gistmill::dataset {

class FocusTrace {
 public:
  // Reads the trace's first line. Throws Error(GM_ERROR_USER) with the option's key.
  explicit FocusTrace(const Options& options);

  std::string digest() const;

  // record u8[B]: one block, then EndOfData, where all of the trace came out as it says. Throws
  // Error(GM_ERROR_USER) as "FILE:LINE: ...".
  Tensor next();

  // The number of blocks that were played.
  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  void restart();
  bool play(focus::BlockRecord& record);

  std::string option_;  // that names the trace
  std::string path_;
  std::string text_;  // of the trace
  std::unique_ptr<NamedDocuments> corpus_;
  std::unique_ptr<focus::TraceLines> lines_;
  std::unique_ptr<focus::Replay> replay_;
};

}  // namespace gistmill::dataset
