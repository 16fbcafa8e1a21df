#include "plugins/store/focus/store.hpp"

#include <filesystem>

#include <gistmill/files/new_file.hpp>

#include "plugins/focus/trace/page.hpp"
#include "plugins/store/common/translated.hpp"

namespace gistmill::store {
namespace {

void write_beside(const std::string& path, const std::string& text) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  files::write_file(path, text);
  log(GM_LOG_INFO, "wrote " + path);
}

}  // namespace

void FocusStore::begin(const std::string& path, const std::string& provenance) {
  if (!path_.empty()) throw Error(GM_ERROR_MISUSE, "begin was called while another file is being written");
  path_ = path;
  provenance_ = provenance;
}

void FocusStore::append(const Tensor& record) {
  if (path_.empty()) throw Error(GM_ERROR_MISUSE, "a store was used before begin");
  const std::string_view text(reinterpret_cast<const char*>(record.data<std::uint8_t>()),
                              static_cast<std::size_t>(record.size()));
  translated("record", [&] {
    const std::string name = "block " + std::to_string(blocks_);
    const focus::BlockRecord block = focus::record_of(text, name);
    try {
      replay_.play(block);
    } catch (const focus::ContextError& error) {
      throw formats::FormatError(name + ": " + error.what());
    }
    if (block.begins) lives_.emplace_back(*block.begins);
    lives_.back().add(replay_.session(), block);
    trace_.add(block);
    telemetry_.add(block);
    ++blocks_;
  });
}

// The prepared file last: where it is, all of it is.
void FocusStore::commit() {
  translated("", [&] {
    if (blocks_ == 0) throw formats::FormatError("nothing to write to '" + path_ + "': no block");
    const std::string trace = trace_.finish();
    if (!trace_path_.empty()) write_beside(trace_path_, trace);
    if (!page_path_.empty()) write_beside(page_path_, focus::page_of(lives_));
    focus::write_sessions(path_, trace, telemetry_, provenance_);
  });
}

}  // namespace gistmill::store
