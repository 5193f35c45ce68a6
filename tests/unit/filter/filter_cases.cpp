#include "unit/filter/filter_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace foldersync::test {

Lines texts_of(const std::vector<RuleLine>& lines) {
  Lines rules;
  for (const RuleLine& line : lines) rules.push_back(line.rule);
  return rules;
}

Filter filter_of(const Lines& rules) {
  auto filter = Filter::compile(rules);
  EXPECT_TRUE(filter.ok()) << testing::PrintToString(rules);
  return filter ? std::move(*filter) : Filter();
}

bool leaves_out(const Filter& filter, std::string_view path, bool is_directory) {
  for (std::size_t start = 0;;) {
    const std::size_t end = path.find('/', start);
    const bool last = end == std::string_view::npos;
    const std::string_view directory = path.substr(0, start == 0 ? 0 : start - 1);
    const std::string_view name = path.substr(start, end - start);
    if (filter.excludes(directory, name, !last || is_directory)) return true;
    if (last) return false;
    start = end + 1;
  }
}

bool leaves_out(const Filter& filter, std::string_view path) {
  const bool is_directory = path.ends_with('/');
  if (is_directory) path.remove_suffix(1);
  return leaves_out(filter, path, is_directory);
}

const std::vector<FilterCase>& filter_cases() {
  static const std::vector<FilterCase> rows = {
      {{"a.o"}, {"a.o", "d/a.o", "d/e/a.o/"}, {"a.oo", "xa.o", "d/a"}},
      {{"*.o"}, {"a.o", "d/b.o", ".o"}, {"a.c", "o", "a.o~"}},
      {{"*.a.o"}, {"x.a.o", ".a.o"}, {"x.o", "a.o"}},
      {{"*.o", "!a.o", "*.o/", "!d.o/"}, {"b.o", "e/x.o/"}, {"a.o", "d.o/"}},
      {{"!*.o", "a.o", "*.c", "!?.c"}, {"a.o", "aa.c"}, {"b.o", "a.c"}},
      {{"*."}, {"a.", "..."}, {"a.o"}},
      {{"tmp*"}, {"tmp", "tmp1", "d/tmp.x"}, {"xtmp", "tm"}},
      {{"*"}, {"a", "d/a"}, {}},
      {{"**"}, {"a", "d/a"}, {}},
      {{"a?c"},
       {"abc",
        "a\xff"
        "c",
        "a\nc"},
       {"ac", "abbc", "a/c"}},
      {{"a*c"}, {"ac", "abbc", "a\nc", "d/a c"}, {"a/c", "acx"}},
      {{"node_modules/"},
       {"node_modules/", "d/node_modules/", "node_modules/a"},
       {"e/node_modules"}},
      {{"/a"}, {"a"}, {"d/a", "b"}},
      {{"/d/a"}, {"d/a"}, {"a", "e/d/a", "d/b"}},
      {{"d/a"}, {"d/a"}, {"a", "e/d/a"}},
      {{"d/*"}, {"d/a", "d/e/"}, {"a", "e/d/a", "d/"}},
      {{"d/*/a"}, {"d/e/a"}, {"d/a", "d/e/f/a"}},
      {{"d/?"}, {"d/a"}, {"d/ab"}},
      {{"/*.c"}, {"a.c"}, {"d/a.c"}},
      {{"**/a"}, {"a", "d/a", "d/e/a"}, {"d/ba"}},
      {{"**/a*"}, {"a", "d/ab"}, {"d/ba"}},
      {{"**/**/a?"}, {"ab", "d/ab", "d/e/ab"}, {"a"}},
      {{"**/d/a"}, {"d/a", "e/d/a"}, {"a", "e/a"}},
      {{"d/**"}, {"d/a", "d/e/f"}, {"d/", "e/d/a", "dx"}},
      {{"d/**/a"}, {"d/a", "d/e/a", "d/e/f/a", "d/e\nf/a"}, {"a", "e/d/a", "d/ba"}},
      {{"d/**\\/a"}, {"d/e/a", "d/e/f/a"}, {"d/a", "a"}},
      {{"d/***/a"}, {"d/a", "d/e/f/a"}, {"a"}},
      {{"d/**/"}, {"d/e/"}, {"d/", "d/f"}},
      {{"a**/b"}, {"ab", "a/b", "ax/b", "ax/y/b"}, {"xab", "ay/z/c"}},
      {{"?a**/b"}, {"xa/b", "xaz/b"}, {"xab", "xa/y/b"}},
      {{"d/a**"}, {"d/a", "d/ab/"}, {"d/b", "a"}},
      {{"/"}, {}, {"a", "d/"}},
      {{"//"}, {}, {"a", "d/"}},
      {{"///", "//a", "a//", "d//a"}, {}, {"a/", "d/a"}},
      {{""}, {}, {"a"}},
      {{"!"}, {}, {"a", "!"}},
      {{"   "}, {}, {"a", "   "}},
      {{"#a", "\\#b"}, {"#b"}, {"#a", "a", "b", "\\#b"}},
      {{"\\!a"}, {"!a"}, {"a"}},
      {{"*", "!!a"}, {"a", "b"}, {"!a"}},
      {{"*", "!#a"}, {"a"}, {"#a"}},
      {{"a  "}, {"a"}, {"a ", "a  "}},
      {{"a\\ "}, {"a "}, {"a", "a\\"}},
      {{"a\\  "}, {"a "}, {"a", "a  "}},
      {{"a\\\\ "}, {"a\\"}, {"a", "a\\ "}},
      {{"a b"}, {"a b"}, {"a"}},
      {{"a\t"}, {"a\t"}, {"a"}},
      {{" a"}, {" a"}, {"a"}},
      {{"a\\"}, {}, {"a", "a\\"}},
      {{"a\\/"}, {}, {"a/", "a\\/"}},
      {{"d\\/a"}, {"d/a"}, {"e/d/a"}},
      {{"\\/a"}, {}, {"a"}},
      {{"\\a\\*"}, {"a*"}, {"ab", "\\a*"}},
      {{"a["}, {}, {"a[", "a"}},
      {{"[ab"}, {}, {"a", "[ab"}},
      {{"[]-]x"}, {"]x", "-x"}, {"ax", "x"}},
      {{"[!]a]x"}, {"bx"}, {"]x", "ax"}},
      {{"[^a]x"}, {"bx", "^x"}, {"ax"}},
      {{"[a^]x"}, {"ax", "^x"}, {"bx"}},
      {{"[c-a]x"}, {"cx"}, {"ax", "bx", "-x"}},
      {{"[!c-a]x"}, {"ax", "bx"}, {"cx"}},
      {{"[a/]x"}, {"ax"}, {"e/x", "d/ax"}},
      {{"/[a/]x"}, {"ax"}, {"e/x", "bx"}},
      {{"[\\]]x"}, {"]x"}, {"\\x"}},
      {{"[[:digit:]]x"}, {"0x"}, {"ax", ":x"}},
      {{"[[:digit:][:upper:]_]x"}, {"0x", "Zx", "_x"}, {"ax"}},
      {{"[[:digits:]]x"}, {}, {"0x", ":]x"}},
      {{"[[:a]x"}, {"[x", ":x", "ax"}, {"bx"}},
      {{"[\x80-\xff]"}, {"\x80", "\xe9"}, {"\x7f", "\xe9\xe9"}},
      {{"caf\xe9"}, {"caf\xe9", "d/caf\xe9"}, {"caf\xc3\xa9"}},
      {{"caf?"}, {"caf\xe9"}, {"caf\xc3\xa9"}},
      {{"*.o", "!a.o"}, {"b.o"}, {"a.o", "d/a.o"}},
      {{"!a.o", "*.o"}, {"a.o"}, {}},
      {{"a", "!a/"}, {"a"}, {"d/a/"}},
      {{"a/", "!a", "a/"}, {"a/"}, {"d/a"}},
      {{"*", "!*/", "!*.txt"}, {"d/a.c"}, {"d/a.txt", "d/e/"}},
      {{"/*", "!/d/"}, {"a", "e/d/a"}, {"d/", "d/a"}},
      {{"d/", "!d/a"}, {"d/a", "d/"}, {"a"}},
      {{"d/*", "!d/a"}, {"d/b"}, {"d/a", "d/"}},
      {{"a[bc]", "x[yz]", "!x[y]"}, {"ab", "xz"}, {"xy", "ad"}},
  };
  return rows;
}

}  // namespace foldersync::test
