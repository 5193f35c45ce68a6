#include "cli/planning/plan_claims.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "apply/backup/backup.h"
#include "cli/values/folders.h"
#include "fs/clock.h"
#include "plan/guard.h"

namespace foldersync {
namespace {

bool is_ours_alone(const Result<FileStatus>& status) {
  return status && foldersync::is_ours_alone(status->uid, status->mode);
}

// The folder that holds the file.
std::string folder_of(const std::string& file) {
  const std::string absolute = absolute_name(file);
  return absolute.substr(0, std::max<std::size_t>(absolute.rfind('/'), 1));
}

Error refused(std::string detail) { return refused_error("apply", std::move(detail)); }

constexpr double kWeek = 7.0 * 86'400;

// Nobody else could have put an older plan of ours into the place of this one.
Status keeps_its_place(const ReadPlan& read) {
  if (read.is_signed || read.from_stdin || read.exchangeable.empty()) return success();
  const bool is_undo = read.plan.kind == PlanKind::kUndo;
  return refused("others can give '" + read.exchangeable +
                 "' to another file or folder, an older one of yours among them, so the plan is "
                 "not believed as a file: " +
                 (is_undo ? "copy the backup to where nobody else can write, and apply it there"
                          : "name the folders with -s and -r, keep plans where nobody else can "
                            "write, or have them signed (--verify)"));
}

}  // namespace

Result<bool> begins_with_root(const ActionStore& actions) {
  if (actions.empty()) return false;
  ActionCursor cursor(actions);
  const auto first = TRY(cursor.at(0));
  return first->path.is_root();
}

// Whether `tree` is the folder beside the undo, and both lie where nobody else can put another.
// By what is open: a path may lead elsewhere by now.
bool PlanClaims::lies_beside(const Root& tree) const {
  const auto folder = fs_.open_parent(tree.fd.get());
  if (!folder || !is_ours_alone(fs_.status(folder->get()))) return false;
  const std::string file = absolute_name(options_.plan_file);
  const auto there = fs_.status_at(folder->get(), file.substr(file.rfind('/') + 1).c_str());
  return there && there->inode == read_.inode && there->device == read_.device &&
         is_ours_alone(fs_.status(tree.fd.get()));
}

// An undo takes its content from the folder beside it, and from nowhere else.
Result<Roots> PlanClaims::open_backup(const std::string& replica) const {
  if (names_source()) {
    Error wrong = refused("an undo has its own source, the folder that it lies in: leave out -s");
    wrong.code = ErrorCode::kUsage;
    return wrong;
  }
  const Error not_believed = refused(
      "an undo is believed only as a file, where it, its folder and the folder 'tree' beside it "
      "belong to root or to you and nobody else can write them");
  if (!read_.is_protected) return not_believed;
  TRY(keeps_its_place(read_));
  const std::string tree = folder_of(options_.plan_file) + "/" + kBackupTree;
  auto roots = TRY(foldersync::open_roots(fs_, FolderOptions{.source = tree, .replica = replica}));
  if (!lies_beside(roots.source)) return not_believed;
  const bool is_it = roots.replica && roots.replica->identity == read_.plan.replica.identity;
  if (is_it || names_replica()) return roots;
  return refused("the replica '" + replica +
                 "' is not the folder that the undo was made for (another file system, or made "
                 "anew): if it is meant, name it with -r");
}

// Whether the folders that only the plan names are on this host.
Status PlanClaims::lie_here() const {
  const PlanHeader& plan = read_.plan;
  const bool is_elsewhere = (!names_source() && !plan.source.host.empty()) ||
                            (!names_replica() && !plan.replica.host.empty());
  if (!is_elsewhere) return success();
  const std::string& host = plan.source.host.empty() ? plan.replica.host : plan.source.host;
  return refused("the plan names a folder on the host '" + host +
                 "', and this program works on this one: name both folders with -s and -r");
}

// Whether it is the replica that the plan was made for.
Result<bool> PlanClaims::is_made_for(const std::optional<Root>& replica) const {
  const StoredPlan& plan = read_.plan;
  if ((replica ? replica->identity : std::string()) == plan.replica.identity) return true;
  // There was none: such a plan makes it, and finds it made where it is applied again.
  return plan.replica.identity.empty() ? begins_with_root(plan.actions) : false;
}

Result<Roots> PlanClaims::open_roots() const {
  const PlanHeader& plan = read_.plan;
  FolderOptions folders = options_.folders;
  if (!names_source()) folders.source = plan.source.path;
  if (!names_replica()) folders.replica = plan.replica.path;
  if (plan.kind == PlanKind::kUndo) return open_backup(folders.replica);
  if (names_source() && names_replica()) return foldersync::open_roots(fs_, folders);
  if (!read_.from_stdin && !read_.is_protected) {
    return refused(
        "the plan's file can be written by others, so the folders it names are not "
        "believed: name them with -s and -r, or give the file to yourself (mode 0600)");
  }
  TRY(keeps_its_place(read_));
  TRY(lie_here());
  auto roots = TRY(foldersync::open_roots(fs_, folders));
  const bool source_is_it = names_source() || roots.source.identity == plan.source.identity;
  const bool replica_is_it = names_replica() || TRY(is_made_for(roots.replica));
  if (source_is_it && replica_is_it) return roots;
  return refused(
      (source_is_it ? "the replica '" + folders.replica : "the source '" + folders.source) +
      "' is not the folder that the plan was made for (another file system, or made anew): if it "
      "is meant, name both with -s and -r");
}

// How old the plan may be: as old as it likes, unless only its file speaks for it.
std::optional<double> PlanClaims::age_limit() const {
  if (options_.max_age_seconds) return options_.max_age_seconds;
  const bool names_both = names_source() && names_replica();
  const bool speaks_alone = !read_.from_stdin && !read_.is_signed && !names_both;
  if (read_.plan.kind != PlanKind::kMirror || !speaks_alone) return std::nullopt;
  return kWeek;
}

// A plan from the future is no fresher: one of the clocks is wrong.
Status PlanClaims::check_age() const {
  const auto limit = age_limit();
  const double age = seconds_between(read_.plan.created, wall_clock_now());
  if (!limit || std::abs(age) <= *limit) return success();
  const char* why = age < 0 ? "in the future: make a new plan"
                    : options_.max_age_seconds
                        ? "longer ago than --max-age allows: make a new plan"
                        : "longer ago than 7 days: make a new plan, or "
                          "give --max-age, or -s and -r, if this one is meant";
  return refused("the plan was made at " + to_string(read_.plan.created) + ", which is " + why);
}

// Rights that the source does not give are not given because somebody else's file asks for them.
Status PlanClaims::check_fields() const {
  const bool is_ours = read_.from_stdin || read_.is_protected || read_.is_signed;
  if (is_ours || read_.plan.options.fields.are_all()) return success();
  return refused(
      "the plan's file can be written by others, so what it says of owners and modes (--chown, "
      "--chmod, --no-owner, --no-group, --no-perms) is not believed: give the file to yourself "
      "(mode 0600) once you have looked at it, or have it signed (--verify)");
}

// The figures of those that count actions were held against the actions when the plan was read.
// Those on the source and on free space are asked again when the folders are open.
Status PlanClaims::check_guards() const {
  for (const Guard& guard : read_.plan.guards) {
    if (is_about_space(guard) && !options_.check_space) continue;
    if (guard.refused) return refused(explain(guard));
  }
  return success();
}

Status PlanClaims::check() const {
  TRY(check_age());
  TRY(check_fields());
  return check_guards();
}

}  // namespace foldersync
