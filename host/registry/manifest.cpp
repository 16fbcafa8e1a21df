// plugin.toml -> Manifest, strictly: what is not known is refused at its place.
#include "host/registry/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gistmill/types.h"
#include "gistmill/version.h"
#include "host/diagnostic/did_you_mean.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/toml.hpp"
#include "host/registry/elf.hpp"
#include "host/registry/manifest_claims.hpp"
#include "host/registry/manifest_options.hpp"
#include "host/registry/manifest_sizes.hpp"

namespace gistmill {
namespace {

constexpr std::size_t kLargestManifest = 1 << 20;  // bytes; its trees of values take hundreds of times more

template <class Item>
const Item* find_named(const std::vector<Item>& items, std::string_view name) {
  for (const Item& item : items) {
    if (item.name == name) return &item;
  }
  return nullptr;
}

const Value::Table& entries_of(const Value* table) {
  static const Value::Table kNone;
  const auto* entries = table == nullptr ? nullptr : table->get_if<Value::Table>();
  return entries == nullptr ? kNone : *entries;
}

// Names of operations, ports, options and symbols: what a recipe writes without quotes.
void expect_identifier(std::string_view name, const char* what, const Origin& origin) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  if (!name.empty() && name.find_first_not_of(kAllowed) == std::string_view::npos) return;
  throw Failure(ExitCode::plugin, origin,
                fmt::format("'{}' cannot name {}: use letters, digits and '_'", name, what));
}

// ---- ports ----

PortType read_port_type(const Fields& fields) {
  const std::string text = fields.string("type");
  try {
    return parse_port_type(text);
  } catch (const Failure& failure) {
    throw Failure(ExitCode::plugin, fields.find("type")->origin(), failure.message(), failure.notes());
  }
}

// A string that is one of `words`; `parse` knows what each means.
template <class Parse>
auto read_word(const Fields& fields, const char* key, const std::vector<std::string>& words,
               const Parse& parse) {
  const std::string text = fields.string(key);
  if (const auto word = parse(text)) return *word;
  throw Failure(ExitCode::plugin, fields.find(key)->origin(),
                fmt::format("{} is {} when it should be one of {}", fields.path_of(key),
                            fields.find(key)->text(), fmt::join(words, ", ")),
                did_you_mean(text, words));
}

// figure = { aggregate = "p95", better = "lower", unit = "ms", title = "latency" }
FigureSpec read_figure_table(const Value& value, const std::string& path) {
  const Fields fields(value, path, path,
                      {"aggregate", "better", "unit", "title", "column", "ideal", "optional", "over"},
                      ExitCode::plugin);
  FigureSpec figure;
  if (fields.find("aggregate") != nullptr)
    figure.aggregate = read_word(fields, "aggregate", aggregate_names(), aggregate_of);
  if (fields.find("better") != nullptr)
    figure.better = read_word(fields, "better", better_names(), better_of);
  figure.unit = fields.string("unit", "");
  figure.title = fields.string("title", "");
  figure.column = fields.string("column", "");
  if (fields.find("ideal") != nullptr) figure.ideal = fields.number("ideal", 0.0);
  figure.optional = fields.boolean("optional", false);
  figure.over = fields.string("over", "");
  return figure;
}

void read_labels(const Fields& fields, PortSpec& port, const ComponentSpec& component) {
  port.labels = fields.string("labels", "");
  const Value* labels = fields.find("labels");
  if (labels == nullptr) return;
  if (!port.figure) throw Failure(ExitCode::plugin, place_of(*labels), "only a figure can have 'labels'");
  const OptionSpec* option = component.option(port.labels);
  const bool is_list =
      option != nullptr && (option->type == OptionType::integers || option->type == OptionType::floats ||
                            option->type == OptionType::strings);
  if (!is_list) fields.refuse(*labels, "labels", "an option that is a list");
}

void read_figure(const Fields& fields, PortSpec& port, const ComponentSpec& component) {
  if (const Value* figure = fields.find("figure")) {
    if (figure->is_table()) {
      port.figure = read_figure_table(*figure, fields.path_of("figure"));
    } else {
      if (figure->get_if<std::string>() == nullptr)
        fields.refuse_type(*figure, "figure", "a string or a table");
      port.figure.emplace().aggregate = read_word(fields, "figure", aggregate_names(), aggregate_of);
    }
    if (!is_float(port.type) || port.type.shape.empty()) {
      throw Failure(ExitCode::plugin, figure->origin(),
                    fmt::format("a figure has a row for each item: {} has none", port.type.text),
                    {"declare it as f32[K] or f32[K, M]"});
    }
  }
  read_labels(fields, port, component);
}

void read_cluster(const Fields& fields, PortSpec& port) {
  port.cluster = fields.boolean("cluster", false);
  const bool numbers = port.type.dtype == "i32" || port.type.dtype == "i64";
  if (!port.cluster || (!port.type.is_object && numbers && port.type.shape.size() <= 1)) return;
  throw Failure(ExitCode::plugin, fields.find("cluster")->origin(),
                fmt::format("a cluster is one whole number per item, or one for all items: {} is neither",
                            port.type.text),
                {"declare it as i32[K] or i32[]"});
}

PortSpec read_port(const std::string& name, const Value& value, const std::string& path, bool input,
                   const ComponentSpec& component) {
  expect_identifier(name, "a port", place_of(value));
  const std::string own = fmt::format("{}.{}", path, name);
  const std::vector<std::string> allowed =
      input ? std::vector<std::string>{"type", "gradient", "optional", "doc"}
            : std::vector<std::string>{"type", "gradient", "figure", "labels", "cluster", "doc"};
  const Fields fields(value, own, own, allowed, ExitCode::plugin);
  PortSpec port;
  port.name = name;
  port.type = read_port_type(fields);
  port.gradient = fields.boolean("gradient", false);
  if (port.gradient && !is_float(port.type)) {
    throw Failure(ExitCode::plugin, fields.find("gradient")->origin(),
                  fmt::format("{} has no gradient: only floats have one", port.type.text));
  }
  port.doc = fields.string("doc", "");
  if (input) {
    port.optional = fields.boolean("optional", false);
  } else {
    read_figure(fields, port, component);
    read_cluster(fields, port);
  }
  return port;
}

// ---- operations ----

Effect read_effect(const Fields& fields) {
  const std::string effect = fields.string("effect");
  for (const Effect known : {Effect::pure, Effect::random, Effect::stateful}) {
    if (effect == effect_name(known)) return known;
  }
  fields.refuse(*fields.find("effect"), "effect", "\"pure\", \"random\" or \"stateful\"");
}

// A figure is drawn over another one with the same columns.
void check_figures_over(const OperationSpec& operation, const Value& outputs, const std::string& path) {
  for (const PortSpec& port : operation.outputs) {
    if (!port.figure || port.figure->over.empty()) continue;
    const PortSpec* other = operation.output(port.figure->over);
    if (other != nullptr && other != &port && other->figure && other->labels == port.labels &&
        !port.labels.empty())
      continue;
    throw Failure(ExitCode::plugin, place_of(outputs),
                  fmt::format("{}.{}.figure.over is '{}', which is no other figure with the same labels",
                              path, port.name, port.figure->over));
  }
}

OperationSpec read_operation(const std::string& name, const Value& value, const std::string& path,
                             const ComponentSpec& component) {
  expect_identifier(name, "an operation", place_of(value));
  const std::string own = fmt::format("{}.{}", path, name);
  const Fields fields(value, own, own, {"doc", "effect", "most", "inputs", "outputs"}, ExitCode::plugin);
  OperationSpec operation;
  operation.name = name;
  operation.doc = fields.string("doc", "");
  operation.effect = read_effect(fields);
  for (const auto& [port, spec] : entries_of(fields.table("inputs"))) {
    operation.inputs.push_back(read_port(port, spec, own + ".inputs", true, component));
  }
  for (const auto& [port, spec] : entries_of(fields.table("outputs"))) {
    operation.outputs.push_back(read_port(port, spec, own + ".outputs", false, component));
  }
  check_figures_over(operation, value, own + ".outputs");
  if (fields.find("most") != nullptr) operation.most = read_most(fields, operation, component);
  const auto has_gradient = [](const PortSpec& port) { return port.gradient; };
  if (std::any_of(operation.inputs.begin(), operation.inputs.end(), has_gradient) &&
      std::none_of(operation.outputs.begin(), operation.outputs.end(), has_gradient)) {
    throw Failure(ExitCode::plugin, place_of(value),
                  fmt::format("{} gives gradients of inputs but takes no gradient of an output", own),
                  {"mark the output that the gradient comes from: gradient = true"});
  }
  return operation;
}

// ---- components ----

// The component of this manifest whose options, symbols and operations another one shares.
ComponentSpec read_like(const Fields& fields, const std::string& path, const Manifest& manifest) {
  const std::string like = fields.string("like");
  const ComponentSpec* other = manifest.component(like);
  if (other == nullptr)
    fields.refuse(*fields.find("like"), "like", "a component further up in this manifest");
  for (const char* key : {"fulfils", "parameters", "options", "symbols", "operations"}) {
    if (const Value* own = fields.find(key)) {
      throw Failure(ExitCode::plugin, place_of(*own),
                    fmt::format("{} has both 'like' and its own {}", path, key),
                    {fmt::format("leave it out: they are those of {}", like)});
    }
  }
  return *other;
}

ComponentSpec read_component(const std::string& name, const Value& value, const Manifest& manifest,
                             const std::vector<Contract>& contracts) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == name.size() ||
      name.find('/', slash + 1) != std::string::npos || name.find_first_of(". ") != std::string::npos) {
    throw Failure(ExitCode::plugin, place_of(value),
                  fmt::format("'{}' cannot name a component: write role/name, as in \"gistnet/mean\"", name));
  }
  const std::string path = "components." + key_text(name);
  const Fields fields(value, path, fmt::format("[{}]", path),
                      {"doc", "like", "fulfils", "parameters", "options", "symbols", "operations"},
                      ExitCode::plugin);
  const bool like = fields.find("like") != nullptr;
  ComponentSpec component = like ? read_like(fields, path, manifest) : ComponentSpec();
  component.name = name;
  component.role = name.substr(0, slash);
  component.doc = fields.string("doc", "");
  if (like) return component;
  component.fulfils = read_fulfils(fields, component, contracts);
  component.parameters = fields.boolean("parameters", false);
  for (const auto& [key, option] : entries_of(fields.table("options"))) {
    expect_identifier(key, "an option", place_of(option));
    component.options.push_back(option.find("contract") == nullptr
                                    ? read_option(key, option, path + ".options")
                                    : take_option(key, option, path + ".options", component, contracts));
  }
  for (const auto& [key, symbol] : entries_of(fields.table("symbols"))) {
    expect_identifier(key, "a symbol", place_of(symbol));
    component.symbols.push_back(read_symbol(key, symbol, path + ".symbols", component));
  }
  for (const auto& [key, operation] : entries_of(fields.table("operations"))) {
    component.operations.push_back(read_operation(key, operation, path + ".operations", component));
  }
  check_claims(fields, value, component, contracts);
  return component;
}

