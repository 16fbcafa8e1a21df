// The facts that are built into sessions of dataset/focus: which span is needed when, and whether it is open.
#include <algorithm>
#include <limits>
#include <string>

#include <gistmill/formats/digest.hpp>

#include "plugins/dataset/focus/focus.hpp"
#include "plugins/store/common/translated.hpp"

namespace gistmill::dataset {

void Focus::build_facts(const Options& options) {
  const std::string phrases = options.string("phrases");
  if (phrases.empty()) return;
  store::translated("phrases", [&] {
    facts_.emplace(phrases, options.integer("facts"), rules_.block,
                   static_cast<std::uint64_t>(options.integer("facts_seed")));
  });
  // Said before the first session, not in the middle of a run.
  for (std::int64_t i = 0; i < documents().count(); ++i)
    facts_->facts(i, std::min(documents().length(i), longest_));
}

std::string Focus::digest() const {
  if (!documents_) return "";
  if (!facts_) return documents().digest();
  formats::Sha256 sha;
  sha.update_field(documents().digest());
  sha.update_field(facts_->digest());
  return sha.hex();
}

std::int64_t Focus::session_length() const {
  return documents_ ? std::min(documents_->length(document()), longest_) : std::ssize(given_);
}

std::vector<std::int32_t> Focus::read(std::int64_t begin, std::int64_t size) const {
  if (!documents_) return read_given(begin, size);
  std::vector<std::int32_t> ids = documents_->read(document(), begin, size);
  if (facts_) facts_->put(document(), session_length(), begin, size, ids.data());
  return ids;
}

std::tuple<Tensor, Tensor> Focus::needed() const {
  const focus::WorkingContext& context = session().context();
  std::int32_t span[2] = {-1, -1};
  float open = std::numeric_limits<float>::quiet_NaN();
  if (facts_) {
    for (const Fact& fact : facts_->facts(document(), session_length())) {
      if (fact.answer != context.cursor()) continue;
      span[0] = static_cast<std::int32_t>(fact.statement);
      span[1] = static_cast<std::int32_t>(fact.statement_end);
      std::int64_t tokens = 0;
      for (const focus::Entry& entry : context.entries()) {
        if (entry.level != 0) continue;
        const std::int64_t begin = std::max<std::int64_t>(entry.start, fact.statement);
        const std::int64_t end = std::min<std::int64_t>(entry.start + rules_.block, fact.statement_end);
        tokens += std::max<std::int64_t>(end - begin, 0);
      }
      open = static_cast<float>(tokens) / static_cast<float>(fact.statement_end - fact.statement);
    }
  }
  return {Tensor::of<std::int32_t>({span[0], span[1]}, {2}), Tensor::of<float>({open}, {1})};
}

}  // namespace gistmill::dataset
