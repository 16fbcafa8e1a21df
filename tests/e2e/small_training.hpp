// The shipped recipes on the real model, cut to seconds: made-up prose, and sizes to set.
#pragma once

#include "tests/e2e/program.hpp"

namespace gistmill {

class TrainTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (model().empty()) GTEST_SKIP() << "no model: set GISTMILL_MODEL";
    // Made-up prose: what it says does not matter here, only that documents are long enough.
    const char* const words[] = {"the",  "river",  "turned", "slowly", "under",  "a",
                                 "grey", "bridge", "while",  "people", "walked", "home",
                                 "and",  "lamps",  "were",   "lit",    "one",    "by"};
    for (int document = 0; document < 12; ++document) {
      std::string text;
      unsigned state = 17u + static_cast<unsigned>(document);
      for (int word = 0; word < 600; ++word) {
        state = state * 1664525u + 1013904223u;
        text += words[(state >> 16) % std::size(words)];
        text += word % 11 == 10 ? ". " : " ";
      }
      write("text/" + std::to_string(document) + ".txt", text);
    }
  }

  // Sizes that run in seconds.
  std::string small() const {
    return " --set variables.model='" + model() + "' --set variables.text=text " + sizes("") +
           " --set components.heldout.horizon=64 --set evaluations.heldout.steps=2 ";
  }
  static std::string sizes(const std::string& stage) {
    std::string text;
    for (const char* value :
         {"components.corpus.document=192", "components.corpus.spans=3", "components.corpus.first=32",
          "components.heldout.document=256", "components.heldout.spans=2", "components.heldout.first=32",
          "components.other.shift=1", "checkpoints.every=2", "components.documents.group=file",
          "components.documents.hold_out=[]", "components.documents.validation=0.3"}) {
      text += " --set '" + stage + value + "'";
    }
    return text;
  }
};

}  // namespace gistmill
