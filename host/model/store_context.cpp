#include "host/model/store_context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/identity/file_identity.hpp"

namespace gistmill {

namespace {

Tensor number(std::int64_t value) { return Tensor::of<std::int32_t>({static_cast<std::int32_t>(value)}, {}); }

void expect_same(const StoreSettings& settings, const nlohmann::json& about, const char* what,
                 const std::string& given) {
  const std::string held = about.value(what, "");
  if (held == given) return;
  throw Failure(
      ExitCode::recipe,
      fmt::format("{} was made with the {} {} when this one is {}", settings.file, what, held, given),
      {"its gists mean something to the model that they were made for, and its tokens to its tokenizer"});
}

void expect_ports(const Instance& model, const std::string& operation) {
  const OperationSpec* spec = model.planned().spec->operation(operation);
  for (const char* port : {"positions", "gist", "gist_places"}) {
    if (spec != nullptr && spec->input(port) != nullptr) continue;
    throw Failure(ExitCode::recipe, fmt::format("{} takes no gists: its operation {} has no input '{}'",
                                                model.name(), operation, port));
  }
}

// Without the first axis, which is of one text.
Tensor of_one(const Tensor& tensor) {
  const std::vector<std::int64_t> shape(tensor.shape().begin() + 1, tensor.shape().end());
  if (tensor.dtype().code == GM_FLOAT)
    return Tensor::of(std::vector<float>(tensor.data<float>(), tensor.data<float>() + tensor.size()), shape);
  const auto* first = tensor.data<std::int32_t>();
  return Tensor::of(std::vector<std::int32_t>(first, first + tensor.size()), shape);
}

}  // namespace

StoreContext::StoreContext(const StoreSettings& settings, const ModelChoice& choice, const Instance& model,
                           const std::string& operation, const TextCodec& codec, std::int64_t behind) {
  expect_ports(model, operation);
  const std::int64_t known = model.symbol("C");
  const std::int64_t room = (known > 0 ? known : std::int64_t{1} << 30) - behind;
  if (room < 1) {
    throw Failure(
        ExitCode::recipe,
        fmt::format("the text and what follows take {} positions when the model knows {}", behind, known));
  }
  Arrays in = {
      {"path", bytes_array(settings.file)}, {"recent", number(settings.recent)}, {"room", number(room)}};
  if (settings.document) in["document"] = bytes_array(*settings.document);
  const std::unique_ptr<Instance> store = choice.offering({"context", "describe_file"});
  if (store->planned().spec->operation("context")->input("level1") != nullptr)
    in["level1"] = number(settings.level1);
  Arrays out = call_operation(*store, "context", in);
  about_ = nlohmann::json::parse(text_of(out.at("about")), nullptr, false);
  if (!about_.is_object())
    throw Failure(ExitCode::plugin, fmt::format("{} says nothing of the store", store->name()));
  expect_same(settings, about_, "model", file_identity(model));
  expect_same(settings, about_, "tokenizer", codec.identity());
  ids_ = out.at("ids");
  positions_ = out.at("positions");
  gist_ = out.at("gist");
  places_ = out.at("gist_places");
}

Arrays StoreContext::inputs(const char* port, const Tokens& text, bool batch) const {
  Tokens ids = tokens_of(ids_);
  Tokens positions = tokens_of(positions_);
  auto next = static_cast<std::int32_t>(about_.value("tokens", std::int64_t{0}) -
                                        about_.value("left_out", std::int64_t{0}));
  for (const std::int32_t id : text) {
    ids.push_back(id);
    positions.push_back(next++);
  }
  Arrays in = {{port, token_array(ids, batch)}, {"positions", token_array(positions, batch)}};
  if (places_.size() == 0) return in;
  in["gist"] = batch ? gist_ : of_one(gist_);
  in["gist_places"] = batch ? places_ : of_one(places_);
  return in;
}

std::string StoreContext::text() const {
  const std::int64_t left_out = about_.value("left_out", std::int64_t{0});
  const std::string without =
      left_out == 0 ? ""
                    : fmt::format("; its first {} are left out: the model knows no more positions", left_out);
  return fmt::format("{}: {} tokens as {} rows, {} of them gists{}", about_.value("document", ""),
                     about_.value("tokens", std::int64_t{0}), rows(), places_.size(), without);
}

}  // namespace gistmill
