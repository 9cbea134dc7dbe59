/// For this folder only: OpenSSL's objects as C++ values, and its reasons as text.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "base/bytes.h"

namespace keelson::openssl {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using Name = std::unique_ptr<X509_NAME, Free<X509_NAME_free>>;

/// What OpenSSL said last, in its words; its list of errors is empty afterwards.
inline std::string reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "OpenSSL gives no reason" : text;
}

inline Bio memory(ByteView bytes) { return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

/// What was written to a memory BIO.
inline std::string written(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

inline const unsigned char* data_of(ByteView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

/// The DER that one of OpenSSL's i2d functions makes.
template <class Encode>
Bytes encoded(Encode&& encode) {
  const int size = encode(nullptr);
  Bytes bytes(size > 0 ? static_cast<std::size_t>(size) : 0);
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  if (size > 0) encode(&out);
  return bytes;
}

}  // namespace keelson::openssl
