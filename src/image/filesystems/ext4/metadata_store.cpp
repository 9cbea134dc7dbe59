#include "image/filesystems/ext4/metadata_store.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "sys/file.h"

namespace keelson::image {

namespace {

constexpr std::size_t kPage = MetadataStore::kPageSize;

/// Calls visit(page number, offset in the page, offset in the range, count) for each page a range touches.
template <typename Visit>
void for_each_page(std::uint64_t position, std::uint64_t count, Visit&& visit) {
  std::uint64_t done = 0;
  while (done < count) {
    const std::uint64_t at = position + done;
    const std::size_t within = at % kPage;
    const std::size_t piece = std::min<std::uint64_t>(kPage - within, count - done);
    visit(at / kPage, within, done, piece);
    done += piece;
  }
}

MetadataStore& store_of(io_channel channel) { return *static_cast<MetadataStore*>(channel->private_data); }

std::uint64_t position_of(io_channel channel, unsigned long long block) {
  return block * static_cast<std::uint64_t>(channel->block_size);
}

/// libext2fs counts in blocks; a negative count is a number of bytes.
std::size_t length_of(io_channel channel, int count) {
  return count < 0 ? static_cast<std::size_t>(-count)
                   : static_cast<std::size_t>(count) * static_cast<std::size_t>(channel->block_size);
}

errcode_t set_block_size(io_channel channel, int size) {
  channel->block_size = size;
  return 0;
}

errcode_t read_blocks(io_channel channel, unsigned long long block, int count, void* data) {
  store_of(channel).read(position_of(channel, block), {static_cast<std::byte*>(data), length_of(channel, count)});
  return 0;
}

errcode_t write_blocks(io_channel channel, unsigned long long block, int count, const void* data) try {
  store_of(channel).write(position_of(channel, block),
                          {static_cast<const std::byte*>(data), length_of(channel, count)});
  return 0;
} catch (const std::bad_alloc&) {
  return EXT2_ET_NO_MEMORY;  // no exception may cross the C library
}

errcode_t zero_blocks(io_channel channel, unsigned long long block, unsigned long long count) {
  store_of(channel).zero(position_of(channel, block), position_of(channel, count));
  return 0;
}

errcode_t open_channel(const char*, int, io_channel* channel);

errcode_t close_channel(io_channel channel) {
  if (--channel->refcount > 0) return 0;
  const std::unique_ptr<MetadataStore> store(&store_of(channel));
  ext2fs_free_mem(&channel->name);
  ext2fs_free_mem(&channel);
  return 0;
}

struct_io_manager make_manager() {
  struct_io_manager manager{};
  manager.magic = EXT2_ET_MAGIC_IO_MANAGER;
  manager.name = "memory";
  manager.open = open_channel;
  manager.close = close_channel;
  manager.set_blksize = set_block_size;
  manager.read_blk = [](io_channel c, unsigned long b, int n, void* data) { return read_blocks(c, b, n, data); };
  manager.write_blk = [](io_channel c, unsigned long b, int n, const void* data) {
    return write_blocks(c, b, n, data);
  };
  manager.read_blk64 = read_blocks;
  manager.write_blk64 = write_blocks;
  manager.flush = [](io_channel) -> errcode_t { return 0; };
  manager.zeroout = zero_blocks;
  manager.discard = zero_blocks;
  return manager;
}

errcode_t open_channel(const char* name, int, io_channel* result) try {
  auto store = std::make_unique<MetadataStore>();
  io_channel channel = nullptr;
  if (const errcode_t code = ext2fs_get_memzero(sizeof(struct struct_io_channel), &channel)) return code;
  if (const errcode_t code = ext2fs_get_mem(std::strlen(name) + 1, &channel->name)) {
    ext2fs_free_mem(&channel);
    return code;
  }
  std::strcpy(channel->name, name);
  channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  channel->manager = metadata_io_manager();
  channel->block_size = 1024;
  channel->refcount = 1;
  channel->private_data = store.release();  // close_channel() takes it back
  *result = channel;
  return 0;
} catch (const std::bad_alloc&) {
  return EXT2_ET_NO_MEMORY;
}

}  // namespace

void MetadataStore::read(std::uint64_t position, std::span<std::byte> into) const {
  for_each_page(position, into.size(),
                [&](std::uint64_t page, std::size_t within, std::uint64_t done, std::size_t piece) {
                  const auto found = pages_.find(page);
                  if (found == pages_.end())
                    std::memset(into.data() + done, 0, piece);
                  else
                    std::memcpy(into.data() + done, found->second->data() + within, piece);
                });
}

void MetadataStore::write(std::uint64_t position, ByteView bytes) {
  for_each_page(position, bytes.size(),
                [&](std::uint64_t number, std::size_t within, std::uint64_t done, std::size_t piece) {
                  auto& page = pages_[number];
                  if (!page) page = std::make_unique<Page>();  // zeros
                  std::memcpy(page->data() + within, bytes.data() + done, piece);
                });
}

void MetadataStore::zero(std::uint64_t position, std::uint64_t count) {
  for_each_page(position, count, [&](std::uint64_t number, std::size_t within, std::uint64_t, std::size_t piece) {
    const auto found = pages_.find(number);
    if (found != pages_.end()) std::memset(found->second->data() + within, 0, piece);
  });
}

void MetadataStore::commit(int fd, std::uint64_t offset, std::string_view name) const {
  constexpr std::size_t kRun = std::size_t{1} << 20;
  static constexpr Page kZeros{};
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, page] : pages_)
    if (*page != kZeros) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  Bytes run;
  std::uint64_t start = 0;
  for (const std::uint64_t number : numbers) {
    if (!run.empty() && (start + run.size() != number * kPage || run.size() >= kRun)) {
      write_all_at(fd, run, offset + start, name);
      run.clear();
    }
    if (run.empty()) start = number * kPage;
    const Page& page = *pages_.at(number);
    run.insert(run.end(), page.begin(), page.end());
  }
  if (!run.empty()) write_all_at(fd, run, offset + start, name);
}

io_manager metadata_io_manager() {
  static struct_io_manager manager = make_manager();
  return &manager;
}

MetadataStore& metadata_of(ext2_filsys fs) { return store_of(fs->io); }

}  // namespace keelson::image
