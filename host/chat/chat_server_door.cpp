#include "host/chat/chat_server_door.hpp"

extern "C" void gistmill_make_chat_server(const gistmill::ServerSettings* settings,
                                          std::unique_ptr<gistmill::ChatServer>* server) {
  *server = gistmill::make_chat_server(*settings);
}
