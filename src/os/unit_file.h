/// systemd's unit files as far as enabling them needs: names, where they lie in an image, their [Install] section.
/// Source: systemd.unit(5), "[Install] Section Options" and "Specifiers", of systemd 257.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sys/root_dir.h"

namespace keelson::os {

/// Where `systemctl enable` writes.
inline constexpr std::string_view kUnitConfiguration = "/etc/systemd/system";

/// "getty@tty1.service" is prefix "getty", instance "tty1", suffix ".service".
struct UnitName {
  std::string prefix;
  std::optional<std::string> instance;  ///< "" for a template ("getty@.service"); absent for an ordinary unit
  std::string suffix;

  std::string text() const;
  bool is_template() const { return instance && instance->empty(); }
  bool is_instance() const { return instance && !instance->empty(); }
  UnitName with_instance(std::string_view other) const;
};

/// Reads a unit's name as systemctl takes it: without a unit type, ".service" is meant.
/// @throws Error(BadInput) for an empty name, a slash, white space, or one longer than 255 bytes.
UnitName parse_unit_name(std::string_view text);

struct InstallSection {
  std::vector<std::string> wanted_by;
  std::vector<std::string> required_by;
  std::vector<std::string> upheld_by;
  std::vector<std::string> alias;
  std::vector<std::string> also;
  std::string default_instance;

  bool empty() const;
};

/// Adds what [Install] says in `text` to `section`; an empty assignment clears the list, as in systemd. Unknown
/// lines are skipped: systemd itself warns about them.
void parse_install_section(std::string_view text, InstallSection& section);

struct Unit {
  UnitName name;           ///< what it is really called, after aliases
  std::string path;        ///< of its file ("/usr/lib/systemd/system/getty@.service"); the template's for an instance
  InstallSection install;  ///< with drop-ins, specifiers not yet expanded
};

/// The unit of that name in the image: /etc, /run, /usr/local/lib, /usr/lib in this order; aliases are followed, and
/// a name that only another unit's Alias= declares finds that unit. Nothing if there is none.
/// @throws Error(BadInput) if the unit is masked.
std::optional<Unit> find_unit(const RootDir& root, const UnitName& name);

/// As find_unit(), for names of files: a unit that is masked, or has only its name declared elsewhere, is none.
std::optional<Unit> find_unmasked_unit(const RootDir& root, const UnitName& name);

struct SettingsQuery {
  std::string_view section;               ///< "Service"
  std::string_view without_drop_in = {};  ///< the name of a drop-in file that does not count
};
/// The names of the settings that a section of the unit has, in its file and all its drop-ins, those of a template's
/// instances and of a name's beginning ("foo-.service.d") included. One that is set to nothing counts too.
std::set<std::string, std::less<>> unit_settings(const RootDir& root, const Unit& unit, const SettingsQuery& query);

/// All unit files' names in the image, sorted: for "did you mean".
std::vector<std::string> unit_names(const RootDir& root);

/// Expands %i %I %j %n %N %p %P %% for `name`. Other specifiers stay as they are.
std::string expand_specifiers(std::string_view text, const UnitName& name);

}  // namespace keelson::os
