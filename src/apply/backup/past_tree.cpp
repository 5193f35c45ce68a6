#include "apply/backup/past_tree.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "apply/backup/backup.h"
#include "apply/backup/backup_list.h"
#include "apply/stage/attributes.h"
#include "fs/denial.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

Error not_as_kept(const RelPath& path) {
  return changed_error("restore", "what the backup holds is not what it was made with")
      .at(path.bytes());
}

// What can't be read, or is not what it should be, is no reason to give nothing of the rest back.
bool may_be_left_out(const Error& error) {
  return error.code == ErrorCode::kChanged ||
         (error.code == ErrorCode::kSystem && is_one_of(error, {EACCES, EPERM}));
}

// Whether it is what a run left: others may have put something else there since, whose content is
// not the old one, and perhaps nobody's business.
bool is_as_left(const FileStatus& found, const Facts& left) {
  const auto is_same = [](const auto& known, const auto& now) { return !known || *known == now; };
  const bool is_directory = found.is_directory();
  return found.type == left.type && is_same(left.mode, found.mode) &&
         is_same(left.uid, found.uid) && is_same(left.gid, found.gid) &&
         (is_directory || is_same(left.mtime, found.mtime)) &&
         (!found.is_file() || is_same(left.size, found.size));
}

Error not_as_left(const RelPath& path) {
  return changed_error("restore", "what the replica has there is not what the runs left")
      .at(path.bytes());
}

struct Pair {
  RelPath from;  // of the past
  RelPath to;    // in the target
};

class Restorer {
 public:
  explicit Restorer(const RestoreRequest& request, Fd target)
      : of_(request),
        copies_(request.fs, std::move(target), request.policy, true, request.wind_up) {}

  Result<RestoredCounts> run() {
    TRY(restore({of_.path, RelPath(of_.name)}));
    while (!open_.empty()) {
      const Pair directory = std::move(open_.back());
      open_.pop_back();
      Status listed = list(directory);
      if (listed) continue;
      if (!may_be_left_out(listed.error())) return std::move(listed).error();
      counts_.left_out.push_back(std::move(listed).error().at(directory.from.bytes()));
    }
    TRY(copies_.make_durable());
    return std::move(counts_);
  }

 private:
  Status list(const Pair& directory) {
    Past::Names names = of_.past.names_before(0, directory.from);
    if (names.today) {
      for (std::string& name : TRY(of_.tree.names_today(*names.today))) {
        names.names.insert(std::move(name));
      }
    }
    for (const std::string& name : names.names) {
      TRY(of_.wind_up.heed("restore"));
      Status restored = restore({directory.from.child(name), directory.to.child(name)});
      if (restored) continue;
      if (restored.error().error_number == ENOENT && restored.error().code != ErrorCode::kChanged)
        continue;
      if (!may_be_left_out(restored.error())) return restored;
      counts_.left_out.push_back(
          std::move(restored).error().at(directory.from.child(name).bytes()));
    }
    return success();
  }

  // Error ENOENT: nothing was there.
  Status restore(const Pair& pair) {
    const auto origin = of_.past.before(0, pair.from);
    const auto status = origin ? TRY(of_.tree.status(*origin)) : std::optional<FileStatus>();
    if (!status) return system_error("restore", ENOENT).at(pair.from.bytes());
    ++counts_.entries;
    if (status->is_directory()) {
      open_.push_back(pair);
      return copies_.make_directory(pair.to);
    }
    const FileStatus wanted = as_wanted(*status, nullptr, of_.policy);
    const Place place = TRY(of_.tree.place(*origin));
    TRY(copies_.keep(place, wanted, pair.to, HowKept::kCopy));
    if (status->is_file()) counts_.bytes += status->size;
    if (!origin->attributes) return success();
    return give_attributes(*origin, status->type, pair.to);
  }

  // What stayed, and had others then.
  Status give_attributes(const Origin& origin, FileType type, const RelPath& to) {
    const Place kept =
        TRY(of_.tree.place({origin.attributes, origin.attributes_path, std::nullopt}));
    const auto entry = TRY(of_.fs.open_entry(kept.directory, kept.name.c_str()));
    const auto xattrs = TRY(read_xattrs(of_.fs, {entry.get(), true}, of_.policy.as_root));
    return copies_.keep_attributes(to, type, xattrs);
  }

  const RestoreRequest& of_;
  BackupTree copies_;
  RestoredCounts counts_;
  std::vector<Pair> open_;
};

class Finisher {
 public:
  explicit Finisher(const RestoreRequest& request)
      : of_(request), cursor_(request.fs, request.target, {}, 16) {}

  // The top, open; not open: it is no directory.
  Result<Fd> all_but_the_top() {
    const RelPath top(of_.name);
    auto open = cursor_.enter(top.bytes());
    if (!open) {
      if (is_one_of(open.error(), {ENOTDIR, ELOOP})) return Fd();
      return open.error();
    }
    auto held = TRY(of_.fs.open_directory(*open, "."));
    std::vector<Pair> all{{of_.path, top}};
    for (std::size_t at = 0; at < all.size(); ++at) TRY(add_directories(all, at));
    for (std::size_t at = all.size(); at-- > 1;) {
      const int directory = TRY(cursor_.enter(all[at].to.bytes()));
      TRY(give(all[at].from, directory));
    }
    return held;
  }

