#include "core/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace foldersync {
namespace {

using std::string_literals::operator""s;

const std::string kReplaced = "\xEF\xBF\xBD";

std::string replaced(int times) {
  std::string text;
  while (times-- > 0) text += kReplaced;
  return text;
}

// Any number below 2^21 the way UTF-8 would write it with `size` bytes, allowed or not.
std::string encoded(char32_t code, int size) {
  if (size == 1) return std::string(1, static_cast<char>(code));
  std::string bytes;
  for (int at = size - 1; at > 0; --at) {
    bytes.insert(bytes.begin(), static_cast<char>(0x80U | (code & 0x3FU)));
    code >>= 6U;
  }
  const unsigned marker = 0xF00U >> static_cast<unsigned>(size) & 0xFFU;
  bytes.insert(bytes.begin(), static_cast<char>(marker | code));
  return bytes;
}

int size_of(char32_t code) {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

bool is_scalar(char32_t code) { return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF); }

// Bytes that are likely to be nearly UTF-8.
std::string random_bytes(std::mt19937& random, std::size_t longest) {
  constexpr std::string_view kBytes =
      "a\x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xE1\xED\xEF\xF0\xF1\xF4\xF5\xFF";
  std::string bytes;
  for (std::size_t size = random() % (longest + 1); size > 0; --size) {
    bytes += kBytes[random() % kBytes.size()];
  }
  return bytes;
}

TEST(Utf8, EveryScalarValueAndNothingElseIsWellFormedInItsShortestForm) {
  for (char32_t code = 0; code < 0x200000; ++code) {
    const std::string bytes = encoded(code, size_of(code));
    ASSERT_EQ(is_utf8(bytes), is_scalar(code)) << "U+" << std::hex << static_cast<unsigned>(code);
    if (is_scalar(code)) {
      ASSERT_EQ(utf8_rendering(bytes), bytes);
    }
  }
}

TEST(Utf8, OverlongFormsAreIllFormed) {
  for (char32_t code = 0; code < 0x10000; ++code) {
    for (int size = size_of(code) + 1; size <= 4; ++size) {
      const std::string bytes = encoded(code, size);
      ASSERT_FALSE(is_utf8(bytes)) << std::hex << static_cast<unsigned>(code);
      // No byte of it begins anything, so each is a part of its own.
      ASSERT_EQ(utf8_rendering(bytes), replaced(size));
    }
  }
}

TEST(Utf8, TheEmptyTextIsWellFormed) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_EQ(utf8_rendering(""), "");
}

TEST(Utf8, IllFormedBytesAnywhereAreNoticed) {
  for (std::size_t at = 0; at < 30; ++at) {
    std::string bytes(30, 'x');
    bytes[at] = '\xE9';
    EXPECT_FALSE(is_utf8(bytes)) << at;
  }
}

TEST(Utf8Rendering, EachMaximalPartBecomesOneReplacementCharacter) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"caf\xE9.txt", "caf" + replaced(1) + ".txt"},
      {"\x80", replaced(1)},
      {"\xFF\xFE", replaced(2)},
      {"\xC2", replaced(1)},
      {"\xC2z", replaced(1) + "z"},
      {"\xC3\xA9\xA9", "\xC3\xA9" + replaced(1)},
      // Cut off: what could have become a character is one part.
      {"\xE2\x82", replaced(1)},
      {"\xF0\x9F\x98", replaced(1)},
      {"\xF0\x9F\x98z", replaced(1) + "z"},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"s + "A", replaced(4) + "A"},
      // Never a character: byte by byte.
      {"\xC0\xAF", replaced(2)},
      {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82"s + "A", replaced(8) + "A"},
      {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF"s + "A", replaced(8) + "A"},
      {"\xF4\x91\x92\x93\xFF"s + "A\x80\xBF"s + "B", replaced(5) + "A" + replaced(2) + "B"},
      {"\xF8\x88\x80\x80\x80", replaced(5)},
  };
  for (const auto& [bytes, text] : table) {
    EXPECT_EQ(utf8_rendering(bytes), text) << escaped(bytes);
    EXPECT_FALSE(is_utf8(bytes)) << escaped(bytes);
  }
}

