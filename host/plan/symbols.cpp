// Union-find over symbols. A node is a symbol of an instance (its manifest declares it), of the pipeline
// (manifests declare it with scope "pipeline"), or of one call (no manifest declares it). Wires join nodes.
#include "host/plan/symbols.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>
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
                               std::vector<std::string> notes) {
  notes.insert(notes.begin(), {first.evidence, second.evidence});
  throw Failure(ExitCode::recipe, second.origin.known() ? second.origin : first.origin,
                fmt::format("{} is {} according to {} but {} according to {}", symbol, second.value,
                            second.source, first.value, first.source),
                std::move(notes));
}

Size fixed_by_option(const PlannedInstance& instance, const SymbolSpec& symbol) {
  const PlannedOption& option = *instance.option(symbol.option);  // the manifest's parser has seen to it
  const std::string place =
      option.origin.known() ? option.origin.text() : fmt::format("default of {}", instance.spec->name);
  return {size_by_option(option.value), instance.name + "." + option.key, option.origin,
          fmt::format("{}: {} = {} ({})", instance.name, option.key, option_text(option.value), place)};
}

// Nodes that must be one size.
struct SymbolClass {
  std::string letter;  // of the first node
  std::vector<SymbolDeclaration> declared;
  std::vector<std::string> wires;  // those that join symbols of several declarations
  std::optional<Size> size;
  bool carried = false;

  void take_over(SymbolClass& other) {
    declared.insert(declared.end(), other.declared.begin(), other.declared.end());
    wires.insert(wires.end(), other.wires.begin(), other.wires.end());
    carried = carried || other.carried;
  }
};

bool is_wide(const SymbolDeclaration& declaration) {
  return declaration.spec->scope == SymbolScope::pipeline;
}

class SymbolClasses {
 public:
  SymbolClasses(const PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances)
      : pipeline_(pipeline), instances_(instances) {}

  // What the symbol `letter` of a port of call number `call` means.
  std::size_t node(std::size_t call, const std::string& letter) {
    const std::size_t instance = pipeline_.calls[call].instance;
    const SymbolSpec* spec = instances_[instance].spec->symbol(letter);
    return spec ? node(SymbolDeclaration{instance, spec}) : node({Owner::call, call, letter});
  }

  void carry(std::size_t call, const PortType& type, bool carried) {
    for (const Dimension& dimension : type.shape) {
      if (dimension.symbol.empty()) continue;
      SymbolClass& found = classes_[find(node(call, dimension.symbol))];
      found.carried = found.carried || carried;
    }
  }

  // Before any wire.
  void declare(const SymbolDeclaration& declaration) {
    const std::size_t place = node(declaration);
    classes_[place].declared.push_back(declaration);
    if (!declaration.spec->option.empty())
      fix(place, fixed_by_option(instances_[declaration.instance], *declaration.spec));
  }

  void fix(std::size_t node, const Size& size, std::vector<std::string> notes = {}) {
    SymbolClass& found = classes_[find(node)];
    if (!found.size) found.size = size;
    if (found.size->value == size.value) return;
    const std::vector<std::string> joined = joins(found);
    notes.insert(notes.begin(), joined.begin(), joined.end());
    refuse_sizes(full_name(found), *found.size, size, std::move(notes));
  }

  void unite(std::size_t a, std::size_t b, const std::string& wire) {
    const std::size_t first = std::min(find(a), find(b));
    const std::size_t second = std::max(find(a), find(b));
    if (first == second) return;
    SymbolClass& into = classes_[first];
    SymbolClass& from = classes_[second];
    const bool joins_declared = !into.declared.empty() && !from.declared.empty();
    into.take_over(from);
    if (joins_declared) into.wires.push_back(wire);
    const std::vector<std::string> notes = joins_declared ? std::vector<std::string>{} : std::vector{wire};
    if (from.size) fix(first, *from.size, notes);
    parents_[second] = first;
  }

  // All classes, in the order in which the pipeline shows them, under names that are unique in it.
  std::vector<PlannedSymbol> finish() {
    name_classes();
    std::vector<PlannedSymbol> symbols;
    for (std::size_t node = 0; node < parents_.size(); ++node) {
      if (find(node) != node) continue;
      SymbolClass& found = classes_[node];
      PlannedSymbol symbol;
      symbol.name = names_[node];
      symbol.full_name = found.declared.empty() ? names_[node] : full_name(found);
      symbol.declared = found.declared;
      symbol.joins = joins(found);
      symbol.carried = found.carried;
      if (found.size) {
        symbol.value = found.size->value;
        symbol.source = found.size->source;
        symbol.origin = found.size->origin;
      }
      symbols.push_back(std::move(symbol));
    }
    return symbols;
  }

  // After finish().
  const std::string& name(std::size_t node) { return names_.at(find(node)); }

 private:
  enum class Owner { pipeline, instance, call };
  using Key = std::tuple<Owner, std::size_t, std::string>;

  std::size_t node(const SymbolDeclaration& declaration) {
    const std::string& letter = declaration.spec->name;
    return is_wide(declaration) ? node({Owner::pipeline, 0, letter})
                                : node({Owner::instance, declaration.instance, letter});
  }

