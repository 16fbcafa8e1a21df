// What was said on the way, and what is needed to run it again: command, plugins, contents, recipe.
#include <fmt/format.h>

#include <algorithm>

#include "host/report/html_text.hpp"
#include "host/report/page_sections.hpp"

namespace gistmill {
namespace {

// A word as a POSIX shell takes it.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string command_text(const RunRecord& record) {
  std::string line;
  for (const std::string& word : record.command) line += (line.empty() ? "" : " ") + quoted(word);
  if (line.empty() && !record.recipe.empty()) line = "gistmill run " + quoted(record.recipe);
  if (line.empty()) return "";
  return record.working_folder.empty() ? line : "cd " + quoted(record.working_folder) + "\n" + line;
}

std::string digest_table(const std::vector<DigestRecord>& digests, const char* name, const char* what) {
  std::string out = fmt::format(
      "<div class='scroll'><table class='words'><thead><tr><th>{}</th><th>{}</th>"
      "<th>SHA-256</th></tr></thead><tbody>\n",
      name, what);
  for (const DigestRecord& digest : digests) {
    out += fmt::format("<tr><td>{}</td><td>{}</td><td class='mono'>{}</td></tr>\n", escaped(digest.name),
                       escaped(digest.what), escaped(digest.digest));
  }
  return out + "</tbody></table></div>\n";
}

std::string message_row(const MessageRecord& message) {
  const char* style =
      message.level == "error" ? "error-level" : (message.level == "warning" ? "warning" : "");
  return fmt::format("<tr><td class='{}'>{}</td><td>{}</td><td>{}</td></tr>\n", style, escaped(message.level),
                     escaped(message.instance), escaped(message.text));
}

}  // namespace

std::string message_section(const RunRecord& record) {
  std::string rows;
  for (const MessageRecord& message : record.messages) rows += message_row(message);
  if (record.damaged_lines > 0) {
    rows +=
        message_row({0.0, "warning", "report",
                     fmt::format("{} lines of events.jsonl are damaged and left out", record.damaged_lines)});
  }
  if (rows.empty()) return "";
  return "<section>\n<h2>Messages</h2>\n<div class='scroll'><table class='words'><tbody>\n" + rows +
         "</tbody></table></div>\n</section>\n";
}

std::string origin_section(const RunRecord& record) {
  std::string out;
  const std::string command = command_text(record);
  if (!command.empty()) out += fmt::format("<h3>Run it again</h3>\n<pre>{}</pre>\n", escaped(command));
  if (!record.plugins.empty()) out += "<h3>Plugins</h3>\n" + digest_table(record.plugins, "name", "version");
  if (!record.contents.empty())
    out += "<h3>Models and data</h3>\n" + digest_table(record.contents, "instance", "component");
  if (!record.recipe_lock.empty()) {
    out += fmt::format("<h3>Recipe, every value with its origin (recipe.lock.toml)</h3>\n<pre>{}</pre>\n",
                       escaped(record.recipe_lock));
  }
  return out.empty() ? "" : "<section>\n<h2>Where it comes from</h2>\n" + out + "</section>\n";
}

}  // namespace gistmill
