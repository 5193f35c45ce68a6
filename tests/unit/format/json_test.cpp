#include "format/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "core/text.h"
#include "format/errno_name.h"
#include "support/memory_spool.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using test::PlanMaker;
using test::read_text;
using test::small_plan;
using test::source_of;
using test::written;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// `json` with the keys of every object in reverse order, blanks around everything, and every ASCII
// letter of a string as an escape. Requires: valid JSON without blanks outside of strings and
// lines.
class Reformatter {
 public:
  explicit Reformatter(std::string_view json) : rest_(json) {}

  std::string value() {
    skip_lines();
    if (rest_.front() == '{') return container('{', '}', true);
    if (rest_.front() == '[') return container('[', ']', false);
    if (rest_.front() == '"') return string();
    const std::size_t end = rest_.find_first_of(",]}\n");
    return take(end);
  }

 private:
  std::string take(std::size_t size) {
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }

  void skip_lines() {
    while (!rest_.empty() && rest_.front() == '\n') rest_.remove_prefix(1);
  }

  std::string string() {
    std::string text = take(1);
    while (rest_.front() != '"') {
      if (rest_.front() == '\\') {
        text += take(rest_[1] == 'u' ? 6 : 2);
      } else if (std::isalpha(static_cast<unsigned char>(rest_.front())) != 0) {
        std::array<char, 8> escape{};
        std::snprintf(escape.data(), escape.size(), "\\u%04X", take(1).front());
        text += escape.data();
      } else {
        text += take(1);
      }
    }
    return text + take(1);
  }

  std::string container(char open, char close, bool is_object) {
    rest_.remove_prefix(1);
    std::vector<std::string> members;
    for (skip_lines(); rest_.front() != close; skip_lines()) {
      if (rest_.front() == ',') rest_.remove_prefix(1);
      skip_lines();
      std::string member;
      if (is_object) {
        member = string() + "\t: ";
        rest_.remove_prefix(1);
      }
      members.push_back(member + value());
    }
    rest_.remove_prefix(1);
    if (is_object) std::reverse(members.begin(), members.end());
    std::string text(1, open);
    for (const std::string& member : members) {
      text += (&member == &members.front() ? "\r\n    " : " ,\r\n    ") + member;
    }
    return text + " " + close;
  }

  std::string_view rest_;
};