  std::size_t node(const Key& key) {
    const auto [it, added] = nodes_.try_emplace(key, parents_.size());
    if (added) {
      parents_.push_back(parents_.size());
      classes_.push_back({std::get<std::string>(key), {}, {}, {}, false});
    }
    return it->second;
  }

  std::size_t find(std::size_t node) {
    while (parents_[node] != node) node = parents_[node] = parents_[parents_[node]];
    return node;
  }

  // The declaration that a class is called after: one for the whole pipeline, or the first.
  static const SymbolDeclaration& eponym(const SymbolClass& found) {
    const auto wide = std::find_if(found.declared.begin(), found.declared.end(), is_wide);
    return wide == found.declared.end() ? found.declared.front() : *wide;
  }

  static const std::string& letter(const SymbolClass& found) {
    return found.declared.empty() ? found.letter : eponym(found).spec->name;
  }

  // "S" of the pipeline, "teacher.D" of an instance, "K" of a call.
  std::string full_name(const SymbolClass& found) const {
    if (found.declared.empty() || is_wide(eponym(found))) return letter(found);
    return instances_[eponym(found).instance].name + "." + letter(found);
  }

  // What makes a class one size: wires, and a scope that several instances name.
  std::vector<std::string> joins(const SymbolClass& found) const {
    std::vector<std::string> notes = found.wires;
    std::map<std::string, std::vector<std::string>> wide;
    for (const SymbolDeclaration& each : found.declared) {
      if (is_wide(each)) wide[each.spec->name].push_back(instances_[each.instance].name);
    }
    for (const auto& [name, declarers] : wide) {
      if (declarers.size() < 2) continue;
      notes.push_back(fmt::format("{} is one size for all of {}: their manifests give it scope \"pipeline\"",
                                  name, fmt::join(declarers, ", ")));
    }
    return notes;
  }

  // A letter alone where no other class that the pipeline shows has it. Else an instance's symbol takes the
  // instance's name before it, and a call's a number after it.
  void name_classes() {
    std::map<std::string, int> shown;
    std::set<std::string> taken;
    std::vector<std::size_t> roots;
    for (std::size_t node = 0; node < parents_.size(); ++node) {
      if (find(node) != node) continue;
      const SymbolClass& found = classes_[node];
      roots.push_back(node);
      if (found.carried) ++shown[letter(found)];
      if (!found.declared.empty() && is_wide(eponym(found))) taken.insert(letter(found));
    }
    for (const std::size_t root : roots) {
      const SymbolClass& found = classes_[root];
      if (found.declared.empty()) continue;
      const bool alone = found.carried && shown[letter(found)] == 1 && !taken.count(letter(found));
      taken.insert(names_[root] = alone ? letter(found) : full_name(found));
    }
    for (const std::size_t root : roots) {
      const SymbolClass& found = classes_[root];
      if (!found.declared.empty()) continue;
      std::string candidate = found.letter;
      for (int i = 2; taken.count(candidate); ++i) candidate = found.letter + std::to_string(i);
      taken.insert(names_[root] = candidate);
    }
  }

  const PlannedPipeline& pipeline_;
  const std::vector<PlannedInstance>& instances_;
  std::map<Key, std::size_t> nodes_;
  std::vector<std::size_t> parents_;
  std::vector<SymbolClass> classes_;          // by node; what counts is the root's
  std::map<std::size_t, std::string> names_;  // by root
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
  const std::string wire = fmt::format("{} ({})", sentence, call.origin.text());
  for (std::size_t i = 0; i < read.type.shape.size(); ++i) {
    const Dimension& from = written.type.shape[i];
    const Dimension& to = read.type.shape[i];
    const auto number = [&](const PlannedCall& by, const PortSpec& port, std::int64_t value) {
      return Size{value, fmt::format("port {} of {}", port.name, by.name), call.origin,
                  fmt::format("{}: {} is {}", by.name, port.name, type_text(port.type))};
    };
    if (!from.symbol.empty() && !to.symbol.empty()) {
      classes.unite(classes.node(input.source->call, from.symbol), classes.node(reader, to.symbol), wire);
    } else if (!from.symbol.empty()) {
      classes.fix(classes.node(input.source->call, from.symbol), number(call, read, to.fixed), {wire});
    } else if (!to.symbol.empty()) {
      classes.fix(classes.node(reader, to.symbol), number(writer, written, from.fixed), {wire});
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
  for (const PlannedInput& input : call.inputs)
    classes.carry(index, input.port->type, input.source.has_value());
  for (const PlannedOutput& output : call.outputs) classes.carry(index, output.port->type, true);
}

}  // namespace

std::int64_t size_by_option(const OptionValue& value) {
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

void plan_types(PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances) {
  SymbolClasses classes(pipeline, instances);
  std::vector<std::size_t> called;  // each instance once, in the order of calls
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    const std::size_t instance = pipeline.calls[i].instance;
    note_symbols(classes, i, pipeline.calls[i]);
    if (std::find(called.begin(), called.end(), instance) == called.end()) called.push_back(instance);
  }
  for (const std::size_t instance : called) {
    for (const SymbolSpec& spec : instances[instance].spec->symbols) classes.declare({instance, &spec});
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
