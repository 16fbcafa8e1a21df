// dataset/instruction-tables as a plugin of its own: it needs Apache Arrow.
#include <memory>

#include "plugins/dataset/instruction-tables/instruction_rows.hpp"
#include "plugins/dataset/instructions/instruction_texts.hpp"

namespace {

using namespace gistmill::dataset;

class InstructionTables : public InstructionTexts {
 public:
  explicit InstructionTables(const gistmill::Options& options)
      : InstructionTexts(
            "dataset/instruction-tables", options,
            std::make_unique<InstructionRows>(unpacked_source_options(options), sample_fields(options),
                                              options.string("broken") == "skip")) {}
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<InstructionTables>("dataset/instruction-tables")
                    .operation("next", &InstructionTables::next)
                    .operation("part", &InstructionTables::part));
