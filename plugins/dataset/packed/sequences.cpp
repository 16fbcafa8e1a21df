#include "plugins/dataset/packed/sequences.hpp"

#include <limits>
#include <set>
#include <sstream>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include "plugins/store/common/translated.hpp"

namespace gistmill::dataset {
namespace {

constexpr char kStateHead[] = "dataset/packed";
constexpr int kStateVersion = 1;

PackedCorpus open_corpus(const Options& options) {
  const std::string corpus = options.string("corpus");
  const std::string folder = options.string("folder");
  if (corpus.empty() == folder.empty()) {
    throw Error(GM_ERROR_USER,
                corpus.empty() ? "neither corpus nor folder says which sequences to read; give one of them"
                               : "both corpus and folder say which sequences to read; give one of them",
                "corpus");
  }
  if (!corpus.empty()) return store::translated("corpus", [&] { return PackedCorpus::of_index(corpus); });
  return store::translated("folder", [&] { return PackedCorpus::of_folder(folder); });
}

// The text that is measured must not be what is trained on.
void check_apart(const PackedCorpus& corpus, std::size_t split, const std::string& other) {
  if (other.empty()) return;
  const std::optional<packed::Manifest> trained =
      store::translated("apart_from", [&] { return packed::read_manifest(other); });
  if (!trained) throw Error(GM_ERROR_USER, "folder '" + other + "' is not packed", "apart_from");
  std::set<std::string> sources;
  for (const packed::PackedSource& source : trained->sources) {
    if (!source.left_out && source.shard.tokens[0] > 0) sources.insert(source.digest);
  }
  for (const packed::PackedSource& source : corpus.manifest().sources) {
    if (split != 0 || source.left_out || source.shard.tokens[0] == 0 || !sources.contains(source.digest))
      continue;
    throw Error(GM_ERROR_USER,
                "'" + source.name + "' of '" + corpus.folder().string() + "' is in the train split of '" +
                    other +
                    "' too; measure on split = \"validation\", or on other files. Without apart_from it is "
                    "measured all the same",
                "apart_from");
  }
}

void check_length(const Options& options, const PackedCorpus& corpus) {
  const std::int64_t length = options.integer("length");
  if (length == 0 || length == corpus.length()) return;
  throw Error(GM_ERROR_USER,
              "length is " + std::to_string(length) + " when '" + corpus.folder().string() +
                  "' is packed with max_seq_length " + std::to_string(corpus.length()) +
                  "; pack it again with that length, or take its own",
              "length");
}

}  // namespace

Sequences::Sequences(const Options& options)
    : corpus_(open_corpus(options)),
      split_(options.string("split") == "validation" ? 1 : 0),
      rows_(corpus_.rows(split_)),
      order_(1, false, true) {
  check_length(options, corpus_);
  check_apart(corpus_, split_, options.string("apart_from"));
  if (rows_.empty()) {
    throw Error(GM_ERROR_USER,
                "'" + corpus_.folder().string() + "' has no " + options.string("split") + " sequence",
                "split");
  }
  choose_rows(static_cast<std::size_t>(options.integer("limit")));
  order_ = WindowOrder(rows_.size(), options.string("order") == "shuffle", options.boolean("repeat"));
}

// `limit` of them, spread evenly and in their order; 0: all.
void Sequences::choose_rows(std::size_t limit) {
  const std::size_t first = split_ == 0 ? 0 : corpus_.rows(0).size();
  const std::size_t all = rows_.size();
  if (first + all > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw Error(GM_ERROR_USER, "'" + corpus_.folder().string() + "' has more than 2^31 sequences", "corpus");
  const std::size_t count = limit == 0 || limit > all ? all : limit;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = i * all / count;
    rows_[i] = rows_[row];
    numbers_.push_back(static_cast<std::int32_t>(first + row));
  }
  rows_.resize(count);
}

void Sequences::start(const Start& start) {
  store::translated("corpus", [&] { corpus_.verify(); });
  order_.set_seed(start.seed());
  seed_ = start.seed();
}

void Sequences::check_tokenizer(const Tensor& tokenizer) const {
  const auto* data = tokenizer.data<std::uint8_t>();
  const std::string digest(data, data + tokenizer.size());
  const packed::Manifest& manifest = corpus_.manifest();
  if (digest == manifest.tokenizer_digest) return;
  throw Error(GM_ERROR_USER,
              "'" + corpus_.folder().string() + "' is packed with the tokenizer of '" + manifest.tokenizer +
                  "', " +
                  (manifest.tokenizer_digest.empty() ? "which is not known"
                                                     : manifest.tokenizer_digest.substr(0, 12)) +
                  ", when the recipe's is " + digest.substr(0, 12) + "; pack it with the recipe's",
              "tokenizer");
}

std::string Sequences::identity() const {
  formats::Sha256 sha;
  sha.update_field(corpus_.digest());
  sha.update_field(std::to_string(split_));
  return sha.hex();
}

std::string Sequences::save_state() const {
  std::ostringstream out;
  out << kStateHead << ' ' << kStateVersion << ' ' << identity() << ' ' << seed_ << ' ' << rows_.size() << ' '
      << order_.epoch() << ' ' << order_.place();
  return out.str();
}

void Sequences::load_state(std::string_view state) {
  std::istringstream in{std::string(state)};
  std::string head;
  std::string found;
  int version = 0;
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
  std::size_t rows = 0;
  std::size_t place = 0;
  in >> head >> version;
  if (!in || head != kStateHead || version != kStateVersion)
    throw Error(GM_ERROR_USER, "the saved position was not written by this version of dataset/packed");
  in >> found >> seed >> rows >> epoch >> place;
  if (!in || place > rows) throw Error(GM_ERROR_USER, "the saved position is damaged");
  if (found != identity() || rows != rows_.size()) {
    throw Error(GM_ERROR_USER,
                "the saved position is from other data: " + std::to_string(rows) + " sequences of " +
                    found.substr(0, 12) + " when these are " + std::to_string(rows_.size()) + " of " +
                    identity().substr(0, 12),
                "corpus");
  }
  seed_ = seed;
  order_.set_seed(seed);
  order_.seek(epoch, place);
}

}  // namespace gistmill::dataset