TEST(WritePlan, WritesTheExampleOfTheFormatsDescriptionByteForByte) {
  EXPECT_EQ(written(small_plan()),
            R"({"format":"sync.plan",
"format_version":"1.0",
"kind":"mirror",
"tool":{"name":"sync","version":"1.0.0"},
"plan_id":"019a0d3e-5b80-7c3a-9f21-0123456789ab",
"created":"2026-11-23T18:40:00.000000000Z",
"source":{"path":"/data/src","identity":"uuid:6f0e:2"},
"replica":{"path":"/mnt/replica","identity":""},
"options":{"checksum":false,"pin":false,"xattrs":false,"delete":true,"delete_excluded":false,"one_file_system":false,"cross_mounts":false,"owners":false,"rules":["*.o",{"rule":"caf\ufffd/","rule_b64":"Y2Fm6S8="}],"left_out":[],"max_delete":"50%","max_update":null,"require":[],"replica_limits":{"granularity":1,"two_seconds":false,"earliest":null,"latest":null,"owners":true,"modes":true,"xattrs":true}},
"phases":["clear","mkdir","write","delete","rmdir","finish"],
"summary":{"create":2,"update":2,"replace":0,"move":1,"link":1,"delete":1,"metadata":1,"finish":1,"bytes_to_write":1148,"bytes_to_delete":9,"unchanged":40211,"problems":1},
"guards":[{"rule":"max-delete","limit":"50%","value":{"count":1,"of":40215},"verdict":"ok"}],
"complete":false,
"problems":[{"path":"private/key","side":"source","errno":"EACCES","doing":"open"}],
"skipped":[{"path":"lost+found","reason":"file-system-own"}],
"actions":[
{"seq":1,"phase":"mkdir","op":"create","path":"docs/new","reason":["missing"],"before":null,"after":{"type":"dir","mode":"0755"}},
{"seq":2,"phase":"write","op":"create","path":"caf\ufffd.txt","path_b64":"Y2Fm6S50eHQ=","reason":["missing"],"before":null,"after":{"type":"file","size":124,"mtime":"2024-10-27T03:33:20.123456789Z","mode":"0644"}},
{"seq":3,"phase":"write","op":"update","path":"docs/a.txt","reason":["size","mtime"],"before":{"type":"file","size":1000,"mtime":"2020-09-13T12:26:40.123456789Z","mode":"0644"},"after":{"type":"file","size":1024,"mtime":"2024-10-27T03:33:20.123456789Z","mode":"0644"}},
{"seq":4,"phase":"write","op":"link","path":"docs/b.txt","to":"docs/a.txt","reason":["missing","link"],"before":null,"after":{"type":"file","size":1024,"mtime":"2024-10-27T03:33:20.123456789Z","mode":"0644","links":2}},
{"seq":5,"phase":"write","op":"move","path":"docs/new/c","from":"docs/c","reason":["missing"],"before":{"type":"file","size":5,"mtime":"2017-07-14T02:40:00.123456789Z","mode":"0644","md5":"01020300000000000000000000000000"},"after":{"type":"file","size":5,"mtime":"2017-07-14T02:40:00.123456789Z","mode":"0644","md5":"01020300000000000000000000000000"}},
{"seq":6,"phase":"write","op":"update","path":"latest","reason":["target"],"before":{"type":"symlink","target":"docs/\ufffd","target_b64":"ZG9jcy//"},"after":{"type":"symlink","target":"docs/new"}},
{"seq":7,"phase":"write","op":"metadata","path":"null","reason":["owner"],"before":{"type":"char","uid":1,"gid":1,"device":"1:3"},"after":{"type":"char","uid":0,"gid":0,"device":"1:3"}},
{"seq":8,"phase":"delete","op":"delete","path":"old\u202e.txt","reason":["extra"],"before":{"type":"file","size":9,"mtime":"2014-05-13T16:53:20.123456789Z","mode":"0644"},"after":null},
{"seq":9,"phase":"finish","op":"metadata","path":".","reason":["mtime","children"],"before":{"type":"dir","mode":"0755"},"after":{"type":"dir","mtime":"2024-10-27T03:33:20.000000000Z","mode":"0755"}}
],
"digest":{"alg":"sha256","value":"1e2f96ed623d9db8e1f19b5b3ffd58e223eb21efd95a9aa4649082f7a23ccd13"}})"
            "\n");
}

TEST(WritePlan, WritesAPlanWithoutActionsThatReadsBack) {
  const Plan plan = test::empty_plan();
  const auto read = read_text(written(plan));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, plan);
}

TEST(WritePlan, HandsTheSinkPiecesOfAboutSixtyFourKibibytes) {
  std::vector<std::size_t> sizes;
  const auto sink = [&sizes](std::string_view piece) {
    sizes.push_back(piece.size());
    return success();
  };
  ASSERT_TRUE(write_plan(PlanMaker(1).make(2000), sink));
  ASSERT_GT(sizes.size(), 3U);
  EXPECT_LT(*std::max_element(sizes.begin(), sizes.end()), 80U << 10U);
  EXPECT_GE(*std::min_element(sizes.begin(), sizes.end() - 1), 64U << 10U);
}

TEST(WritePlan, EndsWithTheErrorOfTheSinkWhicheverCallFails) {
  const Plan plan = PlanMaker(2).make(2000);
  std::size_t calls = 0;
  for (std::size_t failing = 1; failing == 1 || failing <= calls; ++failing) {
    calls = 0;
    const Status status = write_plan(plan, [&](std::string_view) {
      return ++calls == failing ? Status(system_error("write", ENOSPC)) : success();
    });
    if (failing > calls) break;
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().error_number, ENOSPC);
    EXPECT_EQ(calls, failing);
    ++calls;
  }
}

