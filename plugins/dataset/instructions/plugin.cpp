// dataset/instruction-texts, dataset/instructions and dataset/instruction-prompts as a plugin.
#include "plugins/dataset/instructions/instruction_texts.hpp"
#include "plugins/dataset/instructions/instructions.hpp"
#include "plugins/dataset/instructions/prompts.hpp"

using gistmill::dataset::InstructionPrompts;
using gistmill::dataset::Instructions;
using gistmill::dataset::InstructionTexts;

GISTMILL_PLUGIN(
    gistmill::component<InstructionTexts>("dataset/instruction-texts")
        .operation("next", &InstructionTexts::next)
        .operation("part", &InstructionTexts::part),
    gistmill::component<Instructions>("dataset/instructions").operation("next", &Instructions::next),
    gistmill::component<InstructionPrompts>("dataset/instruction-prompts")
        .operation("next", &InstructionPrompts::next));
