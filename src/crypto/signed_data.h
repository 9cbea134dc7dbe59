/// PKCS#7 SignedData: what Authenticode, UEFI's signed variables and the kernel take as a signature.
/// Spec: RFC 2315 (PKCS#7 1.5), sections 9.1 to 9.4; RFC 5652 is its successor, with the same bytes for what is
/// written here. SHA-256 and RSA only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/certificate.h"

namespace keelson {

/// A signature that carries what it signs, with the attributes content type and message digest (no time: the same
/// input gives the same bytes). @param content_type an object identifier, dotted.
/// @param content one DER element; the digest is over what is inside it (RFC 2315, section 9.3).
/// Returns a ContentInfo.
Bytes sign_content(const Signer& signer, std::string_view content_type, ByteView content);

/// A signature over bytes that are elsewhere, without attributes. Returns a ContentInfo.
Bytes sign_detached(const Signer& signer, ByteView bytes);

/// A signature that carries the bytes that it signs, without attributes: what the kernel takes a policy of IPE as.
/// Returns a ContentInfo.
Bytes sign_attached(const Signer& signer, ByteView bytes);

/// The SignedData within a ContentInfo, as UEFI's variables hold it.
ByteView signed_data_within(ByteView content_info, std::string_view name);

/// One signature of a SignedData; the views point into what was parsed.
struct SignerInfo {
  ByteView issuer;      ///< DER of its certificate's issuer
  ByteView serial;      ///< DER of its certificate's number
  ByteView attributes;  ///< what is inside the signed attributes' element; empty: none
  ByteView signature;
};

struct SignedData {
  Bytes content_type;  ///< DER of the object identifier
  ByteView content;    ///< the DER element that is signed; empty: it is elsewhere
  std::vector<ByteView> certificates;
  std::vector<SignerInfo> signers;
};

/// Decodes a ContentInfo or a bare SignedData, untrusted: at most 16 certificates and 16 signers. Verifies nothing.
/// @throws Error(BadInput) naming the rule broken, or that a digest is not SHA-256 or a key not RSA.
SignedData parse_signed_data(ByteView bytes, std::string_view name);

/// Whether one of its signers is the holder of that certificate, and the signature is over that content (or, without
/// one, over `detached`). Dates are not looked at: firmware has no clock to trust.
bool is_signed_by(const SignedData& data, const Certificate& certificate, ByteView detached = {});

}  // namespace keelson