TEST(WritePlan, WritesNoIntegerThatJavaScriptWouldCorrupt) {
  Plan plan = test::empty_plan();
  plan.summary.unchanged = (std::uint64_t{1} << 53U) + 1;
  plan.summary.bytes_to_write = std::uint64_t{1} << 53U;
  EXPECT_THAT(written(plan), HasSubstr(R"("bytes_to_write":9007199254740992,"bytes_to_delete":0,)"
                                       R"("unchanged":"9007199254740993")"));
}

TEST(WritePlan, SaysThatOnlyWhoKnowsOfWhatIsExcludedMayApplyIt) {
  Plan plan = small_plan();
  for (Action& action : plan.actions) {
    if (action.op == Op::kDelete) action.reasons = {Reason::kExcluded};
  }
  const std::string text = written(plan);
  EXPECT_THAT(text, HasSubstr(R"("needs":["actions.reason=excluded"])"));
  const auto read = read_text(text);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, plan);
  for (Action& action : plan.actions) {
    if (action.op == Op::kDelete) action.reasons.add(Reason::kExtra);
  }
  EXPECT_FALSE(read_text(written(plan)));
}

TEST(WritePlan, SaysThatOnlyWhoKnowsOfDecayMayApplyIt) {
  Plan plan = small_plan();
  plan.actions[2].reasons = {Reason::kContent, Reason::kDecay};
  const std::string text = written(plan);
  EXPECT_THAT(text, HasSubstr(R"("needs":["actions.reason=decay"])"));
  const auto read = read_text(text);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, plan);
  plan.actions[2].reasons = {Reason::kSize, Reason::kDecay};
  EXPECT_FALSE(read_text(written(plan)));
}

TEST(ReadPlan, GivesBackWhatWasWrittenForAnyPlan) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    const Plan plan = PlanMaker(seed).make(100);
    const auto read = read_text(written(plan));
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().detail;
    EXPECT_EQ(*read, plan) << "seed " << seed;
  }
}

TEST(ReadPlan, DoesNotMindHowTheSourceCutsTheDocumentUp) {
  const Plan plan = PlanMaker(3).make(100);
  const std::string text = written(plan);
  for (const std::size_t piece : {1U, 2U, 7U, 4096U, 65535U, 65537U}) {
    const auto read = read_small_plan(source_of(text, piece));
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, plan);
  }
}

TEST(ReadPlan, DoesNotMindBlanksOrderOfKeysAndEscapes) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const Plan plan = seed == 0 ? small_plan() : PlanMaker(seed).make(30);
    const std::string text = Reformatter(written(plan)).value();
    ASSERT_THAT(text, StartsWith("{\r\n    \"\\u0064"));
    const auto read = read_text(" \n" + text + "\n\n");
    ASSERT_TRUE(read) << read.error().detail << "\n" << text;
    EXPECT_EQ(*read, plan);
  }
}

TEST(ReadRoots, KnowsWhoseADocumentIsHoweverItIsWritten) {
  const Plan plan = small_plan();
  const std::string text = written(plan);
  const std::string other = Reformatter(text).value();
  for (const std::string& whole : {text, other}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, whole.size()}) {
      const auto roots = read_roots(source_of(whole, piece));
      ASSERT_TRUE(roots.ok()) << roots.error().detail;
      EXPECT_EQ(roots->replica, plan.replica);
      // Where it stands before that.
      EXPECT_TRUE(whole != text || roots->source == plan.source);
    }
  }
}

