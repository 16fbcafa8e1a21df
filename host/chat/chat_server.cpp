#include "host/chat/chat_server.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>
#include <thread>
#include <utility>

#include <gistmill/text/utf8.hpp>

#include "host/chat/chat_page.hpp"
#include "host/chat/openai_api.hpp"
#include "host/chat/request_line.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

using openai::Refusal;

constexpr const char* kJson = "application/json";
constexpr auto kPatience = std::chrono::milliseconds(100);  // between two looks at `stop`
constexpr std::int64_t kShownBytes = 160;                   // of an entry's text

Refusal stopping() { return {503, "the server is stopping", "", "", "server_error"}; }

// The host of "127.0.0.1:8080" or "[::1]:8080".
std::string host_of(const std::string& header) {
  if (header.starts_with('[')) return header.substr(1, header.find(']') - 1);
  return header.substr(0, header.rfind(':'));
}

void answer_json(httplib::Response& response, const std::string& json, int status = 200) {
  response.status = status;
  response.set_content(json, kJson);
}

void refuse(httplib::Response& response, const Refusal& refusal) {
  answer_json(response, to_json(refusal), refusal.status);
}

// The methods of a path that there is; null where there is none.
const char* methods_of(const std::string& path) {
  if (path == "/v1/chat/completions") return "POST";
  if (path == "/" || path == "/context" || path == "/v1/models" || path.starts_with("/v1/models/"))
    return "GET, HEAD";
  return nullptr;
}

// What the library itself refused, without a body.
Refusal refusal_of(int status, std::size_t most_bytes) {
  switch (status) {
    case 404:
      return {404, "there is nothing at this address", "", "not_found", "invalid_request_error"};
    case 413:
      return {413, fmt::format("the request has more than {} bytes", most_bytes), "", "request_too_large",
              "invalid_request_error"};
    case 414:
      return {414, "the address is too long", "", "", "invalid_request_error"};
    default:
      return {status, "the request could not be read", "", "", "invalid_request_error"};
  }
}

// The begin of the text of what stands open, for the page.
std::string context_json(const ChatModel& model, std::uint64_t version) {
  const ContextView view = model.view();
  nlohmann::ordered_json json = to_json(view);
  json["version"] = version;
  const Tokens& all = model.history();
  const auto text = [&](std::int64_t begin, std::int64_t end) {
    std::string bytes =
        model.decode({all.begin() + begin, all.begin() + std::min<std::int64_t>(end, std::ssize(all))});
    if (std::ssize(bytes) > kShownBytes) bytes.resize(static_cast<std::size_t>(kShownBytes));
    return bytes;
  };
  for (nlohmann::ordered_json& entry : json["entries"])
    if (entry["level"] == 0) entry["text"] = text(entry["begin"], entry["end"]);
  for (nlohmann::ordered_json& action : json["actions"])
    action["text"] = text(action["begin"], action["end"]);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

class HttpServer final : public ChatServer {
 public:
  explicit HttpServer(ServerSettings given);
  ~HttpServer() override;
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url() const override;
  void serve(Conversation& conversation, const volatile std::int32_t* stop) override;

 private:
  void route();
  void listen();
  void complete(const httplib::Request& request, httplib::Response& response);
  void stream(const std::shared_ptr<WaitingRequest>& waiting, const openai::Head& head,
              httplib::Response& response) const;
  void show(const ChatModel& model) {
    const std::scoped_lock lock(context_mutex_);
    context_ = context_json(model, ++version_);
  }

  ServerSettings settings_;
  RequestLine line_;
  httplib::Server server_;
  std::thread listener_;
  std::atomic<std::uint64_t> number_ = 0;
  std::int64_t created_ = std::time(nullptr);
  std::mutex context_mutex_;
  std::string context_ = to_json(ContextView()).dump();
  std::uint64_t version_ = 0;
};

void HttpServer::route() {
  server_.set_payload_max_length(settings_.most_bytes);
  server_.set_read_timeout(settings_.read_seconds);
  server_.set_keep_alive_timeout(settings_.read_seconds);
  // The library's own choice is SO_REUSEPORT, with which two programs share a port without a word.
  server_.set_socket_options([](int connection) {
    const int yes = 1;
    setsockopt(connection, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  // A page of another site must not talk to this one, by a name that it points here.
  server_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    const std::string host = host_of(request.get_header_value("Host"));
    if (!settings_.address.is_loopback() || names_loopback(host))
      return httplib::Server::HandlerResponse::Unhandled;
    refuse(response, {403, "the Host of the request is not this machine", "", "", "invalid_request_error"});
    return httplib::Server::HandlerResponse::Handled;
  });
  server_.set_error_handler([this](const httplib::Request& request, httplib::Response& response) {
    if (!response.body.empty()) return;
    const char* const methods = response.status == 404 ? methods_of(request.path) : nullptr;
    if (methods == nullptr) return refuse(response, refusal_of(response.status, settings_.most_bytes));
    response.set_header("Allow", methods);
    refuse(response, {405, fmt::format("this address takes {}, not {}", methods, request.method), "",
                      "method_not_allowed", "invalid_request_error"});
  });
  server_.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        refuse(response, {500, "the request failed", "", "", "server_error"});
      });
  server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
    response.set_header("Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                        "connect-src 'self'; frame-ancestors 'none'");
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_content(chat_page(), "text/html; charset=utf-8");
  });
  server_.Get("/context", [this](const httplib::Request&, httplib::Response& response) {
    const std::scoped_lock lock(context_mutex_);
    answer_json(response, context_);
  });
  server_.Get("/v1/models", [this](const httplib::Request&, httplib::Response& response) {
    answer_json(response, openai::models(settings_.model, created_));
  });
  server_.Get(R"(/v1/models/(.+))", [this](const httplib::Request& request, httplib::Response& response) {
    if (request.matches[1] == settings_.model)
      return answer_json(response, openai::one_model(settings_.model, created_));
    refuse(response, {404, "this model does not exist", "model", "model_not_found", "invalid_request_error"});
  });
  server_.Post("/v1/chat/completions", [this](const httplib::Request& request, httplib::Response& response) {
    complete(request, response);
  });
}

