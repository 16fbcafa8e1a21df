#include "host/cli/run_outputs.hpp"

#include <fmt/format.h>

#include "host/cli/terminal.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"
#include "host/record/run_record.hpp"
#include "host/report/loss_plot.hpp"
#include "host/report/metrics_json.hpp"
#include "host/report/png_picture.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

constexpr double kScale = 2.0;  // pixels for each unit: sharp on a dense screen and on paper

void write_whole(const fs::path& path, const std::string& bytes) {
  if (path.has_parent_path()) make_folders(path.parent_path());
  write_file_atomically(path, bytes);
}

void write_plot(const fs::path& path, const RunRecord& record) {
  const std::string svg = loss_plot(record);
  if (svg.empty()) return print_talk(fmt::format("{} not written: no step has a loss", path.string()));
  if (path.extension() == ".svg") return write_whole(path, svg);
  const PngPicture picture = png_picture(svg, kScale);
  if (!picture.bytes.empty()) return write_whole(path, picture.bytes);
  const fs::path instead = fs::path(path).replace_extension(".svg");
  write_whole(instead, svg);
  print_talk(
      fmt::format("{} not written: {}; the curve is in {}. For PNG install librsvg (Debian: librsvg2-2)",
                  path.string(), picture.missing, instead.string()));
}

}  // namespace

RunOutputs::RunOutputs(const Command& command) {
  if (const auto metrics = command.value("metrics-path")) metrics_ = *metrics;
  if (const auto plot = command.value("save-plot")) plot_ = *plot;
  if (!plot_ || plot_->extension() == ".svg" || plot_->extension() == ".png") return;
  throw Failure(ExitCode::usage,
                fmt::format("--save-plot is '{}' when it should end in .svg or .png", plot_->string()));
}

void RunOutputs::write(const fs::path& run_folder) const {
  if (!metrics_ && !plot_) return;
  const RunRecord record = read_run(run_folder);
  if (metrics_) write_whole(*metrics_, metrics_json(record));
  if (plot_) write_plot(*plot_, record);
}

}  // namespace gistmill
