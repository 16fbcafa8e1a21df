// Batches without their padding against the plain masked pass: values, gradients, and what is left out.
#include "plugins/teacher/decoder/packed_batch.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <gistmill/plugin/work.hpp>
#include <random>

#include "plugins/teacher/decoder/adapters.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;

// How one text is laid out: padding, then a prompt, a gist that may be parted, and what follows.
struct Layout {
  std::int64_t padding;
  std::vector<std::int64_t> gist;  // columns; empty: none
  std::int64_t seen_from;          // the first column that rows behind the last gist see
};

// The mask by its definition, a cell at a time.
at::Tensor mask_of(const std::vector<Layout>& layouts, std::int64_t length) {
  at::Tensor mask = at::zeros({static_cast<std::int64_t>(layouts.size()), length, length}, at::kByte);
  auto cells = mask.accessor<std::uint8_t, 3>();
  for (std::size_t text = 0; text < layouts.size(); ++text) {
    const Layout& layout = layouts[text];
    for (std::int64_t row = 0; row < length; ++row) {
      for (std::int64_t column = 0; column < length; ++column) {
        const bool behind = !layout.gist.empty() && row > layout.gist.back();
        const bool seen = !behind || column >= layout.seen_from;
        cells[static_cast<std::int64_t>(text)][row][column] = column >= layout.padding && seen ? 1 : 0;
      }
    }
  }
  return mask;
}

Batch batch_of(const std::vector<Layout>& layouts, std::int64_t length, std::uint64_t seed) {
  const auto count = static_cast<std::int64_t>(layouts.size());
  Batch batch;
  batch.ids = random_tokens(97, count * length, seed).view({count, length});
  batch.mask = mask_of(layouts, length);
  batch.positions = at::zeros({count, length}, at::kInt);
  const std::int64_t gists = 3;
  batch.gist = random_normal({count, gists, 48}, seed + 1, at::kFloat);
  batch.gist_places = at::full({count, gists}, -1, at::kInt);
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    const auto text = static_cast<std::int64_t>(i);
    batch.positions[text].copy_((at::arange(length, at::kInt) - layouts[i].padding).clamp_min(0));
    if (!layouts[i].gist.empty()) batch.gist_places[text].copy_(at::tensor(layouts[i].gist));
  }
  return batch;
}

// No gist; at the start; at the end; in parts; prompts that are hidden, shown, hidden with the gist.
std::vector<Layout> random_layouts(std::uint64_t seed, std::int64_t count, std::int64_t length) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::int64_t end) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
  };
  std::vector<Layout> layouts;
  for (std::int64_t i = 0; i < count; ++i) {
    Layout layout{below(length / 2), {}, 0};
    const std::int64_t room = length - layout.padding;
    const std::int64_t kind = below(5);
    if (kind > 0 && room >= 6) {
      const std::int64_t gap = kind == 1 ? 1 : 0;
      const std::int64_t span = 3 + 2 * gap;
      std::int64_t first = layout.padding + below(room - span + 1);
      if (kind == 2) first = layout.padding;
      if (kind == 3) first = length - span;
      for (std::int64_t k = 0; k < 3; ++k) layout.gist.push_back(first + k * (1 + gap));
      const std::int64_t control = below(4);
      layout.seen_from = control == 0   ? layout.padding
                         : control == 1 ? layout.gist.back() + 1
                                        : layout.gist.front();
    }
    layouts.push_back(layout);
  }
  return layouts;
}

double relative(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).norm() / expected.norm().clamp_min(1e-12)).to(at::kDouble).item<double>();
}

// Of rows that see something: others mean nothing.
at::Tensor real_rows(const Batch& batch) {
  return batch.mask.ne(0)
      .logical_and(at::ones({batch.ids.size(1), batch.ids.size(1)}, at::kBool).tril())
      .any(-1);
}

