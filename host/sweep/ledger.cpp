#include "host/sweep/ledger.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/files/make_folders.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFormat = 1;

constexpr std::array<std::string_view, 5> kStates = {"queued", "running", "done", "failed", "canceled"};

const fs::path& made(const fs::path& folder) {
  make_folders(folder);
  return folder;
}

PointState state_of(std::string_view name) {
  return static_cast<PointState>(std::ranges::find(kStates, name) - kStates.begin());
}

std::string settings_text(const Settings& settings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Setting& setting : settings) json.push_back({setting.key, setting.value});
  return json.dump();
}

Settings settings_from(const std::string& text) {
  Settings settings;
  for (const auto& entry : nlohmann::json::parse(text)) settings.push_back({entry.at(0), entry.at(1)});
  return settings;
}

constexpr const char* kColumns =
    "SELECT id, settings, state, prefix, attempts, deaths, seconds, error, exit_code FROM points ";

LedgerPoint point_from(const Statement& row) {
  LedgerPoint point;
  point.id = row.text(0);
  point.settings = settings_from(row.text(1));
  point.state = state_of(row.text(2));
  point.prefix = row.text(3);
  point.attempts = row.integer(4);
  point.deaths = row.integer(5);
  point.seconds = row.number(6);
  point.error = row.text(7);
  point.exit_code = row.integer(8);
  return point;
}

std::vector<std::string> texts(Statement statement) {
  std::vector<std::string> list;
  while (statement.next()) list.push_back(statement.text(0));
  return list;
}

}  // namespace

std::string_view state_name(PointState state) { return kStates[static_cast<std::size_t>(state)]; }

fs::path Ledger::file_in(const fs::path& folder) { return folder / "ledger.sqlite"; }

Ledger::Ledger(const fs::path& folder) : folder_(made(folder)), database_(file_in(folder)) {
  Transaction transaction(database_);
  database_.execute(
      "CREATE TABLE IF NOT EXISTS study (format INTEGER NOT NULL, path TEXT, identity TEXT, working_folder "
      "TEXT,"
      " headline TEXT, variant TEXT, stops_on_failure INTEGER, plugin_folders TEXT);"
      "CREATE TABLE IF NOT EXISTS points (id TEXT PRIMARY KEY, position INTEGER NOT NULL, settings TEXT NOT "
      "NULL,"
      " state TEXT NOT NULL, prefix TEXT NOT NULL, recipe TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,"
      " deaths INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',"
      " exit_code INTEGER NOT NULL DEFAULT 0);"
      "CREATE TABLE IF NOT EXISTS slurm_jobs (job TEXT NOT NULL, tasks INTEGER NOT NULL);"
      "CREATE INDEX IF NOT EXISTS by_state ON points (state, position);");
  Statement format(database_, "SELECT format FROM study");
  if (format.next() && format.integer(0) > kFormat) {
    throw Failure(ExitCode::failed,
                  fmt::format("{} has format {}, which a newer version of gistmill wrote; this one knows {}",
                              file_in(folder).string(), format.integer(0), kFormat),
                  {"use that version, or another --folder"});
  }
  transaction.commit();
}

std::optional<StudyRecord> Ledger::study() const {
  Statement row(database_,
                "SELECT path, identity, working_folder, headline, variant, stops_on_failure, plugin_folders "
                "FROM study");
  if (!row.next()) return std::nullopt;
  std::vector<fs::path> folders;
  for (const auto& folder : nlohmann::json::parse(row.text(6)))
    folders.emplace_back(folder.get<std::string>());
  return StudyRecord{row.text(0), row.text(1),         row.text(2),       row.text(3),
                     row.text(4), row.integer(5) != 0, std::move(folders)};
}

