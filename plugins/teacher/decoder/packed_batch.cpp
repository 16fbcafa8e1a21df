#include "plugins/teacher/decoder/packed_batch.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace gistmill::decoder {
namespace {

constexpr std::int64_t kBlind = -1;

// The first column that row `row` sees, kBlind where it sees none, nothing where there is a gap. mask: the
// row's u8[T].
std::optional<std::int64_t> run_of(const std::uint8_t* mask, std::int64_t row) {
  std::int64_t begin = 0;
  while (begin <= row && mask[begin] == 0) ++begin;
  if (begin > row) return kBlind;
  if (std::memchr(mask + begin, 0, static_cast<std::size_t>(row + 1 - begin)) != nullptr) return std::nullopt;
  return begin;
}

// mask u8[T, T]
std::optional<PackedText> pack_text(const std::uint8_t* mask, std::int64_t length) {
  PackedText text;
  std::int64_t seeing = 0;  // rows since the last that sees nothing
  for (std::int64_t row = 0; row < length; ++row) {
    const std::optional<std::int64_t> begin = mask == nullptr ? 0 : run_of(mask + row * length, row);
    if (!begin) return std::nullopt;
    seeing = *begin == kBlind ? 0 : seeing + 1;
    if (*begin == kBlind) continue;
    const std::int64_t seen = row + 1 - *begin;
    if (seen > seeing) return std::nullopt;
    text.columns.push_back(row);
    text.first_key.push_back(static_cast<std::int64_t>(text.columns.size()) - seen);
  }
  text.gist = static_cast<std::int64_t>(text.columns.size());
  return text;
}

at::Tensor bytes_of(const at::Tensor& mask) {
  const bool plain = mask.scalar_type() == at::kByte || mask.scalar_type() == at::kBool;
  return (plain ? mask : mask.ne(0)).cpu().contiguous();
}

// What the rows before a gist depend on, beside what they see: i64[B, T] each.
struct Tokens {
  at::Tensor ids;
  at::Tensor positions;
};

// Whether the first `count` places of both texts are the same.
bool same_places(const Tokens& tokens, const std::vector<PackedText>& texts, std::size_t a, std::size_t b,
                 std::int64_t count) {
  const std::int64_t length = tokens.ids.size(1);
  const auto value = [&](const at::Tensor& of, std::size_t text, std::size_t place) {
    return of.const_data_ptr<std::int64_t>()[static_cast<std::int64_t>(text) * length +
                                             texts[text].columns[place]];
  };
  for (std::size_t place = 0; place < static_cast<std::size_t>(count); ++place) {
    if (value(tokens.ids, a, place) != value(tokens.ids, b, place) ||
        value(tokens.positions, a, place) != value(tokens.positions, b, place) ||
        texts[a].first_key[place] != texts[b].first_key[place]) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<std::vector<PackedText>> pack(const Batch& batch) {
  const std::int64_t length = batch.ids.size(1);
  const at::Tensor mask = batch.mask.defined() ? bytes_of(batch.mask) : at::Tensor();
  const auto* bytes = mask.defined() ? static_cast<const std::uint8_t*>(mask.const_data_ptr()) : nullptr;
  std::vector<PackedText> texts;
  for (std::int64_t i = 0; i < batch.ids.size(0); ++i) {
    std::optional<PackedText> text =
        pack_text(bytes != nullptr ? bytes + i * length * length : nullptr, length);
    if (!text) return std::nullopt;
    texts.push_back(std::move(*text));
  }
  if (!batch.gist.defined()) return texts;
  const at::Tensor places = batch.gist_places.cpu().to(at::kLong).contiguous();
  const std::int64_t count = places.size(1);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto* first = places.const_data_ptr<std::int64_t>() + static_cast<std::int64_t>(i) * count;
    const std::vector<std::int64_t>& columns = texts[i].columns;
    if (count == 0 || *first < 0) continue;
    texts[i].gist = std::lower_bound(columns.begin(), columns.end(), *first) - columns.begin();
  }
  return texts;
}

PackedRows rows_from(const std::vector<PackedText>& texts, const std::vector<Cut>& cuts,
                     std::int64_t length) {
  PackedRows packed;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto& [first, prefix_begin] = cuts[i];
    const auto count = static_cast<std::int64_t>(texts[i].columns.size()) - first;
    if (count == 0) continue;
    packed.segments.push_back(
        {static_cast<std::int64_t>(packed.rows.size()), count, prefix_begin + first, prefix_begin});
    for (std::int64_t place = first; place < first + count; ++place) {
      const auto at = static_cast<std::size_t>(place);
      packed.rows.push_back(static_cast<std::int64_t>(i) * length + texts[i].columns[at]);
      packed.first_keys.push_back(texts[i].first_key[at]);
    }
  }
  const auto sees_all = [](std::int64_t first) { return first == 0; };
  if (std::all_of(packed.first_keys.begin(), packed.first_keys.end(), sees_all)) packed.first_keys.clear();
  return packed;
}

SharedPrompts share_prompts(const std::vector<PackedText>& texts, const Batch& batch) {
  const std::int64_t length = batch.ids.size(1);
  const Tokens tokens{batch.ids.cpu().to(at::kLong).contiguous(),
                      positions_of(batch).to(at::kLong).contiguous()};
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return texts[a].gist > texts[b].gist; });
  SharedPrompts shared;
  shared.cuts.resize(texts.size());
  std::vector<std::size_t> computed;
  for (const std::size_t i : order) {
    const std::int64_t count = texts[i].gist;
    shared.cuts[i].first = count;
    if (count == 0) continue;
    const auto found = std::find_if(computed.begin(), computed.end(), [&](std::size_t other) {
      return same_places(tokens, texts, i, other, count);
    });
    auto& [rows, segments, first_keys] = shared.computed;
    const bool known = found != computed.end();
    if (known) {
      shared.cuts[i].prefix_begin = shared.cuts[*found].prefix_begin;
      shared.repeats = true;
    } else {
      computed.push_back(i);
      shared.cuts[i].prefix_begin = static_cast<std::int64_t>(rows.size());
      segments.push_back({shared.cuts[i].prefix_begin, count});
    }
    for (std::int64_t place = 0; place < count; ++place) {
      const auto at = static_cast<std::size_t>(place);
      const std::int64_t row = static_cast<std::int64_t>(i) * length + texts[i].columns[at];
      shared.rows.push_back(row);
      shared.sources.push_back(shared.cuts[i].prefix_begin + place);
      if (known) continue;
      rows.push_back(row);
      first_keys.push_back(texts[i].first_key[at]);
    }
  }
  return shared;
}

}  // namespace gistmill::decoder
