/// A TCP socket that listens where somebody wrote that it should.
#pragma once

#include <cstdint>
#include <string>

#include "sys/unique_fd.h"

namespace keelson::fleet {

struct ListenSocket {
  UniqueFd fd;          ///< does not block
  std::string address;  ///< "127.0.0.1:8080", "[::]:8080": with the port that it got
  std::uint16_t port = 0;
};

/// @param where "0.0.0.0:8080", "[::1]:8080"; ":8080" is every address that the machine has. Numbers only: no names are
/// looked up. @throws Error(Usage) for what is no address; Error(Refused, Unavailable) when it cannot be had.
ListenSocket listen_at(const std::string& where);

}  // namespace keelson::fleet
