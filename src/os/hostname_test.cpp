#include "os/hostname.h"

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

class Hostname : public RootTest {};

TEST_F(Hostname, IsWrittenAndAnExistingHostsFileStays) {
  apply_hostname(root_, "node-1.example.com");
  EXPECT_EQ(root_.read("etc/hostname"), "node-1.example.com\n");
  provide_hosts_file(root_);
  EXPECT_EQ(root_.read("etc/hosts").find("127.0.1.1"), std::string::npos);
  put("etc/hosts", "mine\n");
  provide_hosts_file(root_);
  EXPECT_EQ(root_.read("etc/hosts"), "mine\n");
}

TEST_F(Hostname, WhatIsNoHostNameIsRefusedAndNothingIsWritten) {
  for (const auto* name : {"-a", "a-", "a..b", "a_b", "a b", "a\n", "ä"})
    EXPECT_THROW(apply_hostname(root_, name), Error) << name;
  EXPECT_THROW(apply_hostname(root_, std::string(65, 'a')), Error);
  apply_hostname(root_, "");
  EXPECT_FALSE(root_.exists("etc/hostname"));
}

}  // namespace
}  // namespace keelson::os
