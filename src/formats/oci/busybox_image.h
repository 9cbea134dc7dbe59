/// The container that a boot check runs: one static busybox and nothing else.
#pragma once

#include <string>

#include "formats/oci/archive.h"

namespace keelson::oci {

/// An image with /bin/busybox, links for the usual programs (/bin/sh, cat, echo, id, …), /etc/passwd, /etc/group and
/// empty /tmp, /proc, /sys, /dev. It runs `sh` unless told otherwise. Name: "docker.io/keelson/probe:1".
/// @param binary a statically linked busybox; not looked into. @param architecture as Go writes it: "amd64".
Image busybox_image(const Bytes& binary, std::string architecture);

}  // namespace keelson::oci