// ---- [plugin] and [build] ----

void read_plugin(const Value& value, Manifest& manifest) {
  const Fields fields(value, "plugin", "[plugin]", {"name", "version", "license", "tier"}, ExitCode::plugin);
  manifest.name = fields.string("name");
  manifest.version = fields.string("version");
  manifest.license = fields.string("license");
  manifest.tier = fields.string("tier");
  if (manifest.tier != "c" && manifest.tier != "libtorch") {
    fields.refuse(*fields.find("tier"), "tier", "\"c\" or \"libtorch\"");
  }
}

// "1.0" -> major, minor
bool parse_abi(std::string_view text, Manifest& manifest) {
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, manifest.abi_major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return false;
  const auto minor = std::from_chars(major.ptr + 1, end, manifest.abi_minor);
  return minor.ec == std::errc() && minor.ptr == end;
}

// Before all else: the manifest of another ABI may hold what this program cannot know.
void read_abi(const Value& document, Manifest& manifest) {
  const Value* build = document.find("build");
  const Value* abi = build != nullptr ? build->find("abi") : nullptr;
  if (abi == nullptr) return;
  const auto* text = abi->get_if<std::string>();
  if (text == nullptr || !parse_abi(*text, manifest)) {
    throw Failure(ExitCode::plugin, abi->origin(),
                  fmt::format("build.abi is {} when it should be major.minor, as in \"{}.{}\"", abi->text(),
                              GM_ABI_MAJOR, GM_ABI_MINOR));
  }
  if (manifest.abi_major == GM_ABI_MAJOR) return;
  throw Failure(ExitCode::plugin, abi->origin(),
                fmt::format("the plugin is built for ABI {} when this program has ABI {}.{}", *text,
                            GM_ABI_MAJOR, GM_ABI_MINOR),
                {fmt::format("rebuild it with the SDK of gistmill {}", GM_VERSION)});
}

