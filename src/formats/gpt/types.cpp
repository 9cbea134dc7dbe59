#include "formats/gpt/types.h"

#include <algorithm>
#include <array>

namespace keelson::gpt {

namespace {

struct Row {
  std::string_view name;
  std::string_view architecture;  // "": all
  std::string_view uuid;
};

// Sorted by name, then architecture.
constexpr std::array kRows{
    Row{"bios-grub", "", "21686148-6449-6e6f-744e-656564454649"},
    Row{"esp", "", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"},
    Row{"home", "", "933ac7e1-2eb4-4f13-b844-0e14e2aef915"},
    Row{"linux-generic", "", "0fc63daf-8483-4772-8e79-3d69d8477de4"},
    Row{"root", "amd64", "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"},
    Row{"root", "arm64", "b921b045-1df0-41c3-af44-4c6f280d3fae"},
    Row{"root-verity", "amd64", "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5"},
    Row{"root-verity", "arm64", "df3300ce-d69f-4c92-978c-9bfb0f38d820"},
    Row{"root-verity-sig", "amd64", "41092b05-9fc8-4523-994f-2def0408b176"},
    Row{"root-verity-sig", "arm64", "6db69de6-29f4-4758-a7a5-962190f00ce3"},
    Row{"srv", "", "3b8f8425-20e0-4f3b-907f-1a25a76f98e8"},
    Row{"swap", "", "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"},
    Row{"tmp", "", "7ec6f557-3bc5-4aca-b293-16ef5df639d1"},
    Row{"usr", "amd64", "8484680c-9521-48c6-9c11-b0720656f69e"},
    Row{"usr", "arm64", "b0e01050-ee5f-4390-949a-9101b17104e9"},
    Row{"usr-verity", "amd64", "77ff5f63-e7b6-4633-acf4-1565b864c0e6"},
    Row{"usr-verity", "arm64", "6e11a4e7-fbca-4ded-b9e9-e1a512bb664e"},
    Row{"usr-verity-sig", "amd64", "e7bb33fb-06cf-4e81-8273-e543b413e2e2"},
    Row{"usr-verity-sig", "arm64", "c23ce4ff-44bd-4b00-b2d4-b41b3419e02a"},
    Row{"var", "", "4d21b016-b534-45c2-a9fb-5c16e091fd2d"},
    Row{"xbootldr", "", "bc13c2ff-59e6-4262-a352-b275fd6f7172"},
};

}  // namespace

std::optional<Uuid> find_type(std::string_view name, std::string_view architecture) {
  for (const Row& row : kRows) {
    if (row.name == name && (row.architecture.empty() || row.architecture == architecture)) return parse_uuid(row.uuid);
  }
  return std::nullopt;
}

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const Row& row : kRows) {
    if (names.empty() || names.back() != row.name) names.emplace_back(row.name);
  }
  return names;
}

std::optional<TypeName> find_type_name(const Uuid& uuid) {
  const std::string text = uuid.text();
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&text](const Row& r) { return r.uuid == text; });
  if (row == kRows.end()) return std::nullopt;
  return TypeName{std::string(row->name), std::string(row->architecture)};
}

}  // namespace keelson::gpt
