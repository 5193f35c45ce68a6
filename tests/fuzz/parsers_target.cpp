// The parsers of single values: whatever one accepts, it prints again the same way.
#include <array>

#include "core/file_time.h"
#include "core/path.h"
#include "core/text.h"
#include "filter/filter.h"
#include "filter/rule_text.h"
#include "format/errno_name.h"
#include "format/json.h"
#include "fuzz/fuzz_bytes.h"
#include "fuzz/target.h"
#include "plan/plan.h"

namespace foldersync {
namespace {

void parse_time(FuzzBytes& bytes) {
  const std::string text = bytes.rest();
  const auto time = parse_file_time(text);
  require(!time || to_string(*time) == text, "a time has one spelling");
}

void print_time(FuzzBytes& bytes) {
  const FileTime time{static_cast<std::int64_t>(bytes.number()),
                      static_cast<std::uint32_t>(bytes.number() % 1'000'000'000)};
  require(parse_file_time(to_string(time)) == time, "each time can be read back");
}

void base64(FuzzBytes& bytes) {
  const std::string text = bytes.rest();
  const auto decoded = from_base64(text);
  require(!decoded || to_base64(*decoded) == text, "base64 has one spelling");
  require(from_base64(to_base64(text)) == text, "base64 can be read back");
}

void limit(FuzzBytes& bytes) {
  const std::string text = bytes.rest();
  const auto limit = parse_limit(text);
  require(!limit || to_string(*limit) == text, "a limit has one spelling");
}

void error_name(FuzzBytes& bytes) {
  const std::string text = bytes.rest();
  const auto number = errno_number(text);
  require(!number || errno_name(*number) == text, "an error has one name");
}

void text_for_people(FuzzBytes& bytes) {
  const std::string any = bytes.rest();
  const std::string rendering = utf8_rendering(any);
  require(is_utf8(rendering), "a rendering is UTF-8");
  require(is_utf8(any) == (rendering == any), "UTF-8 is its own rendering");
  const std::string shown = escaped(any);
  require(is_utf8(shown) && shown.find_first_of(std::string("\n\r\x1b\0", 4)) == shown.npos,
          "what is shown is text on one line");
  require(is_utf8(json_string(any)), "JSON is UTF-8");
}

void path(FuzzBytes& bytes) {
  const std::string first = bytes.text(64);
  const std::string second = bytes.rest();
  if (!RelPath::is_path(first) || !RelPath::is_path(second)) return;
  const auto path_of = [](const std::string& text) {
    return text == "." ? RelPath() : RelPath(text);
  };
  const RelPath a = path_of(first);
  const RelPath b = path_of(second);
  require(a.shown() == first, "a path has one spelling");
  require((a < b) == (b > a) && (a == b) == (first == second), "paths have an order");
  require(!b.is_within(a) || a <= b, "a directory comes before its contents");
}

void filter(FuzzBytes& bytes) {
  const bool is_directory = bytes.coin();
  const std::string name = bytes.text(32);
  const std::string directory = bytes.text(32);
  std::vector<std::string> rules;
  for (RuleLine& line : rules_in(bytes.rest())) rules.push_back(std::move(line.rule));
  const auto compiled = Filter::compile(rules);
  if (compiled && is_name(name) && (directory.empty() || RelPath::is_path(directory))) {
    static_cast<void>(compiled->excludes(directory, name, is_directory));
  }
  const auto exact = Filter::compile({exclude_rule(name)});
  require(exact || name.find('\0') != name.npos, "any name can be excluded");
}

}  // namespace
}  // namespace foldersync

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foldersync;
  constexpr std::array kParsers{parse_time, print_time,      base64, limit,
                                error_name, text_for_people, path,   filter};
  FuzzBytes bytes(data, size);
  bytes.one_of(kParsers)(bytes);
  return 0;
}