void HttpServer::complete(const httplib::Request& request, httplib::Response& response) {
  // What a page of another site cannot send without asking first.
  if (!request.get_header_value("Content-Type").starts_with(kJson)) {
    return refuse(response,
                  {415, "the Content-Type should be application/json", "", "", "invalid_request_error"});
  }
  openai::Request asked;
  try {
    asked = openai::parse_request(request.body, settings_.model, settings_.sampling);
  } catch (const Refusal& refusal) {
    return refuse(response, refusal);
  }
  const auto waiting = line_.add(std::move(asked));
  if (waiting == nullptr)
    return refuse(response,
                  {503, "too many requests wait already; try again", "", "overloaded", "server_error"});
  const openai::Head head{fmt::format("chatcmpl-{}", ++number_), settings_.model, std::time(nullptr)};
  if (const auto refusal = waiting->refused_at_once()) return refuse(response, *refusal);
  if (waiting->request.stream) return stream(waiting, head, response);
  waiting->wait();
  const WaitingRequest::More more = waiting->more();
  if (more.refusal) return refuse(response, *more.refusal);
  answer_json(response, openai::completion(head, *more.answer));
}

void HttpServer::stream(const std::shared_ptr<WaitingRequest>& waiting, const openai::Head& head,
                        httplib::Response& response) const {
  response.set_header("Cache-Control", "no-cache");
  const auto send = [](httplib::DataSink& sink, const std::string& text) {
    return sink.write(text.data(), text.size());
  };
  response.set_chunked_content_provider(
      "text/event-stream",
      [waiting, head, send](std::size_t offset, httplib::DataSink& sink) {
        if (offset == 0 && !send(sink, openai::first_part(head))) return false;
        const WaitingRequest::More more = waiting->more();
        if (!more.text.empty() && !send(sink, openai::text_part(head, more.text))) return false;
        if (more.refusal && !send(sink, openai::error_part(*more.refusal))) return false;
        if (more.answer && !send(sink, openai::last_parts(head, *more.answer, waiting->request.usage)))
          return false;
        if (more.answer || more.refusal) sink.done();
        return true;
      },
      [waiting](bool whole) {
        if (!whole) waiting->abandoned = true;
      });
}

HttpServer::HttpServer(ServerSettings given) : settings_(std::move(given)), line_(settings_.most_waiting) {
  route();
  Address& address = settings_.address;
  const bool bound = address.port == 0 ? (address.port = server_.bind_to_any_port(address.host)) > 0
                                       : server_.bind_to_port(address.host, address.port);
  if (!bound) {
    throw Failure(ExitCode::failed,
                  fmt::format("nothing can listen at {} port {}", address.host, address.port),
                  {"another program may listen there: choose another port, or 0 for any that is free"});
  }
}

void HttpServer::listen() {
  if (listener_.joinable()) return;
  listener_ = std::thread([this] { server_.listen_after_bind(); });
  while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

HttpServer::~HttpServer() {
  line_.close(stopping());
  listen();  // the library gives the address back only when it stops listening
  server_.stop();
  listener_.join();
}

std::string HttpServer::url() const {
  const Address& address = settings_.address;
  const bool six = address.host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}/", six ? "[" : "", address.host, six ? "]" : "", address.port);
}

void HttpServer::serve(Conversation& conversation, const volatile std::int32_t* stop) {
  show(conversation.model());
  listen();
  while (*stop == 0) {
    const auto waiting = line_.next(kPatience);
    if (waiting == nullptr) continue;
    try {
      Answer answer = conversation.answer(waiting->request.messages, waiting->request.sampling,
                                          {[&](std::string_view more) {
                                             waiting->add_text(more);
                                             return !waiting->abandoned;
                                           },
                                           [&] { show(conversation.model()); }},
                                          stop);
      show(conversation.model());
      waiting->finish(std::move(answer));
    } catch (const RefusedMessages& refused) {
      waiting->fail({400, refused.message(), "messages", "", "invalid_request_error"});
    } catch (const Failure& failure) {
      waiting->fail({500, failure.message(), "", "", "server_error"});
    } catch (const std::exception& error) {
      waiting->fail({500, error.what(), "", "", "server_error"});
    }
  }
  line_.close(stopping());
}

}  // namespace

std::unique_ptr<ChatServer> make_chat_server(ServerSettings settings) {
  return std::make_unique<HttpServer>(std::move(settings));
}

}  // namespace gistmill
