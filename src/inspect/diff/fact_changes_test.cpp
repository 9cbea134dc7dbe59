#include "inspect/diff/fact_changes.h"

#include <gmock/gmock.h>

namespace keelson::inspect {
namespace {

std::vector<std::string> changes(const char* before, const char* after) {
  std::vector<std::string> found;
  for (const auto& change : fact_changes(nlohmann::json::parse(before), nlohmann::json::parse(after)))
    found.push_back(change.path + (change.is_list ? " list " : " ") + change.before.dump() + " " + change.after.dump());
  return found;
}

TEST(FactChanges, NameEachFactThatDiffers) {
  EXPECT_THAT(changes(R"({"a": 1, "b": {"c": "x", "d": true}, "gone": 2})",
                      R"({"a": 1, "b": {"c": "y", "d": true}, "new": 3})"),
              testing::ElementsAre(R"(b.c "x" "y")", "gone 2 null", "new null 3"));
}

TEST(FactChanges, CompareListsAsSets) {
  EXPECT_THAT(changes(R"({"l": ["a", "b", "c"]})", R"({"l": ["c", "d", "a"]})"),
              testing::ElementsAre(R"(l list ["b"] ["d"])"));
  EXPECT_THAT(changes(R"({"l": ["a", "b"]})", R"({"l": ["b", "a"]})"),
              testing::ElementsAre(R"(l ["a","b"] ["b","a"])"));
}

TEST(FactChanges, CompareEntriesByTheirNames) {
  EXPECT_THAT(changes(R"({"users": [{"name": "root", "shell": "/bin/sh"}, {"name": "x", "shell": "a"}]})",
                      R"({"users": [{"name": "y", "shell": "a"}, {"name": "root", "shell": "/bin/bash"}]})"),
              testing::ElementsAre(R"(users[name=root].shell "/bin/sh" "/bin/bash")",
                                   R"(users[name=x] {"name":"x","shell":"a"} null)",
                                   R"(users[name=y] null {"name":"y","shell":"a"})"));
}

TEST(FactChanges, OfAnInitrdsFilesTellWhichCameWentAndChanged) {
  EXPECT_THAT(
      changes(R"({"initrds": [{"name": "uki", "path": "a.efi", "files": {"init": "1", "old": "2", "same": "3"}}]})",
              R"({"initrds": [{"name": "uki", "path": "b.efi", "files": {"init": "4", "new": "5", "same": "3"}}]})"),
      testing::ElementsAre(R"(initrds[name=uki].files list ["old"] ["new"])",
                           R"(initrds[name=uki].files.changed list [] ["init"])",
                           R"(initrds[name=uki].path "a.efi" "b.efi")"));
}

TEST(FactChanges, LeaveOutWhatHasAnAccountOfItsOwn) {
  EXPECT_THAT(
      changes(
          R"({"packages": {"count": 1}, "inspection": {"kind": "disk"}, "files": {"sizes": {"/usr": 1}, "count": 2}})",
          R"({"packages": {"count": 2}, "inspection": {"kind": "live"}, "files": {"sizes": {"/usr": 2}, "count": 3}})"),
      testing::ElementsAre());
}

TEST(FactChanges, SayWhyTheyMatter) {
  const auto found =
      fact_changes({{"kernel", {{"commandLine", "quiet"}}}}, {{"kernel", {{"commandLine", "quiet init=/bin/sh"}}}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].matters, "what the kernel is told at boot");
}

}  // namespace
}  // namespace keelson::inspect
