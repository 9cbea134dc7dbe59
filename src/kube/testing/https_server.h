/// Runs tests/kube/misbehaving_https_server.py for a test. For tests only; no product links it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "sys/temp_dir.h"

namespace keelson::kube::testing {

/// Promise: its ports listen once it is made, and the program has ended when it is destroyed.
class HttpsServer {
 public:
  HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;
  ~HttpsServer();

  /// "https://127.0.0.1:<port>"; the names are the script's: good, expired, renamed, plain, nonsense.
  std::string url(const std::string& name) const;
  int port(const std::string& name) const { return ports_.at(name); }
  /// The content of a file that it made: "authority.crt".
  std::string file(const std::string& name) const;
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

 private:
  TempDir folder_;
  std::map<std::string, int> ports_;
  std::thread program_;
};

}  // namespace keelson::kube::testing