void Ledger::begin(const StudyRecord& study, const std::vector<FrozenPoint>& points) {
  nlohmann::json folders = nlohmann::json::array();
  for (const fs::path& folder : study.plugin_folders) folders.push_back(folder.string());
  Transaction transaction(database_);
  database_.execute("DELETE FROM study");
  Statement(database_, "INSERT INTO study VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(kFormat)
      .bind(study.path)
      .bind(study.identity)
      .bind(study.working_folder)
      .bind(study.headline)
      .bind(study.variant)
      .bind(std::int64_t{study.stops_on_failure})
      .bind(folders.dump())
      .run();
  std::int64_t position = 0;
  for (const FrozenPoint& point : points) {
    Statement(
        database_,
        "INSERT INTO points (id, position, settings, state, prefix, recipe) VALUES (?, ?, ?, 'queued', ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET position = excluded.position")
        .bind(point.id)
        .bind(position++)
        .bind(settings_text(point.settings))
        .bind(point.prefix)
        .bind(point.recipe)
        .run();
  }
  transaction.commit();
}

std::vector<LedgerPoint> Ledger::points() const {
  Statement rows(database_, (std::string(kColumns) + "ORDER BY position").c_str());
  std::vector<LedgerPoint> points;
  while (rows.next()) points.push_back(point_from(rows));
  return points;
}

std::optional<LedgerPoint> Ledger::point(const std::string& id) const {
  Statement row(database_, (std::string(kColumns) + "WHERE id = ?").c_str());
  row.bind(id);
  return row.next() ? std::optional(point_from(row)) : std::nullopt;
}

std::string Ledger::recipe(const std::string& id) const {
  Statement row(database_, "SELECT recipe FROM points WHERE id = ?");
  row.bind(id);
  return row.next() ? row.text(0) : "";
}

std::vector<std::string> Ledger::ready() const {
  return texts(Statement(
      database_,
      "SELECT id FROM points AS p WHERE state = 'queued' AND (prefix = ''"
      " OR EXISTS (SELECT 1 FROM points WHERE prefix = p.prefix AND state = 'done')"
      " OR (NOT EXISTS (SELECT 1 FROM points WHERE prefix = p.prefix AND state = 'running')"
      "     AND position = (SELECT min(position) FROM points WHERE prefix = p.prefix AND state = 'queued')))"
      " ORDER BY position"));
}

std::vector<std::string> Ledger::running() const {
  return texts(Statement(database_, "SELECT id FROM points WHERE state = 'running' ORDER BY position"));
}

bool Ledger::has_open() const {
  return Statement(database_, "SELECT 1 FROM points WHERE state IN ('queued', 'running') LIMIT 1").next();
}

std::int64_t Ledger::first_ones(const std::string& id) const {
  Statement row(
      database_,
      "SELECT (SELECT count(DISTINCT prefix) FROM points WHERE prefix <> '')"
      " + (SELECT count(*) FROM points WHERE prefix = '') FROM points AS p WHERE id = ? AND prefix <> ''"
      " AND (SELECT count(*) FROM points WHERE prefix = p.prefix) > 1"
      " AND position = (SELECT min(position) FROM points WHERE prefix = p.prefix)");
  row.bind(id);
  return row.next() ? row.integer(0) : 0;
}

bool Ledger::has_failed() const {
  return Statement(database_, "SELECT 1 FROM points WHERE state = 'failed' LIMIT 1").next();
}

bool Ledger::start(const std::string& id) {
  Transaction transaction(database_);
  Statement(database_,
            "UPDATE points SET state = 'running', attempts = attempts + 1 WHERE id = ?"
            " AND state IN ('queued', 'running')")
      .bind(id)
      .run();
  const bool taken = database_.changed() == 1;
  transaction.commit();
  return taken;
}

void Ledger::finish(const std::string& id, double seconds) {
  Statement(database_,
            "UPDATE points SET state = 'done', seconds = ?, error = '', exit_code = 0 WHERE id = ?")
      .bind(seconds)
      .bind(id)
      .run();
}

void Ledger::fail(const std::string& id, double seconds, std::int64_t exit_code, const std::string& error) {
  Statement(database_,
            "UPDATE points SET state = 'failed', seconds = ?, exit_code = ?, error = ? WHERE id = ?")
      .bind(seconds)
      .bind(exit_code)
      .bind(error)
      .bind(id)
      .run();
}

void Ledger::put_back(const std::string& id, bool died) {
  Statement(database_,
            "UPDATE points SET state = 'queued', deaths = deaths + ? WHERE id = ? AND state = 'running'")
      .bind(std::int64_t{died})
      .bind(id)
      .run();
}

std::int64_t Ledger::retry(Retried which) {
  Statement(
      database_,
      "UPDATE points SET state = 'queued', deaths = 0, error = '', exit_code = 0 WHERE state = 'failed' OR "
      "(state = 'canceled' AND ?)")
      .bind(std::int64_t{which == Retried::failed_and_canceled})
      .run();
  return database_.changed();
}

std::int64_t Ledger::cancel() {
  Statement(database_, "UPDATE points SET state = 'canceled' WHERE state = 'queued'").run();
  return database_.changed();
}

void Ledger::add_slurm_job(const SlurmJobRecord& job) {
  Statement(database_, "INSERT INTO slurm_jobs VALUES (?, ?)").bind(job.job).bind(job.tasks).run();
}

std::vector<SlurmJobRecord> Ledger::slurm_jobs() const {
  Statement rows(database_, "SELECT job, tasks FROM slurm_jobs ORDER BY rowid");
  std::vector<SlurmJobRecord> jobs;
  while (rows.next()) jobs.push_back({rows.text(0), rows.integer(1)});
  return jobs;
}

}  // namespace gistmill
