/// A unified kernel image: systemd's UEFI stub with the kernel, its initrd and its command line as PE sections.
/// Spec: UAPI group, "Unified Kernel Image (UKI)", version 1; section layout as systemd 257's ukify writes it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "formats/uki/pe.h"

namespace keelson::uki {

/// What goes into an image. The views must stay valid during the call; an empty `initrd` leaves that section out.
struct UkiParts {
  ByteView stub;               ///< linuxx64.efi.stub or linuxaa64.efi.stub
  ByteView linux;              ///< vmlinuz, a PE program itself
  ByteView initrd;             ///< as the kernel reads it: compressed cpio
  std::string cmdline;         ///< without a trailing newline
  std::string os_release;      ///< the text of os-release
  std::string uname;           ///< the kernel's release: "6.12.117+deb13-cloud-amd64"
  std::string pcr_public_key;  ///< PEM; "": none. Measured like what stands before it
  std::string pcr_signature;   ///< what sign_pcr11_policies() makes; "": none. Not measured
};

/// Gives the image to `sink`, piece by piece: stub, then .osrel, .cmdline, .uname, .pcrpkey, .initrd, .pcrsig and
/// .linux at addresses after the stub's last section. .linux is last, as in ukify: an old kernel that is run in place
/// may need memory behind it. The stub's own sections (.sbat, .sdmagic …) stay as they are; its signature, if it has
/// one, is dropped, since it would no longer hold. The PE checksum is computed. The same parts give the same bytes.
/// @throws Error(BadInput) if the stub or kernel is no PE program, they are for different machines, the stub has no
/// room for further section headers, or the image would pass 4 GiB.
void write_uki(const std::function<void(ByteView)>& sink, const UkiParts& parts);

/// Policies that an image brings, for what the stub measures of it.
struct SignedPolicies {
  std::string_view public_key;  ///< PEM, for .pcrpkey
  std::string_view signature;   ///< what sign_pcr11_policies() makes, for .pcrsig; "": none yet, .pcrpkey is measured
};

/// Gives an image (or an addon to one) to `sink` with another command line, and with everything else as it is: the
/// sections behind the stub's own come to lie anew, in the order that they have. A signature is dropped, since it
/// would no longer hold. The same bytes and command line give the same bytes.
/// @param policies take the place of those that the image has, if it has any.
/// @throws Error(BadInput) if it is no PE program or holds signed measurements (.pcrsig) for which there are no others,
/// or several profiles (.profile), which depend on the command line; as write_uki() if there is no room.
void write_with_command_line(const std::function<void(ByteView)>& sink, ByteView bytes, std::string_view name,
                             std::string_view cmdline, const std::optional<SignedPolicies>& policies = std::nullopt);

/// What an image says of itself, read back; every view points into `bytes`.
struct UkiView {
  PeImage image;
  ByteView linux;
  ByteView initrd;  ///< empty if there is none
  std::string_view cmdline;
  std::string_view os_release;
  std::string_view uname;
};

/// @throws Error(BadInput) if it is no PE program or has no .linux section; every other section may be missing.
UkiView parse_uki(ByteView bytes, std::string_view name);

}  // namespace keelson::uki
