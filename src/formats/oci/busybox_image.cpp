#include "formats/oci/busybox_image.h"

#include "formats/tar/writer.h"

namespace keelson::oci {

namespace {

// Programs that every busybox of a distribution has, in byte order.
constexpr std::string_view kPrograms[] = {"cat",  "cut",      "date", "df",   "echo",  "env",   "false", "grep",
                                          "head", "hostname", "id",   "ls",   "mkdir", "mount", "nproc", "ps",
                                          "pwd",  "rm",       "sed",  "sh",   "sleep", "sort",  "stat",  "tail",
                                          "test", "touch",    "tr",   "true", "uname", "wc",    "wget",  "whoami"};

tar::Entry folder(std::string path, std::uint32_t mode) {
  return {.path = std::move(path), .type = tar::EntryType::Folder, .mode = mode};
}

Bytes busybox_layer(const Bytes& binary) {
  tar::Writer layer;
  layer.add(folder("bin", 0755));
  layer.add({.path = "bin/busybox", .mode = 0755}, binary);
  for (const std::string_view program : kPrograms)
    layer.add(
        {.path = "bin/" + std::string(program), .type = tar::EntryType::Symlink, .mode = 0777, .target = "busybox"});
  layer.add(folder("dev", 0755));
  layer.add(folder("etc", 0755));
  layer.add({.path = "etc/group"}, "root:x:0:\nnogroup:x:65534:\n");
  layer.add({.path = "etc/passwd"}, "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
  layer.add(folder("proc", 0555));
  layer.add(folder("root", 0700));
  layer.add(folder("sys", 0555));
  layer.add(folder("tmp", 01777));
  return layer.finish();
}

}  // namespace

Image busybox_image(const Bytes& binary, std::string architecture) {
  return {.layer_tar = busybox_layer(binary),
          .architecture = std::move(architecture),
          .name = "docker.io/keelson/probe:1",
          .command = {"sh"},
          .environment = {"PATH=/bin"},
          .working_directory = "/"};
}

}  // namespace keelson::oci
