// A plugin's manifest, parsed: components, options, operations, ports. Read from the library's ELF section
// without loading it. See docs/plugins.md for the format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/figures/figure.hpp"

namespace gistmill {

enum class OptionType {
  integer,
  floating,
  boolean,
  string,
  path,
  choice,
  prepared,
  mixture,
  evaluation,  // name of an evaluation of the recipe that runs while training; empty: any
  integers,
  floats,
  strings,
  paths
};

// Prepared corpora and the weight of each, ascending by name: tables keep no order, which a lock may change.
struct Mixture {
  std::vector<std::string> corpora;  // names of pipelines; once they are prepared, paths
  std::vector<double> weights;

  std::size_t size() const { return corpora.size(); }
  bool operator==(const Mixture&) const = default;
};

// { "code": 0.3, "novels": 0.6 }
template <class Json>
void to_json(Json& json, const Mixture& mixture) {
  json = Json::object();
  for (std::size_t i = 0; i < mixture.size(); ++i) json[mixture.corpora[i]] = mixture.weights[i];
}

using OptionValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::int64_t>,
                                 std::vector<double>, std::vector<std::string>, Mixture>;

// options.margin = { type = "float", default = 0.2, min = 0.0, max = 2.0, unit = "nats", doc = "..." }
struct OptionSpec {
  std::string key;
  OptionType type = OptionType::integer;
  std::optional<OptionValue> default_value;  // none: the recipe must give it
  std::optional<double> min;
  std::optional<double> max;
  std::vector<std::string> choices;
  std::string unit;
  std::string doc;
};

// One dimension of a port: a number, or a symbol: the component's, or of one operation only.
struct Dimension {
  std::string symbol;  // empty: fixed
  std::int64_t fixed = -1;
};

// "f32[K, D]", "float[K, H, D]" (any of f32, bf16, f16), "object<decoder.context/1>"
struct PortType {
  bool is_object = false;
  std::string object;  // type name
  std::string dtype;   // f64 f32 bf16 f16 i64 i32 u8 bool, or float
  std::vector<Dimension> shape;
  std::string text;  // as written
};

// Whether it holds numbers that may carry a gradient.
bool is_float(const PortType& type);

struct PortSpec {
  std::string name;
  PortType type;
  bool gradient = false;  // input: vjp can give its gradient. output: a gradient can be given to it
  bool optional = false;  // inputs only
  std::string doc;
  // Outputs only:
  std::optional<FigureSpec> figure;  // a figure of evaluations, one row an item
  std::string labels;                // of a figure: the list option that names the last dimension's columns
  bool cluster = false;              // the number of the cluster that each item is from, or that all are from
};

enum class Effect { pure, random, stateful };

// most = { T = "C" }: a size of an input, or one of the component's own, that may not be greater than another
// of the component's own.
struct SizeLimit {
  std::string symbol;  // "T"
  std::string most;    // "C"
};

struct OperationSpec {
  std::string name;
  Effect effect = Effect::pure;
  std::vector<SizeLimit> most;
  std::vector<PortSpec> inputs;  // in the manifest's order
  std::vector<PortSpec> outputs;
  std::string doc;

  const PortSpec* input(std::string_view name) const;
  const PortSpec* output(std::string_view name) const;
};

// Whose size a symbol is: the instance's, or that of all instances of a pipeline which declare it so.
enum class SymbolScope { instance, pipeline };

// symbols.H = { option = "horizon" }: an option fixes it; symbols.D = {}: the instance answers it, or wires
// do; symbols.S = { option = "span", scope = "pipeline" }: what must agree without a wire.
struct SymbolSpec {
  std::string name;
  std::string option;  // empty: the instance answers
  SymbolScope scope = SymbolScope::instance;
  std::string doc;
};

struct ComponentSpec {
  std::string name;                  // "loss/contrastive"
  std::string role;                  // "loss"
  std::vector<std::string> fulfils;  // contracts: "language-model", "resumable"
  std::string doc;
  bool parameters = false;  // has parameters that can train
  std::vector<OptionSpec> options;
  std::vector<SymbolSpec> symbols;
  std::vector<OperationSpec> operations;

  const OptionSpec* option(std::string_view key) const;
  const SymbolSpec* symbol(std::string_view name) const;
  const OperationSpec* operation(std::string_view name) const;
  // Whether it is of this role, or says that it fulfils this contract.
  bool stands_for(std::string_view contract) const;
};

struct Contract;

struct Manifest {
  std::string name;
  std::string version;
  std::string license;
  std::string tier;  // "c" or "libtorch"
  std::string sdk;   // version of the SDK it was built with
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::string torch;      // tier libtorch: version built against, "2.13.0+cpu"
  bool cxx11_abi = true;  // tier libtorch
  std::string cuda;       // tier libtorch: "none", or what of CUDA it was built with
  std::vector<ComponentSpec> components;
  std::string text;  // the embedded TOML

  const ComponentSpec* component(std::string_view name) const;
};

// A port's type as manifests and role files write it: "f32[K, D]", "object<decoder.context/1>". Throws
// Failure (ExitCode::plugin) with what is wrong, without a place.
PortType parse_port_type(std::string_view text);

// "f32[K, D]" or "object<decoder.context/1>", from the fields.
std::string type_text(const PortType& type);

// `float` goes with f32, bf16, f16 and float, any other with itself.
bool dtypes_fit(std::string_view written, std::string_view read);

// Whether a value of `written` may go where `read` is expected, as far as types without sizes tell: kind,
// object type, dtype, rank, and dimensions that are numbers.
bool types_fit(const PortType& written, const PortType& read);

// Parses manifest text; `source` names it in errors. `contracts`: those that components may fulfil; each that
// one claims is checked, and options of contracts are filled in. Throws Failure (ExitCode::plugin).
Manifest parse_manifest(std::string_view text, const std::string& source,
                        const std::vector<Contract>& contracts);
// The same where there are no contracts: a claim is refused, as one of an unknown name.
Manifest parse_manifest(std::string_view text, const std::string& source);

// The text of section .gistmill of a 64-bit little-endian ELF file, every offset checked; the library is
// not loaded. Throws Failure (ExitCode::plugin): not a plugin, truncated, no such section, more than 1 MiB.
std::string read_embedded_manifest(const std::filesystem::path& library);

// As manifests write them: "choice", "stateful".
std::string_view option_type_name(OptionType type);
std::string_view effect_name(Effect effect);

}  // namespace gistmill
