/// Collects what a migration has to say. The readers of old forms share it.
#pragma once

#include "recipe/migrate.h"

namespace keelson::recipe {

class Notes {
 public:
  void changed(Mark mark, std::string was, std::string is, std::string why);
  /// Only its capitals changed; left out when something else is told of the same place.
  void changed_case(Mark mark, std::string was, std::string is);
  void remark(Mark mark, std::string why);
  void dropped(Mark mark, std::string was, std::string why);
  void needs_hand(Mark mark, std::string was, std::string why);
  /// In the order of the file's lines.
  std::vector<MigrationNote> take_sorted();

 private:
  void add(MigrationNote note);

  std::vector<MigrationNote> notes_;
  std::vector<MigrationNote> case_notes_;
};

}  // namespace keelson::recipe
