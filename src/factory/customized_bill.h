/// The bills of materials of an image that is customised: inside it and beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/reporter.h"
#include "factory/bill.h"

namespace keelson::factory {

struct CustomizedBillRequest {
  const recipe::Recipe& recipe;
  std::filesystem::path base_file;
  std::filesystem::path output;
  const deb::Lock* lock = nullptr;  ///< none: packages stay as they are
  std::int64_t epoch = 0;
  bool beside = true;  ///< written beside the output, too
};

/// The lock that stands beside a customised image.
std::filesystem::path lock_path(const std::filesystem::path& output);

/// Reads the packages at the right moments of one run. A base without a database of packages gets no bill, and a
/// warning says so; that is an error only if the recipe asks for one inside the image.
class CustomizedBill {
 public:
  CustomizedBill(CustomizedBillRequest request, const RootDir& root, Reporter& reporter);

  /// Before the recipe's scripts, which may remove documentation with its licences.
  void note_before_scripts();
  /// After them, and before the package manager is removed. @throws Error if there is none and the recipe wants one.
  void embed();
  /// When the output is there. Bills of an earlier run that are not true any more are removed.
  void write_beside();

 private:
  std::optional<recipe::EmbeddedBill> form_inside() const;
  BillRequest bill_request() const;
  void collect();
  void add_base();

  CustomizedBillRequest request_;
  const RootDir& root_;
  Reporter& reporter_;
  std::optional<recipe::EmbeddedBill> inside_;
  std::optional<inventory::BuildInput> base_;
  std::optional<inventory::Bill> bill_;
};

}  // namespace keelson::factory