at::Tensor gradient(const at::Tensor& hidden, const Batch& batch, const at::Tensor& of) {
  const at::Tensor weights = random_normal(hidden.sizes(), 3, at::kFloat) * real_rows(batch).unsqueeze(-1);
  return ::torch::autograd::grad({(hidden.to(at::kFloat) * weights).sum()}, {of}, {}, {}, false, true)[0];
}

void expect_equals_plain(const Model& model, Batch batch, double tolerance) {
  const at::Tensor real = real_rows(batch);
  const at::Tensor expected = model.masked_hidden(batch);
  const at::Tensor found = model.hidden(batch);
  EXPECT_TRUE(at::isfinite(found).all().item<bool>());
  EXPECT_LE(relative(found.index({real}), expected.index({real})), tolerance);
  batch.gist = batch.gist.detach().clone().requires_grad_(true);
  const at::Tensor plain = model.masked_hidden(batch);
  const at::Tensor taped = model.hidden(batch);
  EXPECT_LE(relative(taped.detach().index({real}), expected.index({real})), tolerance);
  if (!taped.requires_grad()) {  // no text has a gist
    EXPECT_TRUE((batch.gist_places < 0).all().item<bool>());
    return;
  }
  EXPECT_LE(relative(gradient(taped, batch, batch.gist), gradient(plain, batch, batch.gist)), tolerance);
}

class PackedFamilies : public ::testing::TestWithParam<Config> {};

TEST_P(PackedFamilies, EqualThePlainPassOverRandomLayouts) {
  const Model model = random_model(GetParam(), 11);
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    const auto length = static_cast<std::int64_t>(8 + seed % 4 * 9);
    expect_equals_plain(model, batch_of(random_layouts(seed, 4, length), length, seed), 1e-5);
  }
}

