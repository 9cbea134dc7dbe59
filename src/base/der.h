/// DER, the encoding of certificates and signatures: bounded reading of untrusted bytes, and writing.
/// Spec: ITU-T X.690 (2021), clauses 8 and 10. Only what those need: definite lengths, tags below 31.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace keelson::der {

// Identifier octets, X.690 8.1.2, with the "constructed" bit where the type has it.
inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kObjectIdentifier = 0x06;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
/// [number] of the type around it; `kConstructed` when it holds elements.
inline constexpr std::uint8_t kContext = 0x80;
inline constexpr std::uint8_t kConstructed = 0x20;

/// One element; the views point into what was read.
struct Element {
  std::uint8_t tag = 0;
  ByteView content;  ///< without tag and length
  ByteView whole;    ///< with them
};

/// Reads elements that stand one behind the other. A length beyond the bytes, an indefinite or needlessly long one,
/// and a tag in several bytes are Error(BadInput) that names `name`.
class Reader {
 public:
  Reader(ByteView bytes, std::string_view name) : rest_(bytes), name_(name) {}

  bool at_end() const { return rest_.empty(); }
  ByteView rest() const { return rest_; }
  /// @throws Error(BadInput) at the end.
  Element next();
  /// The next one, which must have that tag. @param what is its name in the error: "signer's serial number".
  Element require(std::uint8_t tag, std::string_view what);
  /// The next one if it has that tag; otherwise nothing, and it stays.
  std::optional<Element> find(std::uint8_t tag);
  /// What stands inside an element.
  Reader inside(const Element& element) const { return {element.content, name_}; }
  /// @throws Error(BadInput) if something is left.
  void require_end(std::string_view what) const;

 private:
  ByteView rest_;
  std::string_view name_;
};

/// Tag, length, and the parts as content.
Bytes element(std::uint8_t tag, std::initializer_list<ByteView> parts);
inline Bytes sequence(std::initializer_list<ByteView> parts) { return element(kSequence, parts); }

/// "1.2.840.113549.1.7.2" encoded. The text is one of our own constants: a wrong one is Error(Internal).
Bytes object_identifier(std::string_view dotted);
/// A whole number that is not negative.
Bytes integer(std::uint64_t value);
Bytes null();

}  // namespace keelson::der
