// Variants are a table by id, which layers above add to and remove from. A list, where the name is the id, is
// what earlier versions wrote.
#include "host/recipe/evaluation_schema.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/recipe/names.hpp"
#include "host/recipe/recipe_keys.hpp"

namespace gistmill {
namespace {

constexpr std::string_view kVariantKeys = "evaluations.NAME.variants.ID";
constexpr std::string_view kPublishedKeys = "evaluations.NAME.variants.ID.published.FIGURE";
constexpr std::string_view kTargetKeys = "evaluations.NAME.targets.FIGURE";

void check_target(const Target& target, const std::string& path, const Origin& origin) {
  const auto refuse = [&](const char* reason) {
    throw Failure(ExitCode::recipe, origin, fmt::format("{} {}", path, reason));
  };
  if (!target.below && !target.above) refuse("has neither 'below' nor 'above'");
  if (target.below && target.above && *target.below <= *target.above) refuse("is met by no value");
  if (!target.bad) return;
  if (target.below && target.above) refuse("has 'bad' beside both 'below' and 'above'");
  if (target.below && *target.bad < *target.below)
    refuse("calls values bad that meet it: 'bad' is less than 'below'");
  if (target.above && *target.bad > *target.above)
    refuse("calls values bad that meet it: 'bad' is greater than 'above'");
}

// `table`: the variant's table `published`. A number, or a table of value and within.
Published read_published(const Fields& table, const std::string& figure, const Value& value) {
  const std::string path = table.path_of(figure);
  if (!value.is_table()) {
    if (value.get_if<double>() == nullptr && value.get_if<std::int64_t>() == nullptr)
      table.refuse_type(value, figure, "a number, or a table of value and within");
    return {figure, table.number(figure, 0), std::nullopt};
  }
  const Fields fields(value, path, fmt::format("[{}]", path), keys_of(kPublishedKeys), ExitCode::recipe);
  fields.required("value");
  Published published{figure, fields.number("value", 0), std::nullopt};
  if (const Value* within = fields.find("within")) {
    published.within = fields.number("within", 0);
    if (!(*published.within >= 0)) fields.refuse(*within, "within", "at least 0");
  }
  return published;
}

// A variant as its table says it; `binding` is still an id.
Evaluation::Variant read_variant(const Fields& fields, const std::string& id, const Origin& origin) {
  Evaluation::Variant variant;
  variant.id = id;
  variant.origin = origin;
  variant.name = fields.string("name", id);
  if (variant.name.empty()) fields.refuse(*fields.find("name"), "name", "a name");
  variant.binding = fields.string("binding", "");
  if (const Value* use = fields.table("use")) {
    for (const auto& [instance, other] : entries_of(*use)) {
      const auto* name = other.get_if<std::string>();
      if (name == nullptr) fields.refuse_type(other, "use." + key_text(instance), "the name of an instance");
      variant.use.emplace_back(instance, *name);
    }
  }
  if (const Value* published = fields.table("published")) {
    std::vector<std::string> figures;  // any: the plan knows those that are measured
    for (const auto& [figure, value] : entries_of(*published)) figures.push_back(figure);
    const std::string path = fields.path_of("published");
    const Fields table(*published, path, fmt::format("[{}]", path), figures, ExitCode::recipe);
    for (const auto& [figure, value] : entries_of(*published)) {
      const auto* kept = value.get_if<bool>();
      if (kept != nullptr && !*kept) continue;  // a layer above removed it
      variant.published.push_back({read_published(table, figure, value), place_of(value)});
    }
  }
  return variant;
}

// The variants of one evaluation with the tables that they stand in.
class VariantReader {
 public:
  explicit VariantReader(std::string path) : path_(std::move(path)) {}

  void read(const Value& value) {
    if (const auto* list = value.get_if<Value::List>()) return read_list(*list);
    for (const auto& [id, variant] : entries_of(value)) {
      const auto* kept = variant.get_if<bool>();
      if (kept != nullptr && !*kept) {  // a layer above removed it
        removed_.push_back(id);
        continue;
      }
      expect_name(id, fmt::format("[{}]", path_), place_of(variant));
      const std::string path = path_ + "." + id;
      if (!variant.is_table()) {
        throw Failure(ExitCode::recipe, variant.origin(),
                      fmt::format("{} is {} when it should be a table, or false to remove the variant", path,
                                  with_article(variant.type_name())));
      }
      add(variant, path, fmt::format("[{}]", path), id, place_of(variant));
    }
  }

  // The name of the variant with the id that `key` names; "" where it names none.
  std::string name_of(const Fields& fields, std::string_view key, const std::string& id) const {
    if (id.empty()) return id;
    const auto found = std::ranges::find(variants_, id, &Evaluation::Variant::id);
    if (found != variants_.end()) return found->name;
    std::vector<std::string> ids;
    std::string list;
    for (const Evaluation::Variant& variant : variants_) {
      ids.push_back(variant.id);
      list += fmt::format("{}'{}'", list.empty() ? "" : ", ", variant.id);
    }
    throw Failure(
        ExitCode::recipe, fields.find(key)->origin(),
        fmt::format("{} names the unknown variant '{}'", fields.path_of(key), id),
        did_you_mean(id, ids,
                     {list.empty() ? "the evaluation has no variants" : "the variants are: " + list}));
  }

  bool removed(const std::string& id) const { return std::ranges::count(removed_, id) > 0; }

  std::vector<Evaluation::Variant> take() {
    for (std::size_t i = 0; i < variants_.size(); ++i)
      variants_[i].binding = name_of(fields_[i], "binding", variants_[i].binding);
    return std::move(variants_);
  }

