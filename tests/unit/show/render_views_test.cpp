#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/columns.h"
#include "core/text.h"
#include "plan/order.h"
#include "show/render_html.h"
#include "show/render_review.h"
#include "show/render_stat.h"
#include "show/render_tree.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr Screen kLarge{1000, kAnyWidth};

// What a view that writes piece by piece writes.
template <class Write>
std::string gathered(Write write) {
  std::string text;
  const ByteSink sink = [&text](std::string_view piece) {
    text += piece;
    return success();
  };
  Status written = write(sink);
  EXPECT_TRUE(written);
  return text;
}

std::string review(const Plan& plan, Screen screen = kLarge) {
  auto text = render_review(plan, source_of(plan.actions), screen, Colour::kOff, "look there");
  EXPECT_TRUE(text);
  return text ? *text : "";
}

std::string stat(const Plan& plan, std::size_t width = 80) {
  auto text = render_stat(plan, stream_of(plan.actions), width, Colour::kOff);
  EXPECT_TRUE(text);
  return text ? *text : "";
}

std::string tree(const Plan& plan, std::size_t width = kAnyWidth) {
  return gathered([&](const ByteSink& sink) {
    return render_tree(plan, source_of(plan.actions), width, Colour::kOff, sink);
  });
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Action creation(const std::string& path, std::uint64_t size) {
  Action action = test::action_of(Phase::kWrite, Op::kCreate, path, {Reason::kMissing});
  action.after = test::file_of(size, 1);
  return action;
}

Action deletion(const std::string& path, std::uint64_t size) {
  Action action = test::action_of(Phase::kDelete, Op::kDelete, path, {Reason::kExtra});
  action.before = test::file_of(size, 1);
  return action;
}

Plan plan_of(std::vector<Action> actions) {
  Plan plan = test::empty_plan();
  plan.actions = std::move(actions);
  put_in_order(plan.actions);
  test::settle_summary(plan);
  return plan;
}

TEST(Review, ShowsWhatMattersAndThenTheRest) {
  EXPECT_EQ(review(test::small_plan()),
            "plan 019a0d3e-5b80-7c3a-9f21-0123456789ab, 2026-11-23 18:40:00 UTC, sync 1.0.0\n"
            "source  /data/src\n"
            "replica /mnt/replica\n"
            "options --max-delete 50%, rule '*.o', rule 'caf\\xe9/'\n"
            "create 2, update 2, move 1, link 1, metadata 1, delete 1 (9 B), finish 1, "
            "write 1.1 KiB, unchanged 40,211, problems 1\n"
            "guard max-delete: 1 of 40,215, limit 50%: ok\n"
            "INCOMPLETE: not everything could be read; nothing there will be deleted\n"
            "problem in the source: private/key: open: EACCES\n"
            "skipped lost+found (file-system-own)\n"
            "\n"
            "Deletions (1, 9 B)\n"
            "  delete old\\u{202e}.txt 9 B\n"
            "\n"
            "Look twice (1): 1 to root\n"
            "  metadata null (owner); caution: owner 1 becomes root\n"
            "\n"
            "Largest writes (2, 1.1 KiB)\n"
            "  update docs/a.txt 1.0 KiB\n"
            "  create caf\\xe9.txt 124 B\n"
            "\n"
            "Other changes (5)\n"
            "  link docs/b.txt to docs/a.txt 1.0 KiB\n"
            "  move docs/new/c from docs/c 5 B\n"
            "  create docs/new/\n"
            "  update latest -> docs/new\n"
            "  metadata null (owner); caution: owner 1 becomes root\n");
}

TEST(Review, FillsTheScreenAndNoMore) {
  std::vector<Action> actions;
  for (unsigned i = 0; i < 100; ++i) {
    const std::string name = std::string(90, 'n') + std::to_string(i);
    actions.push_back(creation("c/" + name, i));
    actions.push_back(deletion("d/" + name, i));
  }
  const Plan plan = plan_of(std::move(actions));
  for (const Screen screen : {Screen{24, 80}, Screen{25, 40}, Screen{60, 200}}) {
    const auto lines = lines_of(review(plan, screen));
    EXPECT_EQ(lines.size() + 1, screen.rows);
    for (const std::string& line : lines) EXPECT_LE(columns_of(line), screen.columns) << line;
  }
}

TEST(Review, GivesEachPartThreeLinesOnAnyScreen) {
  std::vector<Action> actions;
  for (unsigned i = 0; i < 10; ++i) {
    actions.push_back(creation("c" + std::to_string(i), i));
    actions.push_back(deletion("d" + std::to_string(i), i));
  }
  const std::string text = review(plan_of(std::move(actions)), {1, 80});
  EXPECT_THAT(text, HasSubstr("Deletions (10, 45 B)\n  delete d0 0 B\n  delete d1 1 B\n"
                              "  delete d2 2 B\n  and 7 more: look there\n"));
  EXPECT_THAT(text, HasSubstr("Largest writes (10, 45 B)\n  create c9 9 B\n  create c8 8 B\n"
                              "  create c7 7 B\n  and 7 more: look there\n"));
}

TEST(Review, NeverSaysThatThereIsOneMore) {
  std::vector<Action> actions;
  for (unsigned i = 0; i < 4; ++i) actions.push_back(deletion("d" + std::to_string(i), i));
  EXPECT_THAT(review(plan_of(std::move(actions)), {1, 80}),
              HasSubstr("  delete d2 2 B\n  delete d3 3 B\n"));
}

TEST(Review, WritesOfOneSizeStandInTheOrderOfThePlan) {
  std::vector<Action> actions;
  for (unsigned i = 0; i < 9; ++i) actions.push_back(creation("c" + std::to_string(i), 5));
  EXPECT_THAT(review(plan_of(std::move(actions)), {1, 80}),
              HasSubstr("  create c0 5 B\n  create c1 5 B\n  create c2 5 B\n  and 6 more"));
}

TEST(Review, SaysLittleOfManyProblems) {
  Plan plan = test::empty_plan();
  for (unsigned i = 0; i < 100; ++i) {
    plan.problems.push_back({Side::kSource, RelPath("p" + std::to_string(100 + i)), 13, "open"});
    plan.skipped.push_back({RelPath("s" + std::to_string(100 + i)), "device"});
    plan.guards.push_back({"require", "n", i < 50 ? 1U : 0U, 1, i >= 50});
  }
  const auto lines = lines_of(review(plan));
  EXPECT_THAT(lines, SizeIs(4 + 8 + 1 + 1 + 4 + 4 + 1));
  EXPECT_THAT(review(plan), HasSubstr("  and 47 more of these\nguard require: 'n' is there: ok\n"));
  EXPECT_THAT(review(plan), HasSubstr("REFUSED"));
}

TEST(Review, SaysSoWhereThereIsNothingToDoOrAlmostNothing) {
  EXPECT_THAT(review(test::empty_plan()), HasSubstr("no entries\nNothing to do.\n"));
  Action finish = test::action_of(Phase::kFinish, Op::kMetadata, ".", {Reason::kMtime});
  finish.before = finish.after = test::directory_of(0755);
  EXPECT_THAT(review(plan_of({finish})), HasSubstr("Only times of directories change.\n"));
  finish.reasons.add(Reason::kMode);
  EXPECT_THAT(review(plan_of({finish})), HasSubstr("  finish . (mtime, mode)\n"));
}

TEST(Stat, CountsByOpAndByTopLevelDirectory) {
  EXPECT_EQ(stat(test::small_plan()),
            "op               changes       write      delete\n"
            "create                 2       124 B           -  ++\n"
            "update                 2     1.0 KiB           -  ~~\n"
            "move                   1           -           -  >\n"
            "link                   1           -           -  >\n"
            "metadata               1           -           -  ~\n"
            "delete                 1           -         9 B  -\n"
            "\n"
            "directory        changes       write      delete\n"
            ".                      4       124 B         9 B  +~~-\n"
            "docs/                  4     1.0 KiB           -  +~>>\n"
            "\n"
            "look twice: 1 to root\n"
            "create 2, update 2, move 1, link 1, metadata 1, delete 1 (9 B), finish 1, "
            "write 1.1 KiB, unchanged 40,211, problems 1\n");
}

TEST(Stat, BarsFitTheWidthAndShowWhateverThereIs) {
  std::vector<Action> actions;
  for (unsigned i = 0; i < 5000; ++i) {
    actions.push_back(creation("a long name of a directory/" + std::to_string(i), 1));
    if (i < 1200) actions.push_back(deletion("d/" + std::to_string(i), UINT64_MAX));
  }
  actions.push_back(deletion("a long name of a directory/x", 1));
  const Plan plan = plan_of(std::move(actions));
  for (const std::size_t width : {60U, 80U, 81U, 300U}) {
    const auto lines = lines_of(stat(plan, width));
    for (std::size_t at = 0; at + 1 < lines.size(); ++at) {
      EXPECT_LE(columns_of(lines[at]), width) << lines[at];
    }
    EXPECT_TRUE(lines[5].ends_with("+-")) << lines[5];
    EXPECT_GE(columns_of(lines[5]), width - 1) << lines[5];
  }
}

TEST(Tree, PutsThePathsOfAllPhasesInOneOrder) {
  const std::string all = tree(test::small_plan());
  EXPECT_EQ(all.substr(0, all.rfind("look twice: 1 to root\ncreate 2")),
            "+ caf\\xe9.txt 124 B\n"
            "  docs/\n"
            "~   a.txt 1.0 KiB (size, mtime)\n"
            ">   b.txt to docs/a.txt 1.0 KiB\n"
            "+   new/\n"
            ">     c from docs/c 5 B\n"
            "~ latest -> docs/new (target)\n"
            "~ null (owner); caution: owner 1 becomes root\n"
            "- old\\u{202e}.txt 9 B\n");
}

TEST(Tree, JoinsDirectoriesThatLeadToOneChangeOnly) {
  const Plan plan =
      plan_of({creation("a/b/c/d", 1), creation("a/b/e/f/g", 2), creation("a/b/e/f/h/i", 3),
               creation("a/j", 4), creation("a-b/c", 5), creation("k/l/m/n/o", 6)});
  const auto lines = lines_of(tree(plan));
  EXPECT_THAT(lines, ElementsAre("  a/", "    b/", "+     c/d 1 B", "      e/f/", "+       g 2 B",
                                 "+       h/i 3 B", "+   j 4 B", "+ a-b/c 5 B", "+ k/l/m/n/o 6 B",
                                 "create 6, write 21 B"));
}

TEST(Tree, ShowsWhatWasInADirectoryThatBecomesAFile) {
  Action replace = test::action_of(Phase::kWrite, Op::kReplace, "a/b", {Reason::kType});
  replace.before = test::directory_of(0755);
  replace.after = test::file_of(7, 1);
  Action clear = deletion("a/b/c", 3);
  clear.phase = Phase::kClear;
  EXPECT_THAT(lines_of(tree(plan_of({replace, clear}))),
              ElementsAre("~ a/b 7 B (type) in place of a directory and all in it: 2 entries, 3 B",
                          "replace 1, delete 1 (3 B), write 7 B"));
}

TEST(Tree, PrintsEachChangedPathOnceAndItsLinesLeadToIt) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::mt19937 random(seed);
    std::vector<Action> actions;
    std::set<std::string> paths;
    for (unsigned i = 0; i < 60; ++i) {
      std::string path(1, static_cast<char>('a' + random() % 3));
      for (unsigned depth = static_cast<unsigned>(random() % 6); depth > 0; --depth) {
        path += std::string("/") + static_cast<char>('a' + random() % 3);
      }
      if (paths.insert(path).second) actions.push_back(creation(path, 1));
    }
    auto lines = lines_of(tree(plan_of(std::move(actions))));
    lines.pop_back();
    std::set<std::string> found;
    std::vector<std::string> above;
    for (const std::string& line : lines) {
      const std::size_t name = line.find_first_not_of(' ', 1);
      above.resize(name / 2 - 1);
      std::string text = line.substr(name, line.find(' ', name) - name);
      if (text.back() == '/') text.pop_back();
      const std::string path = above.empty() ? text : above.back() + "/" + text;
      if (line[0] == '+') {
        EXPECT_TRUE(found.insert(path).second) << path;
      }
      above.push_back(path);
    }
    EXPECT_EQ(found, paths) << seed;
  }
}

