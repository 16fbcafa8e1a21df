// Union-find over symbols. A node is a symbol that some manifest declares (one for the whole pipeline), or a
// symbol of one call.
#include "host/plan/symbols.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <type_traits>

#include "host/plan/options.hpp"
#include "host/plan/types.hpp"

namespace gistmill {
namespace {

// What fixes a size, for messages: "corpus: horizon = 64 (recipe.toml:4:30)".
struct Size {
  std::int64_t value = 0;
  std::string source;
  Origin origin;
  std::string evidence;
};

[[noreturn]] void refuse_sizes(const std::string& symbol, const Size& first, const Size& second,
                               std::vector<std::string> notes = {}) {
  notes.insert(notes.begin(), {first.evidence, second.evidence});
  throw Failure(ExitCode::recipe, second.origin.known() ? second.origin : first.origin,
                fmt::format("{} is {} by {} when it is {} by {}", symbol, second.value, second.source,
                            first.value, first.source),
                std::move(notes));
}

// The size that an option fixes: its value, or the length of a list. Manifests let no other option fix one.
std::int64_t size_of(const OptionValue& value) {
  return std::visit(
      [](const auto& item) -> std::int64_t {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(item)>>) {
          return static_cast<std::int64_t>(item);
        } else {
          return static_cast<std::int64_t>(item.size());
        }
      },
      value);
}

Size fixed_by_option(const PlannedInstance& instance, const SymbolSpec& symbol) {
  const PlannedOption& option = *instance.option(symbol.option);  // the manifest's parser has seen to it
  const std::string place =
      option.origin.known() ? option.origin.text() : fmt::format("default of {}", instance.spec->name);
  return {size_of(option.value), instance.name + "." + option.key, option.origin,
          fmt::format("{}: {} = {} ({})", instance.name, option.key, option_text(option.value), place)};
}

class SymbolClasses {
 public:
  // From here on `name` is one size in every call.
  void declare(const std::string& name) { wide_.emplace(name, 0); }

  std::size_t wide(const std::string& name) {
    std::size_t& place = wide_.at(name);  // number + 1; 0: not seen yet
    if (place == 0) place = add(name, true) + 1;
    return place - 1;
  }

  std::size_t node(std::size_t call, const std::string& name) {
    if (wide_.count(name)) return wide(name);
    const auto [it, added] = local_.try_emplace({call, name}, 0);
    if (added) it->second = add(name, false);
    return it->second;
  }

  void fix(std::size_t node, const Size& size, const std::vector<std::string>& notes) {
    Class& found = classes_[find(node)];
    if (found.size && found.size->value != size.value) refuse_sizes(found.name, *found.size, size, notes);
    if (!found.size) found.size = size;
  }

  void unite(std::size_t a, std::size_t b, const std::vector<std::string>& notes) {
    const std::size_t first = std::min(find(a), find(b));
    const std::size_t second = std::max(find(a), find(b));
    if (first == second) return;
    if (classes_[second].size) fix(first, *classes_[second].size, notes);
    Class& into = classes_[first];
    Class& from = classes_[second];
    if (into.declared.empty() && !from.declared.empty()) into.name = from.name;
    into.declared.insert(into.declared.end(), from.declared.begin(), from.declared.end());
    parents_[second] = first;
  }

  // All classes under names that are unique in the pipeline.
  std::vector<PlannedSymbol> finish() {
    std::vector<PlannedSymbol> symbols;
    std::set<std::string> taken;
    for (const auto& [name, unused] : wide_) taken.insert(name);
    for (std::size_t node = 0; node < parents_.size(); ++node) {
      if (find(node) != node) continue;
      Class& found = classes_[node];
      if (found.declared.empty()) found.name = unique(found.name, taken);
      taken.insert(found.name);
      PlannedSymbol symbol{found.name, found.declared, {}, {}, {}};
      if (found.size) {
        symbol.value = found.size->value;
        symbol.source = found.size->source;
        symbol.origin = found.size->origin;
      }
      symbols.push_back(std::move(symbol));
    }
    return symbols;
  }

  const std::string& name(std::size_t node) { return classes_[find(node)].name; }

 private:
  struct Class {
    std::string name;
    std::vector<std::string> declared;
    std::optional<Size> size;
  };

  static std::string unique(const std::string& name, const std::set<std::string>& taken) {
    std::string candidate = name;
    for (int i = 2; taken.count(candidate); ++i) candidate = name + std::to_string(i);
    return candidate;
  }