 private:
  void read_list(const Value::List& list) {
    for (const Value& variant : list) {
      const Fields fields(variant, path_, fmt::format("[[{}]]", path_), keys_of(kVariantKeys),
                          ExitCode::recipe);
      add(variant, path_, fmt::format("[[{}]]", path_), fields.string("name"), variant.origin());
    }
  }

  void add(const Value& value, const std::string& path, const std::string& heading, const std::string& id,
           const Origin& origin) {
    fields_.emplace_back(value, path, heading, keys_of(kVariantKeys), ExitCode::recipe);
    Evaluation::Variant variant = read_variant(fields_.back(), id, origin);
    if (std::ranges::find(variants_, variant.name, &Evaluation::Variant::name) != variants_.end()) {
      const Value* name = value.find("name");
      throw Failure(ExitCode::recipe, name != nullptr ? name->origin() : origin,
                    fmt::format("two variants of [{}] have the name {}", path_, string_text(variant.name)));
    }
    variants_.push_back(std::move(variant));
  }

  std::string path_;
  std::vector<Fields> fields_;        // as variants_
  std::vector<std::string> removed_;  // ids
  std::vector<Evaluation::Variant> variants_;
};

Evaluation::Examples read_examples(const Value& value, const std::string& path) {
  const Fields fields(value, path, fmt::format("[{}]", path), keys_of("evaluations.NAME.examples"),
                      ExitCode::recipe);
  Evaluation::Examples examples;
  examples.origin = place_of(value);
  examples.tokens = fields.string("tokens");
  examples.values = fields.string("values");
  examples.less = fields.string("less", "");
  examples.mask = fields.string("mask", "");
  examples.item = fields.string("item", "");
  examples.lengths = fields.string("lengths", "");
  examples.decoder = fields.string("decoder");
  examples.count = fields.integer("count", examples.count, 1);
  return examples;
}

IntervalKind interval_of(const Fields& fields) {
  const std::string word = fields.string("interval", to_text(IntervalKind::student));
  const auto kind = interval_kind_of(word);
  if (!kind)
    fields.refuse(*fields.find("interval"), "interval",
                  fmt::format("{}", fmt::join(interval_kind_names(), " or ")));
  return *kind;
}

}  // namespace

// The targets of one evaluation, in their order; `path`: "evaluations.heldout.targets".
std::vector<TargetSetting> read_targets(const Value& value, const std::string& path,
                                        const VariantReader& variants) {
  std::vector<TargetSetting> targets;
  for (const auto& [figure, wanted] : entries_of(value)) {
    const auto* kept = wanted.get_if<bool>();
    if (kept != nullptr && !*kept) continue;  // a layer above removed it
    const std::string place = path + "." + key_text(figure);
    if (!wanted.is_table()) {
      throw Failure(ExitCode::recipe, wanted.origin(),
                    fmt::format("{} is {} when it should be a table, or false to remove the target", place,
                                with_article(wanted.type_name())));
    }
    const Fields fields(wanted, place, fmt::format("[{}]", place), keys_of(kTargetKeys), ExitCode::recipe);
    const auto optional = [&](const char* key) {
      return fields.find(key) != nullptr ? std::optional(fields.number(key, 0)) : std::nullopt;
    };
    Target target{figure, optional("below"), optional("above"), optional("bad")};
    check_target(target, place, place_of(wanted));
    const std::string than = fields.string("than", "");
    if (variants.removed(than)) continue;  // and with it what was held against it
    target.than = variants.name_of(fields, "than", than);
    targets.push_back({target, place_of(wanted)});
  }
  return targets;
}

std::optional<double> minutes_of(const Fields& fields) {
  const Value* given = fields.find("minutes");
  if (given == nullptr) return std::nullopt;
  const double minutes = fields.number("minutes", 0);
  if (minutes < 0) fields.refuse(*given, "minutes", "at least 0 (0: no limit)");
  return minutes;
}

Evaluation read_evaluation(const std::string& name, const Value& value) {
  expect_name(name, "[evaluations]", place_of(value));
  const std::string path = "evaluations." + name;
  const Fields fields(value, path, fmt::format("[{}]", path), keys_of("evaluations.NAME"), ExitCode::recipe);
  Evaluation evaluation;
  evaluation.name = name;
  evaluation.origin = place_of(value);
  evaluation.pipeline = fields.string("pipeline");
  evaluation.steps = fields.integer("steps", evaluation.steps, 0);
  evaluation.every = fields.integer("every", evaluation.every, 0);
  evaluation.minutes = minutes_of(fields);
  evaluation.best = fields.string("best", "");
  evaluation.headline = fields.string("headline", "");
  evaluation.interval = interval_of(fields);

  VariantReader variants(path + ".variants");
  if (const Value* given = fields.find("variants")) {
    if (!given->is_table() && given->get_if<Value::List>() == nullptr)
      fields.refuse_type(*given, "variants", "a table");
    variants.read(*given);
  }
  evaluation.reference = variants.name_of(fields, "reference", fields.string("reference", ""));
  evaluation.ceiling = variants.name_of(fields, "ceiling", fields.string("ceiling", ""));
  if (!evaluation.ceiling.empty() && evaluation.reference.empty()) {
    throw Failure(
        ExitCode::recipe, place_of(*fields.find("ceiling")),
        fmt::format("{}.ceiling needs {}.reference: a share is recovered between the two", path, path));
  }
  evaluation.paired = variants.name_of(fields, "paired", fields.string("paired", ""));
  if (const Value* targets = fields.table("targets"))
    evaluation.targets = read_targets(*targets, path + ".targets", variants);
  evaluation.variants = variants.take();
  if (const Value* examples = fields.table("examples"))
    evaluation.examples = read_examples(*examples, path + ".examples");
  return evaluation;
}

}  // namespace gistmill
