#include "plugins/focus/common/tree.hpp"

#include <stdexcept>

#include <gistmill/formats/digest.hpp>

namespace gistmill::focus {
namespace {

constexpr std::size_t kDigestDigits = 16;

std::int64_t span_id(std::int32_t level, std::int64_t index) { return index * kLevels + level; }

}  // namespace

Tree::Tree(std::int64_t block) : block_(block), digest_(kDigestDigits, '0') {
  if (block < 2 || block > 1024) {
    throw std::invalid_argument("block is " + std::to_string(block) + " when it should be 2 to 1024 tokens");
  }
}

void Tree::append(const std::int32_t* tokens, std::uint64_t timestamp, std::int32_t gist_version) {
  tokens_.insert(tokens_.end(), tokens, tokens + block_);
  records_[0].push_back({timestamp, 0, 0});
  records_[1].push_back({timestamp, 0, gist_version});
  if (count(1) % block_ == 0) records_[2].push_back({timestamp, 0, gist_version});
  formats::Sha256 sha;
  sha.update(digest_);
  sha.update(tokens, static_cast<std::size_t>(block_) * sizeof *tokens);
  digest_ = sha.hex().substr(0, kDigestDigits);
}

std::int64_t Tree::count(std::int32_t level) const {
  return level < 0 || level >= kLevels
             ? 0
             : static_cast<std::int64_t>(records_[static_cast<std::size_t>(level)].size());
}

bool Tree::has(std::int32_t level, std::int64_t start) const {
  const std::int64_t width = width_of(level, block_);
  return start >= 0 && start % width == 0 && start / width < count(level);
}

std::int64_t Tree::index_of(std::int32_t level, std::int64_t start) const {
  if (has(level, start)) return start / width_of(level, block_);
  throw std::out_of_range("the tree has no node of level " + std::to_string(level) +
                          " that begins with token " + std::to_string(start));
}

Node Tree::node(std::int32_t level, std::int64_t start) const {
  const std::int64_t index = index_of(level, start);
  const Record& known = records_[static_cast<std::size_t>(level)][static_cast<std::size_t>(index)];
  Node node;
  node.span_id = span_id(level, index);
  node.level = level;
  node.start = start;
  node.end = start + width_of(level, block_);
  node.data_offset = level == 0 ? start : index;
  node.timestamp = known.timestamp;
  node.access_count = known.access_count;
  node.gist_version = known.gist_version;
  if (level == 0) node.parent = span_id(1, index);
  if (level == 1) {
    node.children = {span_id(0, index)};
    if (index / block_ < count(2)) node.parent = span_id(2, index / block_);
  }
  if (level == 2) {
    for (std::int64_t i = 0; i < block_; ++i) node.children.push_back(span_id(1, index * block_ + i));
  }
  return node;
}

Tree::Record& Tree::record(std::int32_t level, std::int64_t start) {
  const auto index = static_cast<std::size_t>(index_of(level, start));  // checks the level too
  return records_[static_cast<std::size_t>(level)][index];
}

void Tree::touch(std::int32_t level, std::int64_t start) { ++record(level, start).access_count; }

void Tree::renew(std::int32_t level, std::int64_t start, std::int32_t gist_version) {
  Record& known = record(level, start);
  if (level == 0) throw std::invalid_argument("a block of tokens is no gist");
  known.gist_version = gist_version;
}

}  // namespace gistmill::focus
