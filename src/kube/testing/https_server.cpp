#include "kube/testing/https_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/unique_fd.h"

namespace keelson::kube::testing {

namespace {

void knock(int port) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

}  // namespace

HttpsServer::HttpsServer() : folder_("https-server") {
  const char* const root = std::getenv("KEELSON_SOURCE_DIR");
  if (root == nullptr)
    throw Error(ErrorKind::Usage, "cannot find the server's script: set KEELSON_SOURCE_DIR, as ctest does");
  const std::string script = std::filesystem::path(root) / "tests/kube/misbehaving_https_server.py";
  const auto ended = std::make_shared<std::atomic<bool>>(false);
  const auto said = std::make_shared<std::string>();
  program_ = std::thread([script, folder = folder_.path().native(), ended, said] {
    *said = run_process({.arguments = {"python3", "-B", script, folder}}).error_output;
    *ended = true;
  });
  while (!std::filesystem::exists(path("ports.json"))) {
    if (*ended) {
      program_.join();
      throw Error(ErrorKind::Unavailable, "cannot start the HTTPS server: " + *said);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ports_ = nlohmann::json::parse(file("ports.json")).get<std::map<std::string, int>>();
}

HttpsServer::~HttpsServer() {
  knock(ports_.at("quit"));
  program_.join();
}

std::string HttpsServer::url(const std::string& name) const {
  return fmt::format("{}://127.0.0.1:{}", name == "plain" ? "http" : "https", ports_.at(name));
}

std::string HttpsServer::file(const std::string& name) const { return read_file(path(name), mebibytes(1)); }

}  // namespace keelson::kube::testing
