#include <fmt/format.h>
#include <libfdisk.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/error.h"
#include "formats/gpt/table.h"
#include "image/disk.h"

namespace keelson::image {

namespace {

constexpr std::uint64_t kSector = 512;  // a plain file has no other, and libfdisk assumes the same

struct Unref {
  void operator()(fdisk_context* context) const { fdisk_unref_context(context); }
  void operator()(fdisk_partition* partition) const { fdisk_unref_partition(partition); }
  void operator()(fdisk_parttype* type) const { fdisk_unref_parttype(type); }
};
template <typename T>
using Handle = std::unique_ptr<T, Unref>;

// libfdisk answers with negative errno values.
void require(int result, std::string_view step) {
  if (result < 0) throw system_error("write", fmt::format("partition table ({})", step), -result);
}

template <typename T>
Handle<T> require_handle(T* pointer, std::string_view step) {
  if (pointer == nullptr) require(-ENOMEM, step);
  return Handle<T>(pointer);
}

void add_partition(fdisk_context* context, std::size_t number, const PartitionPlan& plan) {
  const auto partition = require_handle(fdisk_new_partition(), "partition");
  const auto type = require_handle(
      fdisk_label_parse_parttype(fdisk_get_label(context, nullptr), plan.type_uuid.text().c_str()), "type");
  // Every value is given: what libfdisk would choose by itself depends on the device or on chance.
  require(fdisk_partition_partno_follow_default(partition.get(), 0), "number");
  require(fdisk_partition_set_partno(partition.get(), number), "number");
  require(fdisk_partition_start_follow_default(partition.get(), 0), "start");
  require(fdisk_partition_set_start(partition.get(), plan.offset.value / kSector), "start");
  require(fdisk_partition_end_follow_default(partition.get(), 0), "size");
  require(fdisk_partition_set_size(partition.get(), plan.size.value / kSector), "size");
  require(fdisk_partition_set_type(partition.get(), type.get()), "type");
  require(fdisk_partition_set_uuid(partition.get(), plan.uuid.text().c_str()), "uuid");
  if (!plan.label.empty()) require(fdisk_partition_set_name(partition.get(), plan.label.c_str()), "label");
  require(fdisk_add_partition(context, partition.get(), nullptr), fmt::format("partition '{}'", plan.id));
}

gpt::Table expected_table(const DiskPlan& plan, const gpt::Geometry& geometry) {
  std::vector<gpt::Entry> entries;
  for (const PartitionPlan& partition : plan.partitions) {
    entries.push_back({.slot = static_cast<std::uint32_t>(entries.size()),
                       .type = partition.type_uuid,
                       .uuid = partition.uuid,
                       .first = {partition.offset.value / kSector},
                       .last = {(partition.offset.value + partition.size.value) / kSector - 1},
                       .label = partition.label});
  }
  return gpt::make_table(plan.disk_uuid, std::move(entries), geometry);
}

Bytes read_at(int fd, std::uint64_t offset, std::size_t size) {
  Bytes bytes(size);
  const ssize_t n = ::pread(fd, bytes.data(), size, static_cast<off_t>(offset));
  if (n < 0) throw system_error("read", "partition table", errno);
  bytes.resize(static_cast<std::size_t>(n));
  return bytes;
}

}  // namespace

void write_partition_table(int fd, const DiskPlan& plan) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error("write", "partition table", errno);
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != plan.size.value) {
    throw Error(ErrorKind::Internal,
                fmt::format("cannot write 'partition table': the file is not {} bytes long", plan.size.value));
  }
  const gpt::Geometry geometry{.size = plan.size, .block_size = kSector};
  const gpt::Table expected = expected_table(plan, geometry);

  const auto context = require_handle(fdisk_new_context(), "context");
  require(fdisk_disable_dialogs(context.get(), 1), "context");
  require(fdisk_assign_device_by_fd(context.get(), fd, "disk image", 0), "device");
  require(fdisk_create_disklabel(context.get(), "gpt"), "label");
  require(fdisk_set_disklabel_id_from_string(context.get(), plan.disk_uuid.text().c_str()), "disk uuid");
  for (std::size_t i = 0; i < plan.partitions.size(); ++i) add_partition(context.get(), i, plan.partitions[i]);
  require(fdisk_write_disklabel(context.get()), "write");
  require(fdisk_deassign_device(context.get(), 1), "close");  // 1: no sync of the whole system

  const auto read = [fd](std::uint64_t offset, std::size_t size) { return read_at(fd, offset, size); };
  if (gpt::read_table(read, geometry) != expected) {
    throw Error(ErrorKind::Internal, "cannot write 'partition table': libfdisk wrote another table than was planned");
  }
}

}  // namespace keelson::image
