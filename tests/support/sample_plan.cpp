#include "support/sample_plan.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "plan/guard.h"
#include "plan/order.h"

namespace foldersync::test {

Facts directory_of(std::uint32_t mode) {
  Facts facts;
  facts.type = FileType::kDirectory;
  facts.mode = mode;
  return facts;
}

Facts file_of(std::uint64_t size, std::int64_t seconds) {
  Facts facts;
  facts.size = size;
  facts.mtime = FileTime{seconds, 123'456'789};
  facts.mode = 0644;
  return facts;
}

Action action_of(Phase phase, Op op, std::string path, ReasonSet reasons) {
  Action action;
  action.phase = phase;
  action.op = op;
  if (path != ".") action.path = RelPath(std::move(path));
  action.reasons = reasons;
  return action;
}

void settle_summary(Plan& plan) {
  const Summary old = std::exchange(plan.summary, {});
  plan.summary.unchanged = old.unchanged;
  plan.summary.problems = plan.problems.size();
  for (const Action& action : plan.actions) add_to_summary(action, plan.summary);
}

// The guards that the options ask for, as a planner would say them; `entries`: of the replica.
void settle_guards(Plan& plan, std::uint64_t entries) {
  GuardCounts counts;
  for (const Action& action : plan.actions) counts.add(action);
  plan.guards = counting_guards(plan.options, counts, entries);
  for (const std::string& name : plan.options.require) {
    plan.guards.push_back(require_guard(name, name.size() % 2 == 0));
  }
}

Plan empty_plan() {
  Plan plan;
  plan.tool_version = "1.0.0";
  plan.plan_id = "019a0d3e-5b80-7c3a-9f21-0123456789ab";
  plan.created = FileTime{1'795'459'200, 0};
  plan.source = {"/data/src", "uuid:6f0e:2", ""};
  plan.replica = {"/mnt/replica", "", ""};
  return plan;
}

Plan small_plan() {
  Plan plan = empty_plan();
  plan.options.rules = {"*.o", "caf\xe9/"};
  plan.options.max_delete = Limit{50, true};
  plan.summary.unchanged = 40211;
  plan.problems = {{Side::kSource, RelPath("private/key"), EACCES, "open"}};
  plan.skipped = {{RelPath("lost+found"), "file-system-own"}};

  Action mkdir = action_of(Phase::kMkdir, Op::kCreate, "docs/new", {Reason::kMissing});
  mkdir.after = directory_of(0755);
  Action create = action_of(Phase::kWrite, Op::kCreate, "caf\xe9.txt", {Reason::kMissing});
  create.after = file_of(124, 1'730'000'000);
  Action update =
      action_of(Phase::kWrite, Op::kUpdate, "docs/a.txt", {Reason::kSize, Reason::kMtime});
  update.before = file_of(1000, 1'600'000'000);
  update.after = file_of(1024, 1'730'000'000);
  Action link =
      action_of(Phase::kWrite, Op::kLink, "docs/b.txt", {Reason::kMissing, Reason::kLink});
  link.other = RelPath("docs/a.txt");
  link.after = file_of(1024, 1'730'000'000);
  link.after->links = 2;
  Action move = action_of(Phase::kWrite, Op::kMove, "docs/new/c", {Reason::kMissing});
  move.other = RelPath("docs/c");
  move.before = file_of(5, 1'500'000'000);
  move.before->md5 = Md5{{1, 2, 3}};
  move.after = move.before;
  Action target = action_of(Phase::kWrite, Op::kUpdate, "latest", {Reason::kTarget});
  target.before = Facts{};
  target.before->type = FileType::kSymlink;
  target.before->target = "docs/\xff";
  target.after = target.before;
  target.after->target = "docs/new";
  Action device = action_of(Phase::kWrite, Op::kMetadata, "null", {Reason::kOwner});
  device.before = Facts{};
  device.before->type = FileType::kCharDevice;
  device.before->device = makedev(1, 3);
  device.before->uid = 1;
  device.before->gid = 1;
  device.after = device.before;
  device.after->uid = 0;
  device.after->gid = 0;
  Action remove = action_of(Phase::kDelete, Op::kDelete, "old\u202e.txt", {Reason::kExtra});
  remove.before = file_of(9, 1'400'000'000);
  Action finish =
      action_of(Phase::kFinish, Op::kMetadata, ".", {Reason::kMtime, Reason::kChildren});
  finish.before = directory_of(0755);
  finish.after = directory_of(0755);
  finish.after->mtime = FileTime{1'730'000'000, 0};
  plan.actions = {mkdir, create, update, link, move, target, device, remove, finish};
  settle_summary(plan);
  settle_guards(plan, 40215);
  return plan;
}

std::string written(const Plan& plan) {
  std::string text;
  const Status status = write_plan(plan, [&text](std::string_view piece) {
    text += piece;
    return success();
  });
  return status ? text : "";
}

ByteSource source_of(std::string_view text, std::size_t piece) {
  return [rest = text, piece](std::span<char> buffer) mutable -> Result<std::size_t> {
    const std::size_t size = std::min({rest.size(), piece, buffer.size()});
    std::copy_n(rest.data(), size, buffer.data());
    rest.remove_prefix(size);
    return size;
  };
}

Result<Plan> read_text(std::string_view text) { return read_small_plan(source_of(text)); }

Plan PlanMaker::make(std::size_t actions) {
  Plan plan = empty_plan();
  plan.source.path = "/" + bytes(1, 30);
  plan.options.checksum = chance(2);
  plan.options.remove_extra = chance(2);
  plan.options.left_out = {path().bytes()};
  plan.options.rules = {bytes(0, 20), bytes(0, 20), "\"\\\n"};
  plan.options.replica_limits.times.granularity = number(1, 1'000'000'000);
  if (chance(2)) plan.options.replica_limits.times.earliest = time();
  if (chance(2)) plan.options.max_delete = Limit{large(), false};
  if (chance(2)) plan.options.max_update = Limit{number(0, 100), true};
  if (chance(2)) plan.options.require = {path().bytes(), path().bytes()};
  plan.summary.unchanged = large();
  for (std::size_t at = number(0, 5); at > 0; --at) {
    plan.problems.push_back({chance(2) ? Side::kSource : Side::kReplica, path(),
                             static_cast<int>(number(0, 200)), "open"});
    plan.skipped.push_back({path(), "device"});
  }
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  std::sort(plan.problems.begin(), plan.problems.end(), by_path);
  std::sort(plan.skipped.begin(), plan.skipped.end(), by_path);
  while (plan.actions.size() < actions) add_actions(plan);
  put_in_order(plan.actions);
  settle_summary(plan);
  settle_guards(plan, large());
  if (chance(2)) plan.options.replica_limits.refuses_times = true;
  if (chance(2)) plan.options.replica_limits.refuses_symlinks = true;
  if (chance(2)) plan.options.replica_limits.refuses_nodes = true;
  if (chance(2)) plan.options.replica_limits.refused_gids = {0, number(1, 1000), 4294967295};
  if (chance(2)) plan.options.replica_limits.most_names = number(1, 65000);
  if (chance(2)) plan.guards.push_back(space_guard(large(), large()));
  return plan;
}

std::uint32_t PlanMaker::number(std::uint32_t from, std::uint32_t to) {
  return from + static_cast<std::uint32_t>(random_() % (std::uint64_t{to} - from + 1));
}

FileTime PlanMaker::time() {
  return {static_cast<std::int64_t>(random_()) >> number(0, 40), number(0, 999'999'999)};
}

std::string PlanMaker::bytes(std::uint32_t shortest, std::uint32_t longest) {
  std::string text(number(shortest, longest), 'a');
  const bool plain = chance(2);
  for (char& byte : text) {
    const auto value = static_cast<unsigned char>(plain ? number('a', 'z') : number(1, 255));
    byte = value == '/' ? ' ' : static_cast<char>(value);
  }
  return text;
}

RelPath PlanMaker::path() {
  RelPath result;
  for (std::uint32_t depth = number(1, 4); depth > 0;) {
    const std::string name = bytes(1, chance(50) ? 255 : 12);
    if (!is_name(name)) continue;
    result = result.child(name);
    --depth;
  }
  return result;
}

RelPath PlanMaker::new_path() {
  while (true) {
    RelPath result = path();
    if (used_.insert(result).second) return result;
  }
}

Facts PlanMaker::facts(FileType type) {
  Facts result;
  result.type = type;
  if (chance(2)) result.mode = number(0, 07777);
  if (chance(2)) {
    result.uid = number(0, 0xFFFFFFFE);
    result.gid = number(0, 70'000);
  }
  if (type != FileType::kDirectory && chance(2)) result.mtime = time();
  if (type != FileType::kDirectory && chance(4)) result.links = number(1, 0xFFFFFFFF);
  if (type == FileType::kFile && chance(2)) result.size = large();
  if (type == FileType::kFile && chance(2)) {
    result.md5.emplace();
    for (unsigned char& byte : result.md5->bytes) byte = static_cast<unsigned char>(number(0, 255));
  }
  if (type == FileType::kSymlink) result.target = "/" + bytes(0, 40);
  if (type == FileType::kCharDevice || type == FileType::kBlockDevice) result.device = random_();
  return result;
}

FileType PlanMaker::leaf() {
  constexpr std::array kLeaves{FileType::kFile,   FileType::kSymlink,    FileType::kFifo,
                               FileType::kSocket, FileType::kCharDevice, FileType::kBlockDevice};
  return kLeaves.at(chance(2) ? 0 : number(0, kLeaves.size() - 1));
}

ReasonSet PlanMaker::reasons() {
  ReasonSet result{Reason::kMtime};
  for (const Reason reason : kReasons) {
    const bool is_free =
        reason != Reason::kUndo && reason != Reason::kDecay && reason != Reason::kExcluded;
    if (is_free && chance(4)) result.add(reason);
  }
  if (result.has(Reason::kContent) && result.has(Reason::kMode)) result.add(Reason::kDecay);
  return result;
}

void PlanMaker::add_actions(Plan& plan) {
  const auto add = [&](Phase phase, Op op, std::optional<Facts> before,
                       std::optional<Facts> after) {
    Action action{phase,           op, new_path(), std::nullopt, reasons(), std::move(before),
                  std::move(after)};
    if (op == Op::kMove || op == Op::kLink) action.other = new_path();
    if (op == Op::kDelete && action.reasons.has(Reason::kType))
      action.reasons = {Reason::kExcluded};
    plan.actions.push_back(std::move(action));
  };
  const Facts directory = facts(FileType::kDirectory);
  const FileType type = leaf();
  add(Phase::kClear, Op::kDelete, chance(2) ? directory : facts(type), std::nullopt);
  add(Phase::kMkdir, Op::kReplace, facts(type), directory);
  const auto finish = [&] {
    Action action{Phase::kFinish, Op::kMetadata, plan.actions.back().path, std::nullopt, reasons(),
                  directory,      directory};
    action.after->mtime = time();
    plan.actions.push_back(std::move(action));
  };
  add(Phase::kMkdir, Op::kMove, directory, directory);
  finish();
  add(Phase::kMkdir, Op::kCreate, std::nullopt, directory);
  finish();
  add(Phase::kWrite, Op::kCreate, std::nullopt, facts(type));
  add(Phase::kWrite, Op::kUpdate, facts(type), facts(type));
  add(Phase::kWrite, Op::kReplace, directory, facts(type));
  add(Phase::kWrite, Op::kMove, facts(type), facts(type));
  add(Phase::kWrite, Op::kLink, chance(2) ? std::optional(facts(leaf())) : std::nullopt,
      facts(type));
  add(Phase::kWrite, Op::kMetadata, facts(type), facts(type));
  Facts taken = facts(FileType::kFile);
  taken.size = large() | 1U;
  taken.mtime = time();
  taken.links.reset();
  add(Phase::kDelete, Op::kDelete, taken, std::nullopt);
  Action comes{Phase::kWrite,      Op::kCreate,  new_path(), plan.actions.back().path,
               {Reason::kMissing}, std::nullopt, taken};
  plan.actions.push_back(std::move(comes));
  add(Phase::kDelete, Op::kDelete, facts(type), std::nullopt);
  add(Phase::kRmdir, Op::kDelete, directory, std::nullopt);
}

}  // namespace foldersync::test