TEST(Utf8Rendering, PropertyIsUtf8AndLeavesUtf8Alone) {
  std::mt19937 random(1);
  for (int round = 0; round < 50'000; ++round) {
    const std::string bytes = random_bytes(random, 8);
    const std::string text = utf8_rendering(bytes);
    ASSERT_TRUE(is_utf8(text)) << escaped(bytes);
    ASSERT_EQ(text == bytes, is_utf8(bytes)) << escaped(bytes);
    ASSERT_EQ(utf8_rendering(text), text) << escaped(bytes);
    ASSERT_EQ(utf8_rendering("a" + bytes), "a" + text) << escaped(bytes);
    ASSERT_EQ(utf8_rendering(bytes + "a"), text + "a") << escaped(bytes);
  }
}

TEST(Escaped, OrdinaryTextStays) {
  for (const std::string& text :
       {""s, "docs/a file (1).txt"s, "'\"$`"s, "Gr\xC3\xBC\xC3\x9F"s, "\xE6\x97\xA5\xE6\x9C\xAC"s,
        "\xF0\x9F\x98\x80"s, "\xEF\xBF\xBD"s, "\xD7\xA9\xD7\x9C"s, "e\xCC\x81"s}) {
    EXPECT_EQ(escaped(text), text);
  }
}

TEST(Escaped, ControlCharactersAndIllFormedBytesAreNumbers) {
  EXPECT_EQ(escaped("a\nb\tc\rd"), "a\\x0ab\\x09c\\x0dd");
  EXPECT_EQ(escaped("\x1B[2J\x7F"), "\\x1b[2J\\x7f");
  EXPECT_EQ(escaped("a\0b"s), "a\\x00b");
  EXPECT_EQ(escaped("caf\xE9"), "caf\\xe9");
  EXPECT_EQ(escaped("\xE2\x80"), "\\xe2\\x80");
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(escaped("\x9B"), "\\x9b");
}

TEST(Escaped, ABackslashIsDoubledSoThatNothingLooksLikeAnEscape) {
  EXPECT_EQ(escaped("\\x0a"), "\\\\x0a");
  EXPECT_EQ(escaped("\\"), "\\\\");
}

TEST(Escaped, CharactersThatCannotBeSeenOrTurnTheTextAreNumbers) {
  EXPECT_EQ(escaped("a\xC2\x9Bz"), "a\\u{009b}z");
  EXPECT_EQ(escaped("\xE2\x80\xAEtxt.exe"), "\\u{202e}txt.exe");
  EXPECT_EQ(escaped("\xF3\xA0\x81\xBF"), "\\u{e007f}");
}

TEST(Escaped, ExactlyTheUnsafeCharactersAreEscaped) {
  const std::vector<std::pair<char32_t, char32_t>> unsafe{
      {0x80, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},     {0x180E, 0x180E},
      {0x200B, 0x200F}, {0x2028, 0x2029}, {0x202A, 0x202E},   {0x2060, 0x2069},
      {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
  };
  for (char32_t code = 0x80; code <= 0x10FFFF; ++code) {
    if (!is_scalar(code)) continue;
    bool expected = false;
    for (const auto& [first, last] : unsafe) expected |= code >= first && code <= last;
    const std::string bytes = encoded(code, size_of(code));
    ASSERT_EQ(escaped(bytes) != bytes, expected) << std::hex << static_cast<unsigned>(code);
  }
}

TEST(Escaped, PropertyIsOneLineOfUtf8AndTellsDifferentBytesApart) {
  std::mt19937 random(2);
  std::vector<std::pair<std::string, std::string>> seen;
  for (int round = 0; round < 50'000; ++round) {
    std::string bytes = random_bytes(random, 3);
    if (round % 2 == 0) bytes += "\\\nx80"[random() % 5];
    const std::string text = escaped(bytes);
    ASSERT_TRUE(is_utf8(text));
    ASSERT_EQ(text.find_first_of("\n\x7F"), std::string::npos);
    seen.emplace_back(text, bytes);
  }
  std::sort(seen.begin(), seen.end());
  for (std::size_t at = 1; at < seen.size(); ++at) {
    if (seen[at].first == seen[at - 1].first) {
      ASSERT_EQ(seen[at].second, seen[at - 1].second);
    }
  }
}

TEST(Base64, GivesTheTextsOfRfc4648) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xFF\xBF", "+/+/"},
      {"caf\xE9.txt", "Y2Fm6S50eHQ="},
  };
  for (const auto& [bytes, text] : table) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes) << text;
  }
}

