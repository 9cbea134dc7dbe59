// formats/efi: no bytes may do more than be refused; what is read of a variable store can be written to it again.
#include <cstdlib>

#include "base/error.h"
#include "crypto/signed_data.h"
#include "formats/efi/signature_list.h"
#include "formats/efi/signed_variable.h"
#include "formats/efi/variable_store.h"

namespace {

template <class Body>
void attempt(Body&& body) {
  try {
    body();
  } catch (const keelson::Error& error) {
    if (error.kind() != keelson::ErrorKind::BadInput) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  attempt([&] {
    for (const auto& signature : keelson::efi::parse_signature_lists(bytes, "fuzz.esl")) {
      if (signature.data.size() > size) std::abort();
      attempt([&] { keelson::parse_certificate(signature.data, "fuzz.crt").subject(); });
    }
  });
  attempt([&] {
    const auto variable = keelson::efi::parse_signed_variable(bytes, "fuzz.auth");
    if (variable.value.size() + variable.signature.size() > size) std::abort();
    keelson::parse_signed_data(variable.signature, "fuzz.auth");
  });
  attempt([&] {
    const auto variables = keelson::efi::parse_variables(bytes, "fuzz.fd");
    const auto again = keelson::efi::parse_variables(keelson::efi::add_variables(bytes, "fuzz.fd", variables), "again");
    if (again.size() > variables.size()) std::abort();
  });
  return 0;
}