TEST(Tree, ManyLevelsTakeNoMoreRoomThanTheirPaths) {
  std::string deep = "d";
  for (unsigned i = 0; i < 20'000; ++i) deep += "/d";
  const Plan plan = plan_of({creation(deep + "/x", 1), creation(deep + "/y", 1)});
  EXPECT_LT(tree(plan).size(), 2 * deep.size());
}

TEST(Views, LetNoBytesOfANameReachTheTerminalUnescaped) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Plan plan = test::PlanMaker(seed).make(100);
    for (const std::string& text :
         {review(plan), review(plan, {24, 40}), stat(plan), tree(plan), tree(plan, 40)}) {
      EXPECT_TRUE(is_utf8(text));
      for (const char byte : text) {
        const auto value = static_cast<unsigned char>(byte);
        EXPECT_TRUE(byte == '\n' || (value >= 0x20 && value != 0x7F)) << int{byte};
      }
    }
  }
}

TEST(Views, PaintALineAndNotPartsOfNames) {
  const Plan plan = plan_of({creation("new", 1), deletion("old", 1)});
  const auto text =
      render_review(plan, source_of(plan.actions), {24, 10}, Colour::kOn, "look there");
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, Not(HasSubstr("create new 1 B")));
  EXPECT_THAT(*text, HasSubstr("\x1b[32m  c... 1 B\x1b[0m\n"));
  EXPECT_THAT(*text, HasSubstr("\x1b[31m  d... 1 B\x1b[0m\n"));
}