TEST(Base64, WhatIsNeverPrintedIsNotRead) {
  for (const std::string& text :
       {"Z"s,    "Zg"s,   "Zg="s,  "Zg==="s,   "Zg==Zg=="s, "Zm8=Zm9v"s, "Zh=="s,
        "Zm9="s, "===="s, "Z==="s, "Z=g="s,    "Zg=v"s,     "=m9v"s,     "Zm9v\n"s,
        "Zm 9"s, "Zm9-"s, "Zm9_"s, "Zm9\xFF"s, "Zm9\0"s,    " Zg="s,     "Zm9v="s}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

TEST(Base64, PropertyAllBytesAreReadBackAndEveryTextHasOneSpelling) {
  constexpr std::string_view kBytes = "ABCDwxyz0189+/=- \n";
  std::mt19937 random(3);
  for (int round = 0; round < 50'000; ++round) {
    std::string bytes;
    for (std::size_t size = random() % 12; size > 0; --size) {
      bytes += static_cast<char>(random() % 256);
    }
    std::string text = to_base64(bytes);
    ASSERT_EQ(from_base64(text), bytes) << text;
    if (text.empty()) continue;
    text[random() % text.size()] = kBytes[random() % kBytes.size()];
    const auto other = from_base64(text);
    if (other) {
      ASSERT_EQ(to_base64(*other), text);
    }
  }
}

TEST(HumanBytes, HasOneDecimalAndBinaryUnits) {
  const std::uint64_t one = 1;
  const std::vector<std::pair<std::uint64_t, std::string>> table{
      {0, "0 B"},
      {9, "9 B"},
      {1'023, "1023 B"},
      {1'024, "1.0 KiB"},
      {1'075, "1.0 KiB"},
      {1'076, "1.1 KiB"},
      {1'536, "1.5 KiB"},
      {10'240, "10.0 KiB"},
      {one << 20U, "1.0 MiB"},
      {(one << 20U) - 1, "1.0 MiB"},
      {(one << 20U) - 52, "1023.9 KiB"},
      {(one << 20U) - 51, "1.0 MiB"},
      {(one << 30U) * 17 / 5, "3.4 GiB"},
      {(one << 40U) * 2, "2.0 TiB"},
      {(one << 50U) * 2, "2.0 PiB"},
      {(one << 60U) - 1, "1.0 EiB"},
      {(one << 60U) * 2, "2.0 EiB"},
      {std::numeric_limits<std::uint64_t>::max(), "16.0 EiB"},
  };
  for (const auto& [bytes, text] : table) EXPECT_EQ(human_bytes(bytes), text) << bytes;
}

TEST(HumanCount, HasACommaBeforeEveryThirdDigitFromTheEnd) {
  const std::vector<std::pair<std::uint64_t, std::string>> table{
      {0, "0"},
      {999, "999"},
      {1'000, "1,000"},
      {12'345, "12,345"},
      {123'456, "123,456"},
      {1'234'567, "1,234,567"},
      {std::numeric_limits<std::uint64_t>::max(), "18,446,744,073,709,551,615"},
  };
  for (const auto& [count, text] : table) EXPECT_EQ(human_count(count), text);
}

}  // namespace
}  // namespace foldersync