  std::size_t add(const std::string& name, bool declared) {
    parents_.push_back(parents_.size());
    classes_.push_back({name, declared ? std::vector{name} : std::vector<std::string>{}, {}});
    return parents_.size() - 1;
  }

  std::size_t find(std::size_t node) {
    while (parents_[node] != node) node = parents_[node] = parents_[parents_[node]];
    return node;
  }

  std::vector<std::size_t> parents_;
  std::vector<Class> classes_;
  std::map<std::string, std::size_t> wide_;
  std::map<std::pair<std::size_t, std::string>, std::size_t> local_;
};

void check_wire(SymbolClasses& classes, const PlannedPipeline& pipeline, std::size_t reader,
                const PlannedInput& input) {
  const PlannedCall& call = pipeline.calls[reader];
  const PlannedCall& writer = pipeline.calls[input.source->call];
  const PortSpec& written = *writer.outputs[input.source->output].port;
  const PortSpec& read = *input.port;
  const std::string sentence = fmt::format("{} reads {} as {} when {} writes {}", call.name, input.slot,
                                           type_text(read.type), writer.name, type_text(written.type));
  if (!types_fit(written.type, read.type)) {
    throw Failure(ExitCode::recipe, call.origin, sentence,
                  {fmt::format("{} is called at {}", writer.name, writer.origin.text())});
  }
  for (std::size_t i = 0; i < read.type.shape.size(); ++i) {
    const Dimension& from = written.type.shape[i];
    const Dimension& to = read.type.shape[i];
    const auto number = [&](const PlannedCall& by, const PortSpec& port, std::int64_t value) {
      return Size{value, fmt::format("port {} of {}", port.name, by.name), call.origin,
                  fmt::format("{}: {} is {}", by.name, port.name, type_text(port.type))};
    };
    if (!from.symbol.empty() && !to.symbol.empty()) {
      classes.unite(classes.node(input.source->call, from.symbol), classes.node(reader, to.symbol),
                    {sentence});
    } else if (!from.symbol.empty()) {
      classes.fix(classes.node(input.source->call, from.symbol), number(call, read, to.fixed), {sentence});
    } else if (!to.symbol.empty()) {
      classes.fix(classes.node(reader, to.symbol), number(writer, written, from.fixed), {sentence});
    }
  }
}

PortType in_symbols_of(SymbolClasses& classes, std::size_t call, const PortType& type) {
  PortType result = type;
  for (Dimension& dimension : result.shape) {
    if (!dimension.symbol.empty()) dimension.symbol = classes.name(classes.node(call, dimension.symbol));
  }
  result.text = type_text(result);
  return result;
}

// Touches every port's symbols, so that classes stand in the order in which the pipeline shows them.
void note_symbols(SymbolClasses& classes, std::size_t index, const PlannedCall& call) {
  const auto note = [&](const PortType& type) {
    for (const Dimension& dimension : type.shape) {
      if (!dimension.symbol.empty()) classes.node(index, dimension.symbol);
    }
  };
  for (const PlannedInput& input : call.inputs) note(input.port->type);
  for (const PlannedOutput& output : call.outputs) note(output.port->type);
}

}  // namespace

void plan_types(PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances) {
  SymbolClasses classes;
  for (const PlannedCall& call : pipeline.calls) {
    for (const SymbolSpec& symbol : instances[call.instance].spec->symbols) classes.declare(symbol.name);
  }
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) note_symbols(classes, i, pipeline.calls[i]);
  for (const PlannedCall& call : pipeline.calls) {
    const PlannedInstance& instance = instances[call.instance];
    for (const SymbolSpec& symbol : instance.spec->symbols) {
      const std::size_t node = classes.wide(symbol.name);
      if (!symbol.option.empty()) classes.fix(node, fixed_by_option(instance, symbol), {});
    }
  }
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    for (const PlannedInput& input : pipeline.calls[i].inputs) {
      if (input.source) check_wire(classes, pipeline, i, input);
    }
  }
  pipeline.symbols = classes.finish();
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    for (PlannedInput& input : pipeline.calls[i].inputs)
      input.type = in_symbols_of(classes, i, input.port->type);
    for (PlannedOutput& output : pipeline.calls[i].outputs) {
      output.type = in_symbols_of(classes, i, output.port->type);
    }
  }
}

}  // namespace gistmill