void read_build(const Value& value, Manifest& manifest) {
  const Fields fields(value, "build", "[build]", {"sdk", "abi", "torch", "cxx11_abi", "cuda"},
                      ExitCode::plugin);
  manifest.sdk = fields.string("sdk");
  fields.required("abi");
  manifest.torch = fields.string("torch", "");
  manifest.cxx11_abi = fields.boolean("cxx11_abi", true);
  manifest.cuda = fields.string("cuda", "");
}

}  // namespace

std::string_view effect_name(Effect effect) {
  switch (effect) {
    case Effect::pure:
      return "pure";
    case Effect::random:
      return "random";
    case Effect::stateful:
      return "stateful";
  }
  return "";
}

const PortSpec* OperationSpec::input(std::string_view port) const { return find_named(inputs, port); }
const PortSpec* OperationSpec::output(std::string_view port) const { return find_named(outputs, port); }
const SymbolSpec* ComponentSpec::symbol(std::string_view key) const { return find_named(symbols, key); }
const OperationSpec* ComponentSpec::operation(std::string_view key) const {
  return find_named(operations, key);
}
const ComponentSpec* Manifest::component(std::string_view key) const { return find_named(components, key); }

const OptionSpec* ComponentSpec::option(std::string_view key) const {
  for (const OptionSpec& option : options) {
    if (option.key == key) return &option;
  }
  return nullptr;
}

