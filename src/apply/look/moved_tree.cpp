#include "apply/look/moved_tree.h"

#include <cerrno>
#include <utility>

#include "scan/local_tree.h"
#include "scan/walker.h"

namespace foldersync {
namespace {

RelPath below(const RelPath& directory, std::string_view rest) {
  if (rest.empty()) return directory;
  return RelPath(directory.bytes() + "/" + std::string(rest));
}

}  // namespace

class MovedTree::Visitor final : public PairVisitor {
 public:
  Visitor(const MovedTree& tree, bool asks_source) : tree_(tree), asks_source_(asks_source) {}

  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) override {
    if (difference_) return success();
    if (pair.replica.error != nullptr) return *pair.replica.error;
    if (pair.source.error != nullptr) return *pair.source.error;
    EntryReader sources = pair.source.entries();
    EntryReader replicas = pair.replica.entries();
    while (const ListedEntry* const listed = replicas.next()) {
      const ListedEntry* const like = asks_source_ ? next_wanted(pair, sources) : nullptr;
      if (asks_source_ && like == nullptr) return other_entries(pair);
      const ListedEntry entry = looked_at(pair, *listed);
      TRY(ask(pair, entry, like));
      if (difference_) return success();
      if (!entry.status.is_directory()) continue;
      PairToVisit child{
          RelPath::from_bytes(pair.path).child(entry.name).bytes(), std::nullopt, entry.status, {}};
      if (like != nullptr) child.source = like->status;
      children.push_back(std::move(child));
    }
    if (asks_source_ && next_wanted(pair, sources) != nullptr) return other_entries(pair);
    return success();
  }

  [[nodiscard]] const std::optional<std::string>& difference() const { return difference_; }

 private:
  // Where its directory is our own, and nobody may look up names there.
  static ListedEntry looked_at(const VisitedPair& pair, ListedEntry entry) {
    if (entry.error_number != EACCES) return entry;
    pair.replica.here->open_up();
    const auto status = pair.replica.here->status(entry.name.data());
    entry.error_number = status ? 0 : status.error().error_number;
    if (status) entry.status = *status;
    return entry;
  }

  // The next entry that the source has there and that is to be mirrored.
  const ListedEntry* next_wanted(const VisitedPair& pair, EntryReader& sources) const {
    const Filter& filter = tree_.context_.filter;
    const ListedEntry* entry = sources.next();
    if (filter.empty()) return entry;
    const std::string directory = below(tree_.to_, pair.path).bytes();
    while (entry != nullptr && entry->error_number == 0 &&
           (filter.excludes(directory, entry->name, entry->status.is_directory()) ||
            filter.excludes_file(entry->status))) {
      entry = sources.next();
    }
    return entry;
  }

  Status other_entries(const VisitedPair& pair) {
    return differs(below(tree_.from_, pair.path), "other entries");
  }

  Status differs(const RelPath& path, const char* what) {
    difference_ = std::string(what) + ": " + path.shown();
    return success();
  }

  Status ask(const VisitedPair& pair, const ListedEntry& entry, const ListedEntry* like) {
    const RelPath path = below(tree_.from_, pair.path).child(entry.name);
    if (entry.error_number != 0) return system_error("stat", entry.error_number).at(path.bytes());
    const LookContext& context = tree_.context_;
    const FileStatus& found = entry.status;
    if (found.mount != context.replica.status.mount) return differs(path, "a mount");
    if (like == nullptr) return success();
    if (!context.options.delete_excluded && !context.filter.empty() &&
        (context.filter.excludes(path.parent_bytes(), entry.name, found.is_directory()) ||
         context.filter.excludes_file(found))) {
      return differs(path, "excluded");
    }
    if (!found.is_directory() && found.links != 1) return differs(path, "a hard link");
    if (like->error_number != 0) return system_error("stat", like->error_number).at(path.bytes());
    if (like->name != entry.name) return differs(path, "other entries");
    return compare(pair, path, *like, entry);
  }

  Status compare(const VisitedPair& pair, const RelPath& path, const ListedEntry& source,
                 const ListedEntry& replica) {
    const LookContext& context = tree_.context_;
    const FileStatus& wanted = source.status;
    const FileStatus& found = replica.status;
    const TimeLimits& times = context.policy.limits.times;
    const bool is_same =
        wanted.type == found.type && wanted.rdev == found.rdev &&
        (found.is_directory() || (wanted.size == found.size &&
                                  stored_as(wanted.mtime, times) == stored_as(found.mtime, times)));
    if (!is_same) return differs(path, "another entry");
    if (found.type == FileType::kSymlink) {
      const auto to = pair.source.here->target(source.name.data());
      const auto from = pair.replica.here->target(replica.name.data());
      if (!to || !from) return to ? from.error() : to.error();
      return *to == *from ? success() : differs(path, "another target");
    }
    if (!found.is_file() || context.follow_source || found.size == 0) return success();
    const auto same = tree_.judge_.hold_same({pair.source.here, source.name, wanted},
                                             {pair.replica.here, replica.name, found});
    if (!same) return Error(same.error()).at(path.bytes());
    return *same ? success() : differs(path, "other content");
  }

  const MovedTree& tree_;
  bool asks_source_;
  std::optional<std::string> difference_;
};

Result<std::optional<std::string>> MovedTree::first_difference(int directory) {
  OpenedForPlan openings(context_.replica);
  const LocalTree whole = tree_of(context_.replica, &openings);
  const TreeBelow replica(whole, from_);
  const TreeBelow source(context_.source, to_);
  const bool asks_source = !context_.is_undo;
  const auto status = TRY(context_.replica.fs->status(directory));
  PairToVisit root{{}, std::nullopt, status, {}};
  if (asks_source) {
    const auto reader = source.reader(1);
    const auto top = TRY(reader->enter({}));
    const auto like = TRY(top->status());
    root.source = like;
  }
  Visitor visitor(*this, asks_source);
  const Status walked = walk_pairs({asks_source ? &source : nullptr, &replica, std::move(root)},
                                   {.stop = context_.stop}, visitor);
  // Nothing is moved while it is open: a kill would leave it so under another path.
  const auto left_open = openings.close_own();
  TRY(walked);
  if (!left_open.empty()) return left_open.front();
  return visitor.difference();
}

}  // namespace foldersync
