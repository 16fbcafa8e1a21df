#include "host/chat/chat_page.hpp"

namespace gistmill {
namespace {

constexpr const char* kPageStyle = R"css(
:root { color-scheme: light dark; --ink: #1d2329; --paper: #ffffff; --faint: #66707a; --line: #d5dae0;
        --open: #1f6feb; --gist: #8fb8f5; --far: #d3dce8; --up: #1a7f37; --down: #b35900; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --paper: #14181d; --faint: #98a2ad; --line: #343c46;
          --open: #58a6ff; --gist: #2f5d96; --far: #2a323c; --up: #57c26d; --down: #e3994a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; background: var(--paper); color: var(--ink);
       font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.1rem; margin: 0 0 .5rem; }
h2 { font-size: .95rem; margin: 1.2rem 0 .4rem; }
#strip { display: block; width: 100%; height: 4.5rem; border: 1px solid var(--line); border-radius: 4px; }
#strip rect:hover { opacity: .75; }
.key { color: var(--faint); font-size: .85rem; }
.key i { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em; border-radius: 2px; }
#detail { color: var(--faint); min-height: 1.5em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
td { border-top: 1px solid var(--line); padding: .15rem .6rem .15rem 0; vertical-align: top; }
td:nth-child(2), td:nth-child(3) { white-space: nowrap; font-variant-numeric: tabular-nums; }
.opened { color: var(--up); } .closed { color: var(--down); }
#talk div { border-top: 1px solid var(--line); padding: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
#talk .user { font-weight: 600; }
form { display: flex; gap: .5rem; margin-top: .5rem; }
textarea { flex: 1; font: inherit; padding: .4rem; color: inherit; background: inherit; border: 1px solid var(--line);
           border-radius: 4px; resize: vertical; }
button { font: inherit; padding: .4rem 1rem; }
)css";

constexpr const char* kBody = R"html(
<h1>Working context</h1>
<div id="summary" role="status">nothing was read yet</div>
<svg id="strip" preserveAspectRatio="none" role="img" aria-label="the history from left to right, by level"></svg>
<div class="key"><i style="background:var(--open)"></i>tokens<i style="background:var(--gist)"></i>gists of a block<i
  style="background:var(--far)"></i>gists of gists</div>
<div id="detail"></div>
<h2>Conversation</h2>
<div id="talk" aria-live="polite"></div>
<form id="form"><textarea id="message" rows="2" aria-label="message" required></textarea><button>Send</button></form>
<h2>Opened and closed</h2>
<table><tbody id="actions"></tbody></table>
)html";

constexpr const char* kScript = R"js(
"use strict";
const $ = id => document.getElementById(id);
const colors = ["var(--open)", "var(--gist)", "var(--far)"];
const names = ["as tokens", "as a gist", "as a gist of gists"];
const score = value => value === null ? "no score" : (value > 0 ? "+" : "") + value.toFixed(2);
let version = -1;

function draw(view) {
  const count = level => view.entries.filter(entry => entry.level === level).length;
  $("summary").textContent = `${view.history} tokens of history as ${view.rows} of ${view.budget} rows: ` +
    `${count(0)} parts as tokens, ${count(1)} gists of a block, ${count(2)} gists of gists`;
  const strip = $("strip");
  strip.replaceChildren();
  strip.setAttribute("viewBox", `0 0 ${Math.max(view.cursor, 1)} 10`);
  for (const entry of view.entries) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = [10, 6, 3][Math.min(entry.level, 2)];
    for (const [key, value] of [["x", entry.begin], ["y", 10 - height], ["width", entry.end - entry.begin],
                                ["height", height], ["fill", colors[Math.min(entry.level, 2)]]])
      rect.setAttribute(key, value);
    rect.dataset.level = entry.level;
    rect.addEventListener("mouseenter", () => {
      const brought = ["closed", "appended", "opened"][entry.last_action + 1];
      $("detail").textContent = `tokens ${entry.begin} to ${entry.end} ${names[Math.min(entry.level, 2)]}, ` +
        `${brought} ${entry.residency} blocks ago, ${score(entry.score)}  ${entry.text || ""}`;
    });
    strip.append(rect);
  }
  $("actions").replaceChildren(...view.actions.slice(-40).reverse().map(action => {
    const row = document.createElement("tr");
    const cells = [action.action, `${action.begin} to ${action.end}`, score(action.score), action.text];
    for (const text of cells) row.insertCell().textContent = text;
    row.cells[0].className = action.action;
    return row;
  }));
}

async function watch() {
  try {
    const view = await (await fetch("/context")).json();
    if (view.version !== undefined && view.version !== version) {
      version = view.version;
      draw(view);
    }
  } catch {
    $("summary").textContent = "the program does not answer";
  }
  setTimeout(watch, 400);
}

const messages = [];
function say(role, text) {
  const box = document.createElement("div");
  box.className = role;
  box.textContent = text;
  $("talk").append(box);
  return box;
}

async function send(text) {
  messages.push({role: "user", content: text});
  say("user", text);
  const box = say("assistant", "");
  const models = await (await fetch("/v1/models")).json();
  const response = await fetch("/v1/chat/completions", {
    method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({model: models.data[0].id, messages, stream: true})});
  if (!response.ok) throw new Error((await response.json()).error.message);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "", answer = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) break;
    held += value;
    const events = held.split("\n\n");
    held = events.pop();
    for (const event of events) {
      const data = event.replace(/^data: /, "");
      if (data === "[DONE]") continue;
      const part = JSON.parse(data);
      if (part.error) throw new Error(part.error.message);
      if (part.choices.length > 0) answer += part.choices[0].delta.content || "";
      box.textContent = answer;
    }
  }
  messages.push({role: "assistant", content: answer});
}

$("form").addEventListener("submit", async event => {
  event.preventDefault();
  const text = $("message").value;
  $("message").value = "";
  const button = $("form").querySelector("button");
  button.disabled = true;
  try {
    await send(text);
  } catch (error) {
    messages.pop();
    say("error", `no answer: ${error.message}`);
  }
  button.disabled = false;
});
$("message").addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  $("form").requestSubmit();
});
watch();
)js";

}  // namespace

const std::string& chat_page() {
  static const std::string page =
      std::string(
          "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>gistmill chat</title>\n<style>") +
      kPageStyle + "</style>\n</head>\n<body>" + kBody + "<script>" + kScript +
      "</script>\n</body>\n</html>\n";
  return page;
}

}  // namespace gistmill
