#include "os/groups.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelson::os {

namespace {

void apply_group(const recipe::Group& group, Accounts& accounts) {
  const auto* existing = accounts.group.find(group.name);
  if (existing == nullptr) {
    accounts.add_group(group.name, group.gid);
  } else if (group.gid) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot set the gid of group '{}': it exists with gid {}", group.name, existing->gid),
                "leave 'gid' out");
  }
}

}  // namespace

void apply_groups(std::span<const recipe::Group> groups, Accounts& accounts) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    with_context(fmt::format("adding group 'os.groups[{}]' ({})", i, groups[i].name),
                 [&] { apply_group(groups[i], accounts); });
  }
}

}  // namespace keelson::os