TEST_P(PackedFamilies, EqualThePlainPassWithGradientsOfEmbeddings) {
  const Model model = random_model(GetParam(), 11);
  Batch batch = batch_of(random_layouts(4, 4, 30), 30, 4);
  batch.embeddings = random_normal({4, 30, 48}, 8, at::kFloat).requires_grad_(true);
  const at::Tensor plain = gradient(model.masked_hidden(batch), batch, batch.embeddings);
  EXPECT_LE(relative(gradient(model.hidden(batch), batch, batch.embeddings), plain), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Packed, PackedFamilies,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_mixed_config(),
                                           tiny_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

TEST(Packed, EqualsThePlainPassOverTextsLongerThanBlocksAndTiles) {
  const Model model = random_model(tiny_config(), 11);
  const std::vector<Layout> layouts = {{5, {300, 301, 302}, 300}, {100, {350, 351, 352}, 353}, {0, {}, 0}};
  expect_equals_plain(model, batch_of(layouts, 600, 3), 1e-5);
}

TEST(Packed, LeavesTextsBeyondAWindowToThePlainPass) {
  const Model model = random_model(tiny_gemma_config(), 11);  // windows of 40
  const Batch batch = batch_of({{5, {30, 31, 32}, 30}, {0, {}, 0}}, 60, 3);
  EXPECT_TRUE(at::equal(model.hidden(batch), model.masked_hidden(batch)));
}

TEST(Packed, LeavesMasksOfOtherFormsToThePlainPass) {
  const Model model = random_model(tiny_config(), 11);
  Batch gap = batch_of({{0, {}, 0}}, 20, 3);
  gap.mask[0].narrow(0, 10, 10).select(1, 4).zero_();  // rows 10.. do not see column 4
  EXPECT_FALSE(pack(gap));
  EXPECT_TRUE(at::equal(model.hidden(gap), model.masked_hidden(gap)));
  Batch blind = batch_of({{0, {}, 0}}, 20, 3);
  blind.mask[0][4].zero_();  // sees nothing, and is seen
  EXPECT_FALSE(pack(blind));
  EXPECT_TRUE(at::equal(model.hidden(blind), model.masked_hidden(blind)));
}

TEST(Packed, GivesZerosWhereARowSeesNothing) {
  const Model model = random_model(tiny_config(), 11);
  const Batch batch = batch_of({{7, {12, 13, 14}, 12}}, 20, 3);
  EXPECT_EQ(model.hidden(batch)[0].narrow(0, 0, 7).count_nonzero().item<std::int64_t>(), 0);
}

TEST(Packed, EqualsThePlainPassInBf16WithinItsRounding) {
  const Model model = random_model(tiny_config(), 11, 32, at::kBFloat16);
  expect_equals_plain(model, batch_of(random_layouts(6, 4, 40), 40, 6), 2e-2);
}

TEST(Packed, GivesTheSameBitsEveryTime) {
  const Model model = random_model(tiny_config(), 11);
  Batch batch = batch_of({{5, {30, 31, 32}, 30}, {40, {350, 351, 352}, 350}}, 400, 3);
  batch.gist.requires_grad_(true);
  const at::Tensor first = model.hidden(batch);
  const at::Tensor first_gradient = gradient(first, batch, batch.gist);
  for (int i = 0; i < 3; ++i) {
    const at::Tensor again = model.hidden(batch);
    EXPECT_TRUE(at::equal(again, first));
    EXPECT_TRUE(at::equal(gradient(again, batch, batch.gist), first_gradient));
  }
}

TEST(Packed, GivesAdaptersTheGradientOfThePlainPass) {
  const Config config = tiny_config();
  Weights weights =
      load_weights(config, std::make_shared<MemorySource>(random_source(config, 11)), at::kFloat);
  std::vector<AdapterPart> parts = make_adapters(config, {4, 8.0, {"q_proj", "v_proj", "down_proj"}, 3});
  for (AdapterPart& part : parts) {
    part.up = random_normal(part.up.sizes(), 5, at::kFloat) * 0.1;
    part.down.requires_grad_(true);
    part.up.requires_grad_(true);
  }
  attach(parts, config, weights);
  const Model model(config, std::move(weights), {}, 32);
  Batch batch = batch_of(random_layouts(9, 4, 40), 40, 9);
  batch.gist.requires_grad_(true);
  PassMode mode;
  mode.gradients = true;
  const at::Tensor found = model.hidden(batch, mode);
  const at::Tensor expected = model.masked_hidden(batch, mode);
  for (const AdapterPart& part : parts) {
    for (const at::Tensor& parameter : {part.down, part.up}) {
      const auto of = [&](const at::Tensor& hidden) {
        const at::Tensor weight =
            random_normal(hidden.sizes(), 3, at::kFloat) * real_rows(batch).unsqueeze(-1);
        return ::torch::autograd::grad({(hidden * weight).sum()}, {parameter}, {}, true)[0];
      };
      EXPECT_LE(relative(of(found), of(expected)), 1e-5) << part.layer << part.target;
    }
  }
}

// Floating-point operations say what was computed.
double operations(const Model& model, const Batch& batch) {
  gm_work work = gistmill::detail::empty_work();
  const gistmill::detail::WorkScope scope(&work);
  model.hidden(batch);
  return work.flops;
}

TEST(Packed, ComputesNoPaddingAndPromptsThatRepeatOnce) {
  const Model model = random_model(tiny_config(), 11);
  const Batch padded = batch_of({{20, {25, 26, 27}, 25}}, 40, 3);
  Batch whole = padded;
  whole.mask = mask_of({{0, {25, 26, 27}, 25}}, 40);
  EXPECT_NEAR(operations(model, padded) / operations(model, whole), 0.5, 0.05);
  Batch twice = batch_of({{4, {30, 31, 32}, 30}, {4, {30, 31, 32}, 30}}, 40, 3);
  const double apart = operations(model, twice);
  twice.ids[1].narrow(0, 0, 30).copy_(twice.ids[0].narrow(0, 0, 30));
  EXPECT_NEAR(operations(model, twice) / apart, 46.0 / 72.0, 0.02);
  expect_equals_plain(model, twice, 1e-5);
}

}  // namespace
}  // namespace gistmill::decoder::test
