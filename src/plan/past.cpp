#include "plan/past.h"

#include <algorithm>
#include <utility>

namespace foldersync {
namespace {

// What is at or below `from`, with `to` in its place.
RelPath moved_to(const RelPath& path, const RelPath& from, const RelPath& to) {
  if (path == from) return to;
  const std::string_view rest = std::string_view(path.bytes()).substr(from.bytes().size() + 1);
  return RelPath(to.is_root() ? std::string(rest) : to.bytes() + "/" + std::string(rest));
}

bool is_about(const RelPath& path, const RelPath& root) {
  return path.is_within(root) || root.is_within(path);
}

void give(Origin& origin, const Facts& facts) {
  if (!origin.facts) {
    origin.facts = facts;
    return;
  }
  Facts& had = *origin.facts;
  if (facts.mode) had.mode = facts.mode;
  if (facts.uid) had.uid = facts.uid;
  if (facts.gid) had.gid = facts.gid;
  if (facts.mtime) had.mtime = facts.mtime;
}

}  // namespace

// Whether it is to be kept. `later`: where to look in the runs after it.
bool Past::follow(const Action& action, std::set<RelPath>& later) {
  bool is_kept = false;
  for (const RelPath& root : std::set<RelPath>(roots_)) {
    const bool names_it = is_about(action.path, root);
    const bool takes_it = moves_entry(action) && is_about(*action.other, root);
    if (!names_it && !takes_it) continue;
    is_kept = true;
    if (!names_it) continue;
    if (moves_entry(action)) {
      later.insert(root.is_within(action.path) ? moved_to(root, action.path, *action.other)
                                               : *action.other);
    }
    if (adds_name(action)) roots_.insert(*action.other);
  }
  return is_kept;
}

Status Past::add(const ActionStore& undo) {
  Run run;
  std::set<RelPath> later;
  for (std::size_t known = 0; known != roots_.size();) {
    known = roots_.size();
    TRY(for_each_action(undo, [&](const Action& action, std::uint64_t) {
      if (!follow(action, later)) return;
      (is_finish(action) ? run.finishes : run.actions).insert_or_assign(action.path, action);
      if (moves_entry(action)) run.moved.insert(*action.other);
    }));
  }
  roots_.merge(later);
  runs_.push_back(std::move(run));
  return success();
}

std::optional<RelPath> Past::after(const Run& run, const RelPath& path) {
  for (RelPath at = path;; at = at.parent()) {
    const auto found = run.actions.find(at);
    if (found != run.actions.end()) {
      const Action& action = found->second;
      if (moves_entry(action)) return moved_to(path, at, *action.other);
      if (!sets_metadata(action)) return std::nullopt;
    } else if (run.moved.contains(at)) {
      return std::nullopt;
    }
    if (at.is_root()) return path;
  }
}

bool Past::touches(std::size_t run, const RelPath& path) const {
  const Run& one = runs_[run];
  const auto first = one.actions.lower_bound(path);
  if (first != one.actions.end() && first->first.is_within(path)) return true;
  const auto finish = one.finishes.find(path);
  if (finish != one.finishes.end() && finish->second.before != finish->second.after) {
    const Facts& was = *finish->second.after;
    const Facts& is = *finish->second.before;
    if (was.mode != is.mode || was.uid != is.uid || was.gid != is.gid) return true;
  }
  const auto moved = one.moved.lower_bound(path);
  if (moved != one.moved.end() && moved->is_within(path)) return true;
  return after(one, path) != path;
}

// A name of a file that another path has.
std::optional<Origin> Past::linked(std::size_t run, const Action& link) const {
  const Run& one = runs_[run];
  const auto other = one.actions.find(*link.other);
  const bool leads_on = other != one.actions.end() && adds_name(other->second);
  auto origin = leads_on ? std::nullopt : before(run, *link.other);
  if (origin) give(*origin, *link.after);
  return origin;
}

std::optional<Origin> Past::before(std::size_t run, const RelPath& path) const {
  if (run == runs_.size()) return Origin{std::nullopt, path, std::nullopt};
  const Run& one = runs_[run];
  const auto found = one.actions.find(path);
  std::optional<Origin> origin;
  if (found != one.actions.end()) {
    const Action& action = found->second;
    if (!action.after) return std::nullopt;
    if (adds_name(action)) return linked(run, action);
    if (!keeps_object(action)) origin = Origin{run, path, action.after};
  }
  if (!origin) {
    const auto later = after(one, path);
    if (!later) return std::nullopt;
    origin = before(run + 1, *later);
    if (!origin) return std::nullopt;
    if (found != one.actions.end()) {
      give(*origin, *found->second.after);
      if (!origin->run && !origin->left) origin->left = found->second.before;
    }
  }
  const auto finish = one.finishes.find(path);
  if (finish != one.finishes.end() && finish->second.after) give(*origin, *finish->second.after);
  const Action* const last = finish != one.finishes.end() ? &finish->second
                             : found != one.actions.end() ? &found->second
                                                          : nullptr;
  if (last != nullptr && last->reasons.has(Reason::kXattrs)) {
    origin->attributes = run;
    origin->attributes_path = path;
  }
  return origin;
}

Past::Names Past::names_before(std::size_t run, const RelPath& directory) const {
  Names found;
  RelPath at = directory;
  for (; run < runs_.size(); ++run) {
    for (const auto& [path, action] : runs_[run].actions) {
      if (!path.is_root() && path.parent() == at) found.names.insert(std::string(path.name()));
    }
    const auto later = after(runs_[run], at);
    if (!later) return found;
    at = *later;
  }
  found.today = at;
  return found;
}

}  // namespace foldersync
