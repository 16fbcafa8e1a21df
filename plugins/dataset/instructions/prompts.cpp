#include "plugins/dataset/instructions/prompts.hpp"

#include <utility>
#include <vector>

#include "plugins/dataset/instructions/rows.hpp"

namespace gistmill::dataset {

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> InstructionPrompts::next() {
  const std::vector<SampleOrder::Chosen> chosen = order_.next();
  std::vector<std::vector<std::int32_t>> prompts, references, instructions;
  std::vector<std::int32_t> samples;
  std::vector<std::int64_t> gists;
  for (const SampleOrder::Chosen& one : chosen) {
    prompts.push_back(order_.row(one));
    prompts.back().resize(static_cast<std::size_t>(one.layout.completion));
    references.push_back(order_.ids(one, Piece::completion));
    instructions.push_back(order_.ids(one, Piece::instruction));
    samples.push_back(static_cast<std::int32_t>(one.sample));
    gists.push_back(one.layout.gist);
  }
  PaddedRows prompt = pad_left(prompts);
  FilledRows reference = fill_right(references);
  FilledRows instruction = fill_right(instructions);
  Tensor places = gist_places(gists, prompt.padding, order_.rules().gist_tokens);
  return {std::move(prompt.ids),
          std::move(prompt.padding),
          std::move(places),
          std::move(reference.ids),
          std::move(reference.lengths),
          Tensor::of(samples, {static_cast<std::int64_t>(samples.size())}),
          std::move(instruction.ids),
          std::move(instruction.lengths)};
}

}  // namespace gistmill::dataset
