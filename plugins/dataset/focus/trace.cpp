#include "plugins/dataset/focus/trace.hpp"

#include <charconv>

#include <gistmill/formats/digest.hpp>

#include "plugins/store/common/translated.hpp"
#include "plugins/store/focus/session_file.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::string_view kStateHead = "dataset/focus-trace 1 ";

// Exactly one of the two options names a trace.
std::string option_of(const Options& options) {
  const bool path = !options.string("trace").empty();
  const bool prepared = !options.string("sessions").empty();
  if (path == prepared) {
    throw Error(GM_ERROR_USER,
                path ? "trace and sessions both name a trace; leave one of them out"
                     : "no trace is named: trace is a file, sessions a pipeline with store/focus",
                "trace");
  }
  return path ? "trace" : "sessions";
}

}  // namespace

FocusTrace::FocusTrace(const Options& options) : option_(option_of(options)), path_(options.string(option_)) {
  text_ = store::translated(option_.c_str(), [&] { return focus::read_trace(path_); });
  if (const std::string corpus = options.string("corpus"); !corpus.empty())
    corpus_ = store::translated("corpus", [&] { return std::make_unique<NamedDocuments>(corpus); });
  restart();
}

void FocusTrace::restart() {
  focus::Replay::Tokens tokens;
  if (corpus_) {
    tokens = [this](const std::string& name, std::int64_t block, std::int64_t size) {
      return corpus_->read(name, block * size, size);
    };
  }
  replay_ = std::make_unique<focus::Replay>(std::move(tokens));
  lines_ =
      store::translated(option_.c_str(), [&] { return std::make_unique<focus::TraceLines>(text_, path_); });
}

std::string FocusTrace::digest() const {
  formats::Sha256 sha;
  sha.update_field(text_);
  if (corpus_) sha.update_field(corpus_->digest());
  return sha.hex();
}

bool FocusTrace::play(focus::BlockRecord& record) {
  return store::translated(option_.c_str(), [&] {
    std::optional<focus::BlockRecord> read = lines_->next();
    if (!read) return false;
    try {
      replay_->play(*read);
    } catch (const focus::ContextError& error) {
      throw formats::FormatError(lines_->place() + ": " + error.what());
    } catch (const formats::FormatError& error) {
      throw formats::FormatError(lines_->place() + ": " + error.what());
    }
    record = *std::move(read);
    return true;
  });
}

Tensor FocusTrace::next() {
  focus::BlockRecord record;
  if (!play(record)) {
    log(GM_LOG_INFO, "'" + path_ + "' replays to the same contexts: " + std::to_string(replay_->blocks()) +
                         " blocks of " + std::to_string(replay_->sessions()) + " sessions" +
                         (corpus_ ? ", of this corpus" : ""));
    throw EndOfData();
  }
  const std::string text = focus::to_text(record);
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

std::string FocusTrace::save_state() const {
  return std::string(kStateHead) + std::to_string(replay_->blocks());
}

void FocusTrace::load_state(std::string_view state) {
  std::int64_t blocks = -1;
  const char* const end = state.data() + state.size();
  const bool ours = state.starts_with(kStateHead);
  const auto read = std::from_chars(ours ? state.data() + kStateHead.size() : end, end, blocks);
  if (read.ec != std::errc() || read.ptr != end || blocks < 0)
    throw Error(GM_ERROR_USER, "the saved position was not written by dataset/focus-trace");
  restart();
  focus::BlockRecord record;
  for (std::int64_t i = 0; i < blocks; ++i) {
    if (!play(record)) throw Error(GM_ERROR_USER, "the saved position is behind the end of the trace");
  }
}

}  // namespace gistmill::dataset
