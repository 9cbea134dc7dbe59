/// What the collector inside the machine sends: named pieces of raw text. The machine may be hostile, so everything is
/// bounded, and the text is made harmless (valid UTF-8, no control characters) before anyone looks at it.
///
/// Form: "KEELSON-FACTS 1\n", then per section "@NAME LENGTH\n", LENGTH bytes and "\n"; at last "@end 0\n".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/harmless_text.h"
#include "inventory/sections.h"

namespace keelson::machine {

constexpr std::size_t kMaxFactsBytes = 8u << 20;  ///< of the whole message; a real one has about 40 KiB
constexpr std::size_t kMaxSections = 128;

using inventory::Sections;

/// @throws Error(BadInput) for anything but one whole, well-formed message.
Sections parse_sections(std::string_view message);

/// Takes pieces of the message as they come.
class SectionStream {
 public:
  /// @throws Error(BadInput) as soon as the message is larger than allowed or breaks its form.
  void feed(std::string_view piece);
  /// Whether the end has come. What follows it is ignored.
  bool complete() const { return complete_; }
  /// What has come so far, as it came: for recording.
  const std::string& message() const { return message_; }
  Sections take() const { return parse_sections(message_); }

 private:
  std::string message_;
  std::size_t next_ = 0;  // where the next section's header begins
  bool complete_ = false;
};

}  // namespace keelson::machine
