// Read, render, write.
#include "host/report/report.hpp"

#include "host/files/text_file.hpp"
#include "host/record/run_record.hpp"
#include "host/report/html_page.hpp"

namespace gistmill {

void write_report(const std::filesystem::path& run_folder) {
  write_file_atomically(run_folder / "report.html", html_page(read_run(run_folder)));
}

}  // namespace gistmill
