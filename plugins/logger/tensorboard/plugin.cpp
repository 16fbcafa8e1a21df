// logger/tensorboard as a plugin.
#include <gistmill/plugin.hpp>

#include "plugins/logger/tensorboard/tensorboard_logger.hpp"

namespace {

class Tensorboard {
 public:
  explicit Tensorboard(const gistmill::Options& options) : logger_(options.string("folder")) {}

  void on_event(std::string_view json) { logger_.on_event(json); }

 private:
  gistmill::tensorboard::TensorboardLogger logger_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Tensorboard>("logger/tensorboard"));
