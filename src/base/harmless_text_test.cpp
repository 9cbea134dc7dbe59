#include "base/harmless_text.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

TEST(HarmlessText, KeepsTextOfAnyLanguage) {
  for (const char* text : {"", "plain\ttext\n", "Zoë", "日本語", "שלום", "🚢", "\u200e"})
    EXPECT_EQ(harmless_text(text), text);
}

TEST(HarmlessText, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(harmless_text("a\xff\xc0\x80z"), "a???z");
  EXPECT_EQ(harmless_text("\xed\xa0\x80"), "???");  // a surrogate
  EXPECT_EQ(harmless_text("cut \xe2\x80"), "cut ??");
}

TEST(HarmlessText, ReplacesControlsAndWhatTurnsTheDirection) {
  EXPECT_EQ(harmless_text("\x1b[31m\x7f\r"), "?[31m??");
  EXPECT_EQ(harmless_text("\xc2\x9b"), "??");  // the one-byte form of ESC [
  EXPECT_EQ(harmless_text("user\u202egpj.exe"), "user?gpj.exe");
  EXPECT_EQ(harmless_text("\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069"), "????????");
}

}  // namespace
}  // namespace keelson