TEST(Views, HandOnAnErrorOfTheStream) {
  const Plan plan = test::empty_plan();
  const Action action = creation("a", 1);
  const ActionSource source{2, [&action] {
                              return [&action](std::uint64_t index) -> Result<const Action*> {
                                if (index > 0) return system_error("read", 5);
                                return &action;
                              };
                            }};
  const auto broken = [&source] { return stream_of(source); };
  const ByteSink sink = [](std::string_view) { return success(); };
  EXPECT_FALSE(render_review(plan, source, kLarge, Colour::kOff, ""));
  EXPECT_FALSE(render_stat(plan, broken(), 80, Colour::kOff));
  EXPECT_FALSE(render_tree(plan, source, 80, Colour::kOff, sink));
  EXPECT_FALSE(render_html(plan, source, sink));
  EXPECT_FALSE(render(plan, broken(), Colour::kOff, sink));
}

TEST(Views, HandOnAnErrorOfTheSinkAtAnyPiece) {
  const Plan plan = test::small_plan();
  const auto fails_at = [&plan](auto write) {
    for (int at = 0; at < 1000; ++at) {
      int pieces = 0;
      Status written = write([&](std::string_view) {
        return pieces++ == at ? Status(system_error("write", 28)) : success();
      });
      if (written) return at == pieces && at > 2;
      if (pieces != at + 1) return false;
    }
    return false;
  };
  EXPECT_TRUE(fails_at([&](const ByteSink& sink) {
    return render_tree(plan, source_of(plan.actions), 80, Colour::kOff, sink);
  }));
  EXPECT_TRUE(fails_at(
      [&](const ByteSink& sink) { return render_html(plan, source_of(plan.actions), sink); }));
  EXPECT_TRUE(fails_at([&](const ByteSink& sink) {
    return render(plan, stream_of(plan.actions), Colour::kOff, sink);
  }));
}

TEST(Review, NoFigureOfThePlanIsCut) {
  Plan plan;
  plan.summary.create = 32232;
  plan.summary.update = 2042;
  plan.summary.metadata = 1234;
  plan.summary.remove = 18668;
  plan.summary.bytes_to_write = 117964800;
  plan.summary.unchanged = 1000000;
  for (const std::size_t columns : {40U, 60U, 80U}) {
    const auto text = render_review(plan, source_of(plan.actions), {24, columns}, Colour::kOff, "");
    ASSERT_TRUE(text);
    std::string joined = *text;
    for (std::size_t at = 0; (at = joined.find("\n  ", at)) != std::string::npos;)
      joined.erase(at, 2);
    EXPECT_THAT(joined, HasSubstr(plan_line(plan))) << *text;
  }
}

}  // namespace
}  // namespace foldersync
