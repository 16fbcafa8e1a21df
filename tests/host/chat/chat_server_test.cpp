// Real requests over loopback to a server whose model answers what was written beforehand.
#include "host/chat/chat_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/host/chat/fake_chat_model.hpp"

namespace gistmill {
namespace {

using nlohmann::json;
using test::FakeChatModel;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ChatServerTest : public ::testing::Test {
 protected:
  void serve(std::size_t most_bytes = 4096, std::size_t most_waiting = 4) {
    ServerSettings settings;
    settings.address = {"127.0.0.1", 0};
    settings.model = "small";
    settings.sampling.most = 64;
    settings.most_bytes = most_bytes;
    settings.most_waiting = most_waiting;
    settings.read_seconds = 1;
    server_ = make_chat_server(settings);
    const std::string url = server_->url();
    port_ = std::stoi(url.substr(url.rfind(':') + 1));
    client_ = std::make_unique<httplib::Client>("127.0.0.1", port_);
    thread_ = std::thread([this] { server_->serve(conversation_, &stop_); });
  }
  void TearDown() override {
    stop_ = 1;
    if (thread_.joinable()) thread_.join();
  }
  static json body(const std::string& text = "a?") {
    return {{"model", "small"}, {"messages", {{{"role", "user"}, {"content", text}}}}};
  }
  httplib::Result post(const std::string& text, const char* type = "application/json") {
    return client_->Post("/v1/chat/completions", text, type);
  }
  static void expect_error(const httplib::Result& result, int status, const std::string& message) {
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, status) << result->body;
    const json error = json::parse(result->body).at("error");
    EXPECT_THAT(error.at("message").get<std::string>(), HasSubstr(message));
    EXPECT_TRUE(error.at("type").is_string());
    EXPECT_TRUE(error.contains("param") && error.contains("code"));
  }
  // What the server says to bytes that no client would send; `leaves`: without waiting for an answer.
  std::string raw(const std::string& bytes, bool leaves = false) const {
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    EXPECT_EQ(connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
    if (leaves) {
      close(connection);
      return "";
    }
    std::string answer;
    char buffer[1024];
    for (ssize_t count = 0; (count = recv(connection, buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(count));
    close(connection);
    return answer;
  }

  FakeChatModel model_;
  Conversation conversation_{model_};
  volatile std::int32_t stop_ = 0;
  std::unique_ptr<ChatServer> server_;
  std::unique_ptr<httplib::Client> client_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(ChatServerTest, AnswersAChat) {
  model_.answers = {"yes", "no"};
  serve();
  const auto first = post(body().dump());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 200);
  const json answer = json::parse(first->body);
  EXPECT_EQ(answer["choices"][0]["message"]["content"], "yes");
  EXPECT_EQ(answer["usage"]["completion_tokens"], 3);
  json more = body();
  more["messages"].push_back(answer["choices"][0]["message"]);
  more["messages"].push_back({{"role", "user"}, {"content", "b?"}});
  EXPECT_EQ(json::parse(post(more.dump())->body)["choices"][0]["message"]["content"], "no");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>yes</><user>b?</><assistant>no");
}

TEST_F(ChatServerTest, StreamsAnAnswerInParts) {
  model_.answers = {"yes \xE2\x82\xAC"};
  serve();
  json request = body();
  request["stream"] = true;
  const auto result = post(request.dump());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->get_header_value("Content-Type"), "text/event-stream");
  std::istringstream lines(result->body);
  std::string text, last;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    ASSERT_THAT(line, StartsWith("data: "));
    last = line.substr(6);
    if (last == "[DONE]") continue;
    text += json::parse(last)["choices"][0]["delta"].value("content", "");
  }
  EXPECT_EQ(text, "yes \xE2\x82\xAC");
  EXPECT_EQ(last, "[DONE]");
}

TEST_F(ChatServerTest, NamesItsModel) {
  serve();
  const json list = json::parse(client_->Get("/v1/models")->body);
  EXPECT_EQ(list["object"], "list");
  EXPECT_EQ(list["data"][0]["id"], "small");
  EXPECT_EQ(json::parse(client_->Get("/v1/models/small")->body)["id"], "small");
  expect_error(client_->Get("/v1/models/gpt"), 404, "does not exist");
}

TEST_F(ChatServerTest, RefusesWhatIsNoRequestInTheApisOwnForm) {
  serve();
  expect_error(post("{"), 400, "not JSON");
  expect_error(post(body().dump(), "text/plain"), 415, "application/json");
  json other = body();
  other["model"] = "gpt";
  expect_error(post(other.dump()), 404, "the model 'gpt' does not exist");
  expect_error(post(body(std::string(5000, 'a')).dump()), 413, "more than 4096 bytes");
  expect_error(client_->Get("/etc/passwd"), 404, "nothing at this address");
  expect_error(client_->Get("/../../etc/passwd"), 404, "nothing at this address");
  EXPECT_EQ(model_.appended, 0) << "the model saw nothing of it";
}

TEST_F(ChatServerTest, SaysWhichMethodsAKnownPathTakes) {
  serve();
  const auto expect_allowed = [](const httplib::Result& result, const std::string& methods) {
    expect_error(result, 405, "this address takes " + methods);
    EXPECT_EQ(result->get_header_value("Allow"), methods);
  };
  expect_allowed(client_->Get("/v1/chat/completions"), "POST");
  expect_allowed(client_->Delete("/v1/chat/completions"), "POST");
  for (const char* path : {"/", "/context", "/v1/models", "/v1/models/small"})
    expect_allowed(client_->Post(path, "{}", "application/json"), "GET, HEAD");
  expect_error(client_->Delete("/v1"), 404, "nothing at this address");
  EXPECT_EQ(client_->Head("/v1/models")->status, 200);
}

TEST_F(ChatServerTest, OutlivesBytesThatAreNotHttp) {
  model_.answers = {"yes"};
  serve();
  EXPECT_THAT(raw("nonsense\r\n\r\n"), HasSubstr("400"));
  EXPECT_THAT(raw("GET /" + std::string(20000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              HasSubstr("414"));
  raw("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{", true);
  EXPECT_THAT(raw("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"),
              HasSubstr("400"))
      << "the rest never comes";
  raw("", true);
  raw(std::string(3, '\0'), true);
  EXPECT_EQ(post(body().dump())->status, 200);
}

TEST_F(ChatServerTest, RefusesTheNameOfAnotherMachine) {
  serve();
  const auto named = [this](const std::string& host) {
    return raw("GET /v1/models HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  };
  EXPECT_THAT(named("evil.example:80"), HasSubstr("403"));
  EXPECT_THAT(named("localhost:80"), HasSubstr("200"));
  EXPECT_THAT(named("[::1]:80"), HasSubstr("200"));
  EXPECT_THAT(named(""), HasSubstr("403"));
}

TEST_F(ChatServerTest, TellsTheFaultOfMessagesFromThatOfTheModel) {
  model_.answers = {"yes"};
  model_.refuses = "b?";
  model_.fails = ExitCode::recipe;  // as an option that a component refuses in a call
  serve();
  expect_error(post(body("b?").dump()), 400, "the template takes no such message");
  expect_error(post(body("a?").dump()), 500, "the model failed");
}

TEST_F(ChatServerTest, AnswersOthersBehindAnErrorThatIsNoFailure) {
  model_.answers = {"yes", "no"};
  model_.during = [] { throw std::runtime_error("out of something"); };
  serve();
  expect_error(post(body("a?").dump()), 500, "out of something");
  model_.during = nullptr;
  EXPECT_EQ(post(body("b?").dump())->status, 200);
}

TEST_F(ChatServerTest, SaysWhyAModelFailed) {
  model_.fails = ExitCode::plugin;
  serve();
  expect_error(post(body().dump()), 500, "the model failed");
  json request = body();
  request["stream"] = true;
  expect_error(post(request.dump()), 500, "the model failed");
}

TEST_F(ChatServerTest, EndsAnAnswerWhoseClientHasGone) {
  model_.answers = {std::string(100000, 'a')};
  std::atomic<int> said = 0;
  model_.during = [&] {
    ++said;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  serve();
  json request = body();
  request["stream"] = true;
  request["max_tokens"] = 100000;
  {
    httplib::Client other("127.0.0.1", port_);
    httplib::Request streamed;
    streamed.method = "POST";
    streamed.path = "/v1/chat/completions";
    streamed.body = request.dump();
    streamed.headers = {{"Content-Type", "application/json"}};
    streamed.content_receiver = [](const char*, std::size_t, std::uint64_t, std::uint64_t) { return false; };
    other.send(streamed);
  }
  model_.answers.push_back("yes");
  EXPECT_EQ(post(body("b?").dump())->status, 200) << "others are not kept waiting";
  EXPECT_LT(said, 50000);
}

TEST_F(ChatServerTest, RefusesMoreThanMayWaitAndThoseThatWaitWhenItEnds) {
  model_.answers = {std::string(1000, 'a')};
  std::atomic<bool> runs = false;
  model_.during = [&] {
    runs = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  serve(4096, 1);
  json request = body();
  request["max_tokens"] = 100000;
  std::thread first([&] { post(request.dump()); });
  while (!runs) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  httplib::Client second_client("127.0.0.1", port_);
  httplib::Result second{nullptr, httplib::Error::Unknown};
  std::thread waits(
      [&] { second = second_client.Post("/v1/chat/completions", body().dump(), "application/json"); });
  httplib::Client third_client("127.0.0.1", port_);
  httplib::Result third{nullptr, httplib::Error::Unknown};
  for (int i = 0; i < 200 && !(third && third->status == 503); ++i) {
    third = third_client.Post("/v1/chat/completions", body().dump(), "application/json");
    if (third && third->status == 200) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  stop_ = 1;
  first.join();
  waits.join();
  thread_.join();
  ASSERT_TRUE(second && third);
  EXPECT_TRUE(second->status == 503 || third->status == 503);
}

TEST_F(ChatServerTest, ShowsAPageThatNeedsNothingElseAndTheContextItDraws) {
  model_.answers = {"12345678"};
  serve();
  const auto page = client_->Get("/");
  ASSERT_TRUE(page);
  EXPECT_THAT(page->get_header_value("Content-Type"), StartsWith("text/html"));
  EXPECT_EQ(page->body.find("://www.w3.org/2000/svg"), page->body.find("://")) << "nothing is fetched";
  EXPECT_EQ(page->body.find("://", page->body.find("://") + 1), std::string::npos);
  const json before = json::parse(client_->Get("/context")->body);  // also before it was shown first
  EXPECT_EQ(before["entries"].size(), 0u);
  post(body().dump());
  const json after = json::parse(client_->Get("/context")->body);
  EXPECT_GT(after["version"], before.value("version", 0));
  EXPECT_EQ(after["history"], std::ssize(model_.history()));
  EXPECT_EQ(after["entries"].back()["text"].get<std::string>().size(), 4u);
}

TEST(ChatAddress, IsAHostAndAPort) {
  EXPECT_EQ(parse_address("127.0.0.1:8080").port, 8080);
  EXPECT_EQ(parse_address("[::1]:0").host, "::1");
  EXPECT_TRUE(parse_address("localhost:1").is_loopback());
  EXPECT_TRUE(parse_address("127.1.2.3:1").is_loopback());
  EXPECT_FALSE(parse_address("0.0.0.0:1").is_loopback());
  EXPECT_FALSE(parse_address("192.168.0.1:1").is_loopback());
  for (const char* wrong : {"", "8080", "localhost", "localhost:", ":8080", "localhost:99999", "localhost:a"})
    EXPECT_THROW(parse_address(wrong), Failure) << wrong;
}

TEST(ChatAddress, ThatIsTakenIsSaid) {
  ServerSettings settings;
  settings.address = {"127.0.0.1", 0};
  const auto first = make_chat_server(settings);
  settings.address.port = parse_address(first->url().substr(7, first->url().size() - 8)).port;
  EXPECT_THROW(make_chat_server(settings), Failure) << "though the first serves nobody yet";
}

}  // namespace
}  // namespace gistmill
