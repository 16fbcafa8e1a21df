// tensorboard_writer FOLDER: the events on standard input, one a line, as the logger writes them.
#include <exception>
#include <iostream>
#include <string>

#include "plugins/logger/tensorboard/tensorboard_logger.hpp"

int main(int, char** arguments) try {
  gistmill::tensorboard::TensorboardLogger logger(arguments[1]);
  for (std::string line; std::getline(std::cin, line);) logger.on_event(line);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
