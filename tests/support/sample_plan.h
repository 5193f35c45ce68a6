// Plans to write, read and show in tests.
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "format/json.h"
#include "plan/plan.h"

namespace foldersync::test {

Facts directory_of(std::uint32_t mode);
Facts file_of(std::uint64_t size, std::int64_t seconds);  // mode 0644
Action action_of(Phase phase, Op op, std::string path, ReasonSet reasons);

// Counts the actions and problems of `plan` into its summary.
void settle_summary(Plan& plan);

Plan empty_plan();
// The example of docs/plan-format.md: each kind of field once.
Plan small_plan();

// The whole document; empty where it can't be written.
std::string written(const Plan& plan);
// Hands out `text` in pieces of at most `piece` bytes.
ByteSource source_of(std::string_view text, std::size_t piece = std::string_view::npos);
Result<Plan> read_text(std::string_view text);

// Makes valid plans at random, the same ones from the same seed.
class PlanMaker {
 public:
  explicit PlanMaker(unsigned seed) : random_(seed) {}

  Plan make(std::size_t actions);

 private:
  std::uint32_t number(std::uint32_t from, std::uint32_t to);
  bool chance(std::uint32_t one_in) { return number(1, one_in) == 1; }
  std::uint64_t large() { return random_() >> number(0, 63); }
  FileTime time();
  // Neither NUL nor '/', all other bytes.
  std::string bytes(std::uint32_t shortest, std::uint32_t longest);
  RelPath path();
  RelPath new_path();
  Facts facts(FileType type);
  FileType leaf();
  ReasonSet reasons();
  // One action of each kind that the format knows, in random order of paths.
  void add_actions(Plan& plan);

  std::mt19937_64 random_;
  std::set<RelPath> used_;
};

}  // namespace foldersync::test