  Status give(const RelPath& from, int directory) {
    const auto origin = of_.past.before(0, from);
    const auto status = origin ? TRY(of_.tree.status(*origin)) : std::optional<FileStatus>();
    if (!status) return success();
    std::vector<Xattr> xattrs;
    const auto run = origin->attributes ? origin->attributes : origin->run;
    const RelPath& where = origin->attributes ? origin->attributes_path : origin->path;
    if (const auto kept = TRY(of_.tree.directory(run, where))) {
      xattrs = TRY(read_xattrs(of_.fs, {*kept, false}, of_.policy.as_root));
    }
    LimitBook book{FileSystemLimits{}};
    const FileStatus wanted = as_wanted(*status, nullptr, of_.policy);
    AttributeRequest request{of_.fs, of_.policy,   book,   {directory, false},
                             wanted, from.bytes(), &xattrs};
    request.is_private = true;
    TRY(set_attributes(request));
    return success();
  }

 private:
  Status add_directories(std::vector<Pair>& all, std::size_t at) {
    TRY(of_.wind_up.heed("restore"));
    const Pair above = all[at];
    const int directory = TRY(cursor_.enter(above.to.bytes()));
    Listing listing;
    TRY(listing.read_anew(of_.fs, directory));
    for (const ListedEntry& entry : listing.entries()) {
      const bool is_one = entry.error_number == 0 && entry.status.is_directory();
      if (is_one) all.push_back({above.from.child(entry.name), above.to.child(entry.name)});
    }
    return success();
  }

  const RestoreRequest& of_;
  DirectoryCursor cursor_;
};

}  // namespace

Result<DirectoryCursor*> PastTree::cursor_of(std::optional<std::size_t> run) {
  if (!run) return &replica_;
  const auto known = trees_.find(*run);
  if (known != trees_.end()) return known->second.cursor.get();
  auto backup = fs_.open_directory(folder_, names_[*run].c_str());
  if (!backup && backup.error().error_number == ENOENT) return not_as_kept(RelPath(names_[*run]));
  if (!backup) return std::move(backup).error().at(names_[*run]);
  if (!is_callers_alone(fs_.status(backup->get()))) {
    return changed_error("restore", "somebody has put something else there").at(names_[*run]);
  }
  // A descriptor for each would be too many.
  constexpr std::size_t kMostTrees = 32;
  if (trees_.size() >= kMostTrees) trees_.clear();
  auto root = fs_.open_directory(backup->get(), kBackupTree);
  if (!root && root.error().error_number == ENOENT) return not_as_kept(RelPath(names_[*run]));
  Tree tree{TRY(std::move(root).at(names_[*run])), nullptr};
  tree.cursor = std::make_unique<DirectoryCursor>(fs_, tree.root.get(), CursorRules{}, kOpen);
  return trees_.emplace(*run, std::move(tree)).first->second.cursor.get();
}

Result<std::optional<int>> PastTree::directory(std::optional<std::size_t> run,
                                               const RelPath& path) {
  auto* const cursor = TRY(cursor_of(run));
  auto fd = cursor->enter(path.bytes());
  if (fd) return std::optional(*fd);
  if (is_one_of(fd.error(), {ENOENT, ENOTDIR, ELOOP})) return std::optional<int>();
  return std::move(fd).error();
}

Result<Place> PastTree::place(const Origin& origin) {
  auto* const cursor = TRY(cursor_of(origin.run));
  const int parent = TRY(cursor->enter(origin.path.parent_bytes()));
  return Place{parent, std::string(origin.path.name())};
}

Result<std::optional<FileStatus>> PastTree::status(const Origin& origin) {
  std::optional<FileStatus> found;
  if (origin.path.is_root()) {
    found = TRY(fs_.status(*TRY(directory(origin.run, origin.path))));
  } else {
    auto* const cursor = TRY(cursor_of(origin.run));
    const auto parent = TRY(if_there(cursor->enter(origin.path.parent_bytes())));
    if (parent) {
      found = TRY(if_there(fs_.status_at(*parent, std::string(origin.path.name()).c_str())));
    }
  }
  const bool is_kept_directory = origin.run && is_directory(origin.facts);
  if (!found && is_kept_directory) found.emplace().type = FileType::kDirectory;  // was empty
  if (!found) {
    if (origin.run) return not_as_kept(origin.path);
    return found;
  }
  if (origin.left && !is_as_left(*found, *origin.left)) return not_as_left(origin.path);
  if (!origin.facts) return found;
  const Facts& facts = *origin.facts;
  const bool is_other_size = facts.size && found->is_file() && *facts.size != found->size;
  if (found->type != facts.type || is_other_size) return not_as_kept(origin.path);
  found->mode = facts.mode.value_or(found->mode);
  found->uid = facts.uid.value_or(found->uid);
  found->gid = facts.gid.value_or(found->gid);
  found->mtime = facts.mtime.value_or(found->mtime);
  return found;
}

Result<std::vector<std::string>> PastTree::names_today(const RelPath& path) {
  std::vector<std::string> names;
  const auto there = TRY(directory(std::nullopt, path));
  if (!there) return names;
  Listing listing;
  TRY(listing.read_anew(fs_, *there));
  for (const ListedEntry& entry : listing.entries()) {
    if (!is_staging_name(entry.name)) names.emplace_back(entry.name);
  }
  return names;
}

Result<RestoredCounts> restore_into(const RestoreRequest& request) {
  auto target = TRY(request.fs.open_directory(request.target, "."));
  return Restorer(request, std::move(target)).run();
}

Result<Fd> finish_below(const RestoreRequest& request) {
  return Finisher(request).all_but_the_top();
}

Status finish_top(const RestoreRequest& request, int top) {
  return Finisher(request).give(request.path, top);
}

}  // namespace foldersync