TEST(ReadRoots, ReadsNoMoreThanItNeedsAndTakesNothingElseForADocument) {
  const std::string text = written(small_plan());
  const std::size_t after = text.find("\"options\"");
  for (std::size_t size = 0; size <= after; ++size) {
    const auto roots = read_roots(source_of(text.substr(0, size), 1));
    EXPECT_TRUE(!roots.ok() || roots->replica == small_plan().replica) << size;
  }
  EXPECT_TRUE(read_roots(source_of(text.substr(0, after + 10), 1)).ok());
  for (const char* none :
       {"", "{}", "[]", "x", "{\"replica\":{}}", "{\"replica\":{\"path\":\"/r\"}}"}) {
    EXPECT_FALSE(read_roots(source_of(none, 1)).ok()) << none;
  }
}

TEST(ReadPlan, RefusesADocumentCutAnywhere) {
  const std::string text = written(small_plan());
  ASSERT_THAT(text, EndsWith("}}\n"));
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    const auto read = read_text(text.substr(0, size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidDocument);
  }
}

TEST(ReadPlan, RefusesOrIsUnmovedByAChangeOfAnyByte) {
  const Plan plan = small_plan();
  const std::string text = written(plan);
  std::string changed = text;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string others(" \n\",]}\\0-.u\x80\xef");
    others += '\0';
    for (unsigned bit = 1; bit < 256; bit <<= 1U)
      others += static_cast<char>(static_cast<unsigned char>(text[at]) ^ bit);
    for (const char other : others) {
      changed[at] = other;
      const auto read = read_text(changed);
      ASSERT_TRUE(!read || *read == plan) << "byte " << at << " became " << escaped({&other, 1});
    }
    changed[at] = text[at];
  }
}

TEST(ReadPlan, RefusesOrIsUnmovedByAByteLeftOutOrDoubled) {
  const Plan plan = small_plan();
  const std::string text = written(plan);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const std::size_t copies : {0U, 2U}) {
      std::string changed = text;
      changed.replace(at, 1, copies, text[at]);
      const auto read = read_text(changed);
      ASSERT_TRUE(!read || *read == plan) << "byte " << at << ", " << copies << " copies";
    }
  }
}

TEST(ReadPlan, HandsOnTheErrorOfTheSpoolAndTakesItForNoFaultOfTheDocument) {
  const std::string text = written(PlanMaker(2).make(2000));
  test::Spools spools;
  const auto whole = read_plan(source_of(text), spools.spooling());
  ASSERT_TRUE(whole) << whole.error().detail;
  EXPECT_EQ(*in_memory(*whole), PlanMaker(2).make(2000));
  ASSERT_GT(spools.bytes, 1U);
  spools.room = 2 * spools.bytes - 1;
  const auto full = read_plan(source_of(text), spools.spooling());
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kSystem);
  EXPECT_EQ(full.error().error_number, ENOSPC);
  spools.room = SIZE_MAX;
  spools.can_be_read = false;  // which only the rules between phases need
  const auto unread = read_plan(source_of(text), spools.spooling());
  ASSERT_FALSE(unread);
  EXPECT_EQ(unread.error().error_number, EIO);
}

TEST(WritePlan, WritesTheSameOfAStore) {
  const Plan plan = PlanMaker(2).make(2000);
  std::string text;
  ASSERT_TRUE(write_plan(*stored(plan), [&](std::string_view piece) {
    text += piece;
    return success();
  }));
  EXPECT_EQ(text, written(plan));
}

TEST(ReadPlan, HandsOnTheErrorOfTheSource) {
  const std::string text = written(small_plan());
  for (const int good_calls : {0, 1, 3, 100}) {
    int calls = 0;
    auto whole = source_of(text, 500);
    const auto read = read_small_plan([&](std::span<char> buffer) -> Result<std::size_t> {
      if (calls++ == good_calls) return system_error("read", EIO);
      const auto size = whole(buffer);
      if (*size == 0) return system_error("read", EIO);
      return size;
    });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kSystem);
    EXPECT_EQ(read.error().error_number, EIO);
  }
}

