// What read_plan() refuses of a document: its text, its header and its values, one row for each
// rule of docs/plan-format.md. The rules of actions are in action_rules_test.cpp.
#include "format/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <vector>

#include "support/sample_plan.h"

namespace foldersync {
namespace {

using test::action_of;
using test::directory_of;
using test::file_of;
using test::read_text;
using test::small_plan;
using test::written;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::TestWithParam;
using ::testing::ValuesIn;

// An edit of the small plan's text: the first `found` becomes `put`.
struct Edit {
  const char* what;
  std::string found;
  std::string put;
  friend void PrintTo(const Edit& edit, std::ostream* out) { *out << edit.what; }
};

// The whole path of a name, n bytes long.
std::string long_name(std::size_t size) { return "\"path\":\"" + std::string(size, 'n') + "\""; }

const std::vector<Edit> kEdits{
    {"another format", "sync.plan", "sync.plam"},
    {"a minor version with a zero before it", R"(_version":"1.0")", R"(_version":"1.00")"},
    {"a version without a minor", R"(_version":"1.0")", R"(_version":"1")"},
    {"a minor version that is no number", R"(_version":"1.0")", R"(_version":"1.x")"},
    {"a higher major version", R"(_version":"1.0")", R"(_version":"2.0")"},
    {"a version as a number", R"(_version":"1.0")", R"(_version":1.0)"},
    {"an unknown kind", "mirror", "snapshot"},
    {"another tool", R"("name":"sync")", R"("name":"rsync")"},
    {"a tool version that is not ASCII", "\"1.0.0\"", "\"1.0.\u00e9\""},
    {"a plan id that is no UUID", "019a0d3e-", "019a0d3e_"},
    {"a plan id of another version", "-7c3a-", "-4c3a-"},
    {"a plan id in capitals", "-7c3a-", "-7C3A-"},
    {"a plan id of another variant", "-9f21-", "-cf21-"},
    {"a day that does not exist", "2026-11-23T", "2026-02-30T"},
    {"a time in another zone", "00.000000000Z", "00.000000000+00:00"},
    {"a time with too few decimals", "00.000000000Z", "00.000Z"},
    {"a relative root", "/data/src", "data/src"},
    {"a root with a NUL", "/data/src", "/data\\u0000src"},
    {"an unknown key of the document", "\"kind\"", "\"Kind\""},
    {"an unknown key of an option", R"("pin":false)", R"("pin":false,"gpg":false)"},
    {"an unknown key of an action", R"("seq":1,)", R"("seq":1,"inode":7,)"},
    {"an unknown key of an entry", R"("size":124)", R"("size":124,"ctime":0)"},
    {"an unknown key with a deep value", R"("seq":1,)", R"("seq":1,"x":[[[[[[[[[[]]]]]]]]]],)"},
    {"a key of the document twice", "\"kind\":\"mirror\"",
     "\"kind\":\"mirror\",\"kind\":\"mirror\""},
    {"a key of an action twice", R"("seq":1,)", R"("seq":1,"seq":1,)"},
    {"a key twice, once as an escape", R"("seq":1,)", R"("seq":1,"\u0073eq":1,)"},
    {"a key of an entry twice", R"("size":124)", R"("size":124,"size":124)"},
    {"a missing key of the document", "\"complete\":false,\n", ""},
    {"a missing key of the options", R"("pin":false,)", ""},
    {"a missing key of the limits", R"("earliest":null,)", ""},
    {"a missing key of the summary", R"("replace":0,)", ""},
    {"a missing key of an action", R"("before":null,)", ""},
    {"a missing type", R"("type":"dir",)", ""},
    {"a missing side", R"("side":"source",)", ""},
    {"a missing digest value", R"("alg":"sha256",)", ""},
    {"a string in place of a switch", R"("pin":false)", R"("pin":"false")"},
    {"a number in place of a switch", R"("pin":false)", R"("pin":0)"},
    {"null in place of a switch", R"("pin":false)", R"("pin":null)"},
    {"an object in place of a list", R"("left_out":[])", R"("left_out":{})"},
    {"a list in place of an object", R"("value":{"count":1,"of":40215})", R"("value":[1,40215])"},
    {"a list in a list", R"("rules":["*.o")", R"("rules":[["*.o"])"},
    {"a number in place of a rule", R"("rules":["*.o")", R"("rules":[1)"},
    {"a rule of over 64 KiB", "*.o", std::string(65537, 'r')},
    {"a rule as an object although it is UTF-8", R"("rules":["*.o")",
     R"("rules":[{"rule":"*.o","rule_b64":"Ki5v"})"},
    {"a rule as an object without base64", R"("rules":["*.o")", R"("rules":[{"rule":"*.o"})"},
    {"an own file outside the source", R"("left_out":[])", R"("left_out":["../log.txt"])"},
    {"a limit above all", "\"max_delete\":\"50%\"", "\"max_delete\":\"101%\""},
    {"a limit as a number", "\"max_delete\":\"50%\"", "\"max_delete\":50"},
    {"a limit of updates above all", "\"max_update\":null", "\"max_update\":\"101%\""},
    {"no limit of updates", "\"max_update\":null,", ""},
    {"no list of what is required", ",\"require\":[]", ""},
    {"the root as required", "\"require\":[]", "\"require\":[\".\"]"},
    {"something required above the source", "\"require\":[]", "\"require\":[\"../a\"]"},
    {"something required that is no path", "\"require\":[]", "\"require\":[\"/a\"]"},
    {"something required that is no text", "\"require\":[]", "\"require\":[1]"},
    {"a granularity of nothing", R"("granularity":1)", R"("granularity":0)"},
    {"a granularity above a second", R"("granularity":1)", R"("granularity":1000000001)"},
    {"an unknown phase in the list", R"("phases":["clear")", R"("phases":["clean")"},
    {"a phase too few", R"(,"finish"],)", R"(],)"},
    {"a phase too many", R"(,"finish"],)", R"(,"finish","finish"],)"},
    {"phases in another order", R"("clear","mkdir")", R"("mkdir","clear")"},
    {"a count that is negative", R"("unchanged":40211)", R"("unchanged":-40211)"},
    {"a count that is minus zero", R"("replace":0)", R"("replace":-0)"},
    {"a count with decimals", R"("unchanged":40211)", R"("unchanged":40211.0)"},
    {"a count with an exponent", R"("unchanged":40211)", R"("unchanged":4e4)"},
    {"a count with a leading zero", R"("unchanged":40211)", R"("unchanged":040211)"},
    {"an integer above 2^53", R"("unchanged":40211)", R"("unchanged":9007199254740993)"},
    {"an integer above 2^64", R"("unchanged":40211)", R"("unchanged":18446744073709551617)"},
    {"a small count as a string", R"("unchanged":40211)", R"("unchanged":"40211")"},
    {"2^53 as a string", R"("unchanged":40211)", R"("unchanged":"9007199254740992")"},
    {"a large count with a leading zero", R"("unchanged":40211)",
     R"("unchanged":"09007199254740993")"},
    {"a large count above 2^64", R"("unchanged":40211)", R"("unchanged":"18446744073709551616")"},
    {"a summary with another count", R"("update":2)", R"("update":3)"},
    {"a summary with other problems", R"("problems":1})", R"("problems":0})"},
    {"an unknown verdict", R"("verdict":"ok")", R"("verdict":"fine")"},
    {"complete in spite of a problem", R"("complete":false)", R"("complete":true)"},
    {"an unknown side", R"("side":"source")", R"("side":"target")"},
    {"an unknown error name", "EACCES", "EACESS"},
    {"an error number that has a name", "EACCES", "E13"},
    {"an error number above all", "EACCES", "E99999999999"},
    {"a path with a slash at the end", "docs/new", "docs/new/"},
    {"a path with two slashes", "docs/new", "docs//new"},
    {"an absolute path", "docs/new", "/docs/new"},
    {"an empty path", "\"path\":\"docs/new\"", "\"path\":\"\""},
    {"a path upwards", "docs/new", "docs/../new"},
    {"a path with a dot", "docs/new", "./docs/new"},
    {"a path with a NUL", "docs/new", "docs\\u0000new"},
    {"a name of 256 bytes", R"("path":"docs/new")", long_name(256)},
    {"a path of over 1 MiB", R"("path":"docs/new")",
     "\"path\":\"" +
         [] {
           std::string path;
           while (path.size() <= kMaxPathBytes) path += "abcdefg/";
           return path + "x\"";
         }()},
    {"a path through the staging folder", "docs/new", "docs/.sync-txn/new"},
    {"the staging folder itself", "\"path\":\"docs/new\"", "\"path\":\".sync-txn\""},
    {"an origin below the staging folder", R"("from":"docs/c")", R"("from":".sync-txn/c")"},
    {"base64 beside a path that is UTF-8", R"("path":"docs/new")",
     R"("path":"docs/new","path_b64":"ZG9jcy9uZXc=")"},
    {"a path that is not the rendering", "caf\\ufffd.txt", "caf\\ufffd\\ufffd.txt"},
    {"base64 without padding", "Y2Fm6S50eHQ=", "Y2Fm6S50eHQ"},
    {"base64 with loose bits", "Y2Fm6S50eHQ=", "Y2Fm6S50eHR="},
    {"base64 with a blank", "Y2Fm6S50eHQ=", "Y2Fm6S50 eHQ="},
    {"base64 of an origin without it", R"("from":"docs/c")", R"("from_b64":"/w==")"},
    {"base64 of a target without it", R"("target":"docs/\ufffd",)", ""},
    {"a first seq of zero", R"("seq":1,)", R"("seq":0,)"},
    {"a seq left out", R"("seq":2,)", R"("seq":3,)"},
    {"a seq as a string", R"("seq":2,)", R"("seq":"2",)"},
    {"an unknown phase", R"("phase":"mkdir")", R"("phase":"mkdirs")"},
    {"an unknown op", R"("op":"create")", R"("op":"exec")"},
    {"an op in capitals", R"("op":"create")", R"("op":"Create")"},
    {"an unknown reason", R"(["missing"])", R"(["absent"])"},
    {"a reason twice", R"(["missing"])", R"(["missing","missing"])"},
    {"reasons in another order", R"(["size","mtime"])", R"(["mtime","size"])"},
    {"no reason", R"(["missing"])", "[]"},
    {"an unknown type", R"("type":"dir")", R"("type":"directory")"},
    {"a mode of three digits", R"("0755")", R"("755")"},
    {"a mode of five digits", R"("0755")", R"("00755")"},
    {"a mode that is not octal", R"("0755")", R"("0855")"},
    {"a mode with a sign", R"("0755")", R"("-755")"},
    {"a mode as a number", R"("0755")", R"(493)"},
    {"a user id above 2^32", R"("uid":1,)", R"("uid":4294967297,)"},
    {"a user id that means none", R"("uid":1,)", R"("uid":4294967295,)"},
    {"a user id without a group id", R"("uid":1,"gid":1,)", R"("uid":1,)"},
    {"null as a size", R"("size":124)", R"("size":null)"},
    {"a device with a leading zero", R"("1:3")", R"("01:3")"},
    {"a device without a minor number", R"("1:3")", R"("1:")"},
    {"a device of three numbers", R"("1:3")", R"("1:3:5")"},
    {"a device above 2^32", R"("1:3")", R"("4294967296:3")"},
    {"an md5 in capitals", "0102030000", "010203000A"},
    {"an md5 of 31 digits", "0102030000", "010203000"},
    {"a target with a NUL", R"("docs/new"}})", R"("docs\u0000new"}})"},
    {"an empty target", R"("target":"docs/new")", R"("target":"")"},
    {"another digest algorithm", R"("alg":"sha256")", R"("alg":"sha512")"},
    {"a digest in capitals", R"("value":"1e)", R"("value":"1E)"},
    {"a digest of 63 digits", R"("value":"1)", R"("value":")"},
    {"a byte-order mark", R"({"format")", "\xEF\xBB\xBF{\"format\""},
    {"a comment", "\"kind\"", "/* what */\"kind\""},
    {"a comma too many", "}\n],", "},\n],"},
    {"single quotes", "\"mirror\"", "'mirror'"},
    {"a byte that is not UTF-8", "*.o", "*.\xff"},
    {"half a surrogate pair", "*.o", "*.\\ud800"},
    {"a raw control character", "*.o", "*.\x01"},
    {"a NUL between two keys", "\"kind\"", std::string("\0\"kind\"", 7)},
    {"an object after the end", "\"}}\n", "\"}}\n{}"},
    {"a bracket after the end", "\"}}\n", "\"}}}\n"},
    {"a NUL after the end", "\"}}\n", std::string("\"}}\0garbage", 11)},
};

class RefusedEdit : public TestWithParam<Edit> {};

TEST_P(RefusedEdit, IsRefusedForItselfAndNotForTheDigest) {
  std::string text = written(small_plan());
  const std::size_t at = text.find(GetParam().found);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, GetParam().found.size(), GetParam().put);
  const auto read = read_text(text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidDocument);
  EXPECT_THAT(read.error().detail, Not(HasSubstr("digest doesn't agree")));
}

INSTANTIATE_TEST_SUITE_P(Table, RefusedEdit, ValuesIn(kEdits));

TEST(RefusedText, IsWhateverIsNoObject) {
  for (const char* text : {"", " ", "null", "true", "1", "\"a\"", "[]", "{}", "{", "[{}]", "nul"}) {
    const auto read = read_text(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidDocument) << text;
  }
}

TEST(RefusedText, HasRulesOfMoreMemoryThanTheyMayTake) {
  const std::string text = written(small_plan());
  const std::string list = R"("rules":[)";
  const std::size_t at = text.find(list) + list.size();
  ASSERT_LT(at, text.size());
  std::string rules;
  for (int i = 0; i < 1100; ++i) rules += '"' + std::string(65'000, 'a') + "\",";
  const auto plan = read_text(text.substr(0, at) + rules);
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.error().detail, HasSubstr("hold more than 64 MiB"));
}

TEST(RefusedText, HasADigestOfSomethingElse) {
  std::string text = written(small_plan());
  const std::size_t at = text.find("docs/a.txt");
  text.replace(at, 10, "docs/a.txu");
  const auto read = read_text(text);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail, HasSubstr("digest doesn't agree"));
}

}  // namespace
}  // namespace foldersync