bool ComponentSpec::stands_for(std::string_view contract) const {
  return role == contract || std::find(fulfils.begin(), fulfils.end(), contract) != fulfils.end();
}

Manifest parse_manifest(std::string_view text, const std::string& source) {
  return parse_manifest(text, source, {});
}

Manifest parse_manifest(std::string_view text, const std::string& source,
                        const std::vector<Contract>& contracts) {
  const Value document = parse_toml(text, source, ExitCode::plugin);
  Manifest manifest;
  manifest.text = text;
  read_abi(document, manifest);
  const Fields fields(document, "", "the manifest", {"plugin", "components", "build"}, ExitCode::plugin);
  read_plugin(fields.required("plugin"), manifest);
  if (const Value* build = fields.find("build")) read_build(*build, manifest);
  for (const auto& [name, component] : entries_of(fields.table("components"))) {
    manifest.components.push_back(read_component(name, component, manifest, contracts));
  }
  if (manifest.components.empty()) {
    throw Failure(ExitCode::plugin, Origin{source, 0, 0}, "the manifest names no components",
                  {"add one: [components.\"role/name\"]"});
  }
  return manifest;
}

std::string read_embedded_manifest(const std::filesystem::path& library) {
  std::optional<std::string> text = ElfFile(library).section(".gistmill");
  if (!text) {
    throw Failure(ExitCode::plugin, Origin{library.string(), 0, 0},
                  "not a plugin: it has no section .gistmill",
                  {"build it with gistmill_add_plugin, which embeds plugin.toml"});
  }
  // Embedded as a C string.
  text->erase(std::find(text->begin(), text->end(), '\0'), text->end());
  if (text->size() > kLargestManifest) {
    throw Failure(
        ExitCode::plugin, Origin{library.string(), 0, 0},
        fmt::format("its manifest has {} bytes when at most {} are read", text->size(), kLargestManifest));
  }
  return *text;
}

}  // namespace gistmill
