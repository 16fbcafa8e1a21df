#include "plugins/store/gists/store.hpp"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include <gistmill/formats/error.hpp>

#include "plugins/store/common/translated.hpp"
#include "plugins/store/gists/context.hpp"
#include "plugins/store/gists/description.hpp"
#include "plugins/store/gists/export.hpp"

namespace gistmill::gists {
namespace {

using store::translated;

std::string text_of(const Tensor& bytes) {
  return {reinterpret_cast<const char*>(bytes.data<std::uint8_t>()), static_cast<std::size_t>(bytes.size())};
}

// What the system would cut at its first zero byte, and with it every message that names it.
std::string path_of(const Tensor& bytes) {
  std::string path = text_of(bytes);
  if (path.find('\0') != std::string::npos)
    throw Error(GM_ERROR_USER, "the path has a zero byte: " + formats::printable(path), "path");
  return path;
}

Tensor bytes_of(const std::string& text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

Tensor number(std::uint64_t value) {
  return Tensor::of<std::int32_t>({static_cast<std::int32_t>(value)}, {});
}

Tensor batch(const std::vector<std::int32_t>& values) {
  return Tensor::of(values, {1, static_cast<std::int64_t>(values.size())});
}

std::uint32_t size_in(const nlohmann::json& settings, const char* key) {
  const auto found = settings.find(key);
  if (found == settings.end() || !found->is_number_unsigned() || found->get<std::uint64_t>() > UINT32_MAX)
    throw formats::FormatError(std::string("the settings have no size '") + key + "'");
  return found->get<std::uint32_t>();
}

std::uint64_t count_of(const Tensor& tensor, const char* port) {
  const std::int32_t value = *tensor.data<std::int32_t>();
  if (value < 0) throw Error(GM_ERROR_USER, std::string(port) + " is below 0", port);
  return static_cast<std::uint64_t>(value);
}

// Whether a file begins as HDF5 files behind a head of this format do.
bool is_store(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string begin(20, '\0');
  return file.read(begin.data(), static_cast<std::streamsize>(begin.size())) &&
         begin == "gistmill gist store,";
}

}  // namespace

GistStore::GistStore(const Options& options)
    : precision_(precision_of(options.string("precision")).value_or(Precision::f32)),
      documents_(static_cast<std::uint32_t>(options.integer("documents"))),
      unsettled_(static_cast<std::uint32_t>(options.integer("unsettled"))) {}

Growth& GistStore::growth() const {
  if (!growth_) throw Error(GM_ERROR_MISUSE, "a gist store was used before open");
  return *growth_;
}

Tensor GistStore::open(const Tensor& path, const Tensor& settings) {
  if (growth_) throw Error(GM_ERROR_MISUSE, "open was called while another store is open");
  translated("path", [&] {
    const nlohmann::json given = nlohmann::json::parse(text_of(settings), nullptr, false);
    if (!given.is_object()) throw formats::FormatError("the settings are no JSON object");
    const Shape shape = {size_in(given, "block"), size_in(given, "gists"), size_in(given, "width"),
                         documents_, precision_};
    growth_ = std::make_unique<Growth>(path_of(path), shape, About::of(given), unsettled_,
                                       given.value("refresh", false));
  });
  return number(growth_->writer().names().size());
}

std::tuple<Tensor, Tensor> GistStore::document(const Tensor& number) const {
  const std::vector<std::string>& names = growth().writer().names();
  const std::uint64_t place = count_of(number, "number");
  if (place >= names.size()) throw Error(GM_ERROR_USER, "the store has no document of this number", "number");
  const std::vector<std::int32_t> tokens =
      translated("", [&] { return growth().tokens(static_cast<std::uint32_t>(place)); });
  return {bytes_of(names[place]), Tensor::of(tokens, {static_cast<std::int64_t>(tokens.size())})};
}

std::tuple<Tensor, Tensor> GistStore::extend(const Tensor& name, const Tensor& tokens,
                                             const std::optional<Tensor>& kept) {
  const auto* ids = tokens.data<std::int32_t>();
  std::vector<std::uint8_t> stays;
  if (kept) stays.assign(kept->data<std::uint8_t>(), kept->data<std::uint8_t>() + kept->size());
  const Missing missing = translated("tokens", [&] {
    return growth().extend(text_of(name), {ids, ids + tokens.size()}, std::move(stays));
  });
  const std::uint64_t block = growth().writer().shape().block;
  return {number(missing.first * block), number(missing.end * block)};
}

void GistStore::expect_gists(const Tensor& gist) const {
  const Shape& shape = growth().writer().shape();
  if (gist.shape()[1] == shape.gists && gist.shape()[2] == shape.width) return;
  throw Error(GM_ERROR_USER,
              std::to_string(gist.shape()[1]) + " gists of " + std::to_string(gist.shape()[2]) +
                  " numbers came when the store has " + std::to_string(shape.gists) + " of " +
                  std::to_string(shape.width),
              "gist");
}

void GistStore::append(const Tensor& gist, const Tensor& offsets, const std::optional<Tensor>& whole) {
  expect_gists(gist);
  translated("gist", [&] {
    growth().append(static_cast<std::uint32_t>(gist.shape()[0]), gist.data<float>(),
                    offsets.data<std::int32_t>(), whole ? whole->data<std::uint8_t>() : nullptr);
  });
}

std::tuple<Tensor, Tensor> GistStore::group() const {
  return translated("", [&]() -> std::tuple<Tensor, Tensor> {
    const Shape& shape = growth().writer().shape();
    const Group group = growth().group().value_or(Group());
    const std::int64_t blocks = group.gists.empty() ? 0 : shape.block;
    return {Tensor::of(group.gists, {blocks, shape.gists, shape.width}),
            Tensor::of(group.offsets, {blocks, shape.gists})};
  });
}

void GistStore::append_group(const Tensor& gist, const Tensor& offsets) {
  expect_gists(gist);
  translated("gist", [&] { growth().append_group(gist.data<float>(), offsets.data<std::int32_t>()); });
}

void GistStore::commit() {
  translated("", [&] { growth().commit(); });
}

void GistStore::close() {
  translated("", [&] { growth().close(); });
  growth_.reset();
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> GistStore::context(const Tensor& path,
                                                                      const std::optional<Tensor>& document,
                                                                      const Tensor& recent,
                                                                      const std::optional<Tensor>& level1,
                                                                      const Tensor& room) const {
  return translated("path", [&]() -> std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> {
    const GistReader reader(path_of(path));
    const Context context =
        context_of(reader, document ? text_of(*document) : std::string(), count_of(recent, "recent"),
                   level1 ? count_of(*level1, "level1") : UINT32_MAX, count_of(room, "room"));
    nlohmann::json about = nlohmann::json::parse(About::parse(reader.about()).text());
    about["document"] = context.document;
    about["tokens"] = context.tokens;
    about["left_out"] = context.left_out;
    const std::int64_t width = reader.shape().width;
    const auto gists = static_cast<std::int64_t>(context.places.size());
    return {batch(context.ids), batch(context.positions), Tensor::of(context.gist, {1, gists, width}),
            batch(context.places), bytes_of(about.dump())};
  });
}

Tensor GistStore::describe_file(const Tensor& path) const {
  const std::string file = path_of(path);
  if (!is_store(file)) return bytes_of("");
  return translated("path", [&] { return bytes_of(description_of(GistReader(file)).dump()); });
}

void GistStore::export_file(const Tensor& path, const std::optional<Tensor>& document,
                            const Tensor& target) const {
  translated("path", [&] {
    export_document(GistReader(path_of(path)), document ? text_of(*document) : std::string(),
                    text_of(target));
  });
}

}  // namespace gistmill::gists
