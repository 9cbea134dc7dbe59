#include "factory/customized_bill.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "factory/embedded_bill.h"
#include "factory/outputs.h"
#include "factory/programs.h"
#include "image/digest.h"
#include "inventory/cyclonedx.h"
#include "inventory/spdx.h"
#include "sys/file.h"
#include "sys/parallel.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

Sha256 digest_of(const fs::path& file) { return image::digest_range(file, {{}, {fs::file_size(file)}}); }

}  // namespace

fs::path lock_path(const fs::path& output) {
  fs::path lock = output;
  return lock.replace_extension(".lock.json");
}

CustomizedBill::CustomizedBill(CustomizedBillRequest request, const RootDir& root, Reporter& reporter)
    : request_(std::move(request)), root_(root), reporter_(reporter), inside_(form_inside()) {}

// What the recipe says; or, of a base that has a bill, the same form when that may have become untrue.
std::optional<recipe::EmbeddedBill> CustomizedBill::form_inside() const {
  if (request_.recipe.os.sbom) return request_.recipe.os.sbom;
  const bool stays_true = request_.lock == nullptr && !runs_scripts(request_.recipe);
  return stays_true ? std::nullopt : find_embedded_bill(root_);
}

void CustomizedBill::note_before_scripts() {
  if (runs_scripts(request_.recipe)) collect();
}

void CustomizedBill::embed() {
  if (inside_ && *inside_ != recipe::EmbeddedBill::None) add_base();
  collect();
  if (!inside_) return;
  if (*inside_ == recipe::EmbeddedBill::None) return embed_bill({}, *inside_, root_);
  if (bill_) return embed_bill(*bill_, *inside_, root_);
  embed_bill({}, recipe::EmbeddedBill::None, root_);  // better none than one of other packages
}

void CustomizedBill::collect() {
  if (!inside_ && !request_.beside) return;
  const bool is_wanted = request_.recipe.os.sbom && *request_.recipe.os.sbom != recipe::EmbeddedBill::None;
  const BillRequest request{.recipe = request_.recipe,
                            .lock = request_.lock,
                            .lock_file = lock_path(request_.output).filename(),
                            .name = {},
                            .image_version = {},
                            .epoch = request_.epoch,
                            .base = base_};
  try {
    bill_ = bill_ ? bill_after_scripts(std::move(*bill_), request, root_) : bill_of_tree(request, root_);
  } catch (const Error& error) {
    if (is_wanted) throw;
    bill_.reset();
    reporter_.warn(fmt::format("no bill of materials is written: {}", error.message()));
  }
}

// A block device has no digest that anybody could compare.
void CustomizedBill::add_base() {
  if (!fs::is_regular_file(request_.base_file)) return;
  base_ = {inventory::BuildInput::Kind::BaseImage, request_.base_file.filename(), digest_of(request_.base_file)};
}

void CustomizedBill::write_beside() {
  const std::array files{spdx_path(request_.output), cyclonedx_path(request_.output)};
  if (!bill_ || !request_.beside) {
    for (const auto& file : files) fs::remove(file);
    return;
  }
  Step step(reporter_, "writing bills of materials");
  bill_->image_file = request_.output.filename();
  Sha256 image;
  parallel_for(2, hardware_threads(), [&](std::size_t i) {
    if (i == 0) {
      image = digest_of(request_.output);
    } else if (!base_) {
      add_base();
    }
  });
  bill_->image = image;
  if (base_ && bill_->inputs.front().kind != inventory::BuildInput::Kind::BaseImage)
    bill_->inputs.insert(bill_->inputs.begin(), *base_);
  write_file_atomically(files[0], inventory::write_spdx(*bill_));
  write_file_atomically(files[1], inventory::write_cyclonedx(*bill_));
  step.set_result(fmt::format("{} packages", bill_->packages.size()));
}

}  // namespace keelson::factory
