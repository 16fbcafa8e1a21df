// Collects what the ledger and the runs of its points tell.
#include <algorithm>

#include "gistmill/version.h"
#include "host/files/text_file.hpp"
#include "host/sweep/page/sweep_page.hpp"

namespace gistmill {

std::filesystem::path write_sweep_report(const Ledger& ledger) {
  SweepFindings findings;
  if (const auto study = ledger.study()) findings.study = study->path;
  findings.folder = ledger.folder();
  findings.points = points_beside(ledger.folder());
  findings.ledger = ledger.points();
  findings.program = GM_VERSION;
  const auto done = [](const LedgerPoint& point) { return point.state == PointState::done; };
  if (std::ranges::any_of(findings.ledger, done)) findings.table = table_of(ledger);
  std::filesystem::path path = ledger.folder() / "report.html";
  write_file_atomically(path, sweep_page(findings));
  return path;
}

}  // namespace gistmill
