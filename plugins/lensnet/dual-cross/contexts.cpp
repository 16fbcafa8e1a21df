#include "plugins/lensnet/dual-cross/contexts.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "plugins/focus/common/tail.hpp"

namespace gistmill::lensnet {
namespace {

void check_size(const at::Tensor& tensor, std::int64_t size, const char* name) {
  if (tensor.numel() == size) return;
  throw Error(GM_ERROR_USER,
              std::string(name) + " has " + std::to_string(tensor.numel()) + " numbers when it should have " +
                  std::to_string(size),
              name);
}

// Rows of nodes: level 2 of level2, all others of level1.
at::Tensor rows_of(const std::vector<focus::TailNode>& nodes, std::int64_t block, const at::Tensor& level1,
                   const at::Tensor& level2) {
  std::vector<std::int64_t> rows;
  for (const focus::TailNode& node : nodes) {
    const std::int64_t row = node.start / focus::width_of(node.level, block);
    const std::int64_t there = node.level == 2 ? level2.size(0) : level1.size(0);
    if (row >= there) {
      throw Error(GM_ERROR_USER,
                  "the tree has " + std::to_string(there) + " vectors of level " +
                      std::to_string(node.level == 2 ? 2 : 1) + " when the context has one of token " +
                      std::to_string(node.start),
                  node.level == 2 ? "level2_gists" : "level1_gists");
    }
    rows.push_back(node.level == 2 ? level1.size(0) + row : row);
  }
  const at::Tensor all = level2.size(0) == 0 ? level1 : at::cat({level1, level2});
  return all.index_select(0, at::tensor(rows, at::kLong).to(all.device()));
}

}  // namespace

focus::ContextBatch contexts_of(const ContextPorts& ports) {
  check_size(ports.starts, ports.levels.numel(), "starts");
  check_size(ports.cursor, ports.counts.numel(), "cursor");
  check_size(ports.protected_tail, ports.counts.numel(), "protected");
  focus::BatchArrays arrays;
  arrays.block = *ports.block.const_data_ptr<std::int32_t>();
  arrays.counts = ports.counts.const_data_ptr<std::int32_t>();
  arrays.cursors = ports.cursor.const_data_ptr<std::int32_t>();
  arrays.protecteds = ports.protected_tail.const_data_ptr<std::int32_t>();
  arrays.contexts = static_cast<std::size_t>(ports.counts.numel());
  arrays.levels = ports.levels.const_data_ptr<std::int32_t>();
  arrays.starts = ports.starts.const_data_ptr<std::int32_t>();
  arrays.entries = static_cast<std::size_t>(ports.levels.numel());
  try {
    return focus::ContextBatch(arrays);
  } catch (const std::invalid_argument& error) {
    throw Error(GM_ERROR_USER, error.what(), "levels");
  }
}

at::Tensor features_of(const focus::ContextBatch& contexts) {
  std::vector<float> features;
  for (std::size_t c = 0; c < contexts.size(); ++c) {
    const focus::Entries& entries = contexts[c];
    const auto cursor = static_cast<float>(entries.cursor);
    const auto widest = static_cast<float>(entries.block * entries.block);
    for (std::size_t i = 0; i < entries.count; ++i) {
      features.push_back(static_cast<float>(entries.levels[i]) / 2);
      features.push_back(static_cast<float>(focus::width_of(entries.levels[i], entries.block)) / widest);
      features.push_back((cursor - static_cast<float>(entries.end(i))) / cursor);
    }
  }
  return at::tensor(features).view({-1, 3});
}

at::Tensor vectors_of(const focus::Entries& entries, const at::Tensor& level1, const at::Tensor& level2) {
  std::vector<focus::TailNode> nodes;
  for (std::size_t i = 0; i < entries.count; ++i) nodes.push_back({entries.levels[i], entries.starts[i]});
  return rows_of(nodes, entries.block, level1, level2);
}

at::Tensor tail_of(const focus::Entries& entries, std::int64_t count, const at::Tensor& level1,
                   const at::Tensor& level2) {
  return rows_of(focus::tail_nodes(entries.cursor, entries.block, count), entries.block, level1, level2);
}

at::Tensor places_of(const focus::Entries& entries, std::int64_t count) {
  std::vector<std::int64_t> places;
  for (const focus::TailNode& node : focus::tail_nodes(entries.cursor, entries.block, count)) {
    const std::int64_t age = entries.cursor / entries.block - 1 - node.start / entries.block;  // blocks
    places.push_back(node.level == 2 ? 0 : count - 1 - age);
  }
  return at::tensor(places, at::kLong);
}

}  // namespace gistmill::lensnet
