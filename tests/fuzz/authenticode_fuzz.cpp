// Authenticode: no bytes may do more than be refused; signatures lie within the input, and what is taken can be hashed.
#include <cstdlib>

#include "base/error.h"
#include "crypto/signed_data.h"
#include "formats/uki/authenticode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    keelson::uki::program_digest(bytes, "fuzz.efi");
    for (const auto signature : keelson::uki::program_signatures(bytes, "fuzz.efi")) {
      if (signature.data() < bytes.data() || signature.data() + signature.size() > bytes.data() + size) std::abort();
      const auto parsed = keelson::parse_signed_data(signature, "fuzz.efi");
      for (const auto certificate : parsed.certificates) {
        const auto read = keelson::parse_certificate(certificate, "fuzz.crt");
        read.subject();
        keelson::uki::is_program_signed_by(bytes, "fuzz.efi", read);
      }
    }
  } catch (const keelson::Error& error) {
    if (error.kind() != keelson::ErrorKind::BadInput) std::abort();
  }
  return 0;
}