TEST(ReadPlan, SaysInWhichLineAndAtWhichByteTheDocumentIsWrong) {
  std::string text = written(small_plan());
  const std::size_t at = text.find("40211");
  text.replace(at, 5, "true");
  const auto read = read_text(text);
  ASSERT_FALSE(read);
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const std::string& detail = read.error().detail;
  const std::string begin = "line " + std::to_string(line) + ", byte ";
  ASSERT_THAT(detail, StartsWith(begin));
  const std::size_t byte = std::stoul(detail.substr(begin.size()));
  EXPECT_GE(byte, at);
  EXPECT_LE(byte, at + 4) << "just before or after what is wrong";
}

TEST(ReadPlan, ShowsNoControlCharactersOfADocumentInItsError) {
  std::string text = written(small_plan());
  text.replace(text.find("\"kind\""), 6, R"("\u001b[31m\u202e\n")");
  const auto read = read_text(text);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail, Not(HasSubstr("\u202e")));
  EXPECT_THAT(read.error().detail, Not(HasSubstr("\x1b")));
  EXPECT_THAT(read.error().detail, Not(HasSubstr("\n")));
}

TEST(ReadPlan, StopsReadingAStringThatNeverEnds) {
  std::size_t handed_out = 0;
  const auto read = read_small_plan([&](std::span<char> buffer) -> Result<std::size_t> {
    std::fill(buffer.begin(), buffer.end(), 'a');
    const std::string_view start = R"({"format":")";
    if (handed_out == 0) std::copy(start.begin(), start.end(), buffer.begin());
    handed_out += buffer.size();
    return buffer.size();
  });
  ASSERT_FALSE(read);
  EXPECT_LT(handed_out, std::size_t{10} << 20U);
}

TEST(ReadPlan, StopsReadingBracketsThatNeverEnd) {
  std::size_t handed_out = 0;
  const auto read = read_small_plan([&](std::span<char> buffer) -> Result<std::size_t> {
    std::fill(buffer.begin(), buffer.end(), '[');
    handed_out += buffer.size();
    return buffer.size();
  });
  ASSERT_FALSE(read);
  EXPECT_LE(handed_out, std::size_t{64} << 10U);
}

TEST(ActionJson, IsTheLineOfTheDocument) {
  const Plan plan = small_plan();
  EXPECT_THAT(written(plan), HasSubstr("\n" + action_json(plan.actions[2], 3) + ",\n"));
}

TEST(JsonString, EscapesWhatCanNotBeSeenAndKeepsTheRest) {
  EXPECT_EQ(json_string("plain ~"), R"("plain ~")");
  EXPECT_EQ(json_string("q\"b\\n\nt\t\x01\x7f"), R"("q\"b\\n\nt\t\u0001\u007f")");
  EXPECT_EQ(json_string(std::string(1, '\0')), R"("\u0000")");
  EXPECT_EQ(json_string("caf\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x98\x80"),
            "\"caf\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x98\x80\"");
  EXPECT_EQ(json_string("\xE2\x80\xAE\xE2\x81\xA6\xEF\xBB\xBF\xC2\x85"),
            R"("\u202e\u2066\ufeff\u0085")");
  EXPECT_EQ(json_string("\xF3\xA0\x81\x81"), R"("\udb40\udc41")");
}

TEST(JsonString, PutsOneReplacementForEachIllFormedPart) {
  EXPECT_EQ(json_string("a\xFF\xFE"
                        "b\xE2\x82"),
            R"("a\ufffd\ufffdb\ufffd")");
}

TEST(ErrnoName, IsTheNameWhereThereIsOne) {
  EXPECT_EQ(errno_name(EACCES), "EACCES");
  EXPECT_EQ(errno_name(ENOSPC), "ENOSPC");
  EXPECT_EQ(errno_name(0), "E0");
  EXPECT_EQ(errno_name(1234), "E1234");
}

}  // namespace
}  // namespace foldersync
