#include "planner/attribute_comparer.h"

#include <utility>

#include "fs/xattrs.h"

namespace foldersync {

bool AttributeComparer::are_asked(const VisitedPair& pair, const Named& named) const {
  constexpr std::uint32_t kRuns = 0111;
  if (context_.options.xattrs) return true;
  return context_.compares_capabilities && named.source->is_file() &&
         (named.source->mode & kRuns) != 0 && is_capable(*pair.source.here, named.name.data());
}

bool AttributeComparer::compare(const VisitedPair& pair, const Named& named,
                                const FileStatus& wanted, Comparison& comparison) const {
  if (!context_.policy.limits.holds_xattrs) return true;
  const auto failed = [&](Side side, const Error& error) {
    findings_.add_problem(side, path_of(pair, named.name), error);
    return false;
  };
  const auto source_entry = pair.source.here->open_entry(named.name.data());
  if (!source_entry) return failed(Side::kSource, source_entry.error());
  auto source = (*source_entry)->xattrs(context_.policy.as_root);
  if (!source) return failed(Side::kSource, source.error());
  const auto replica_entry = pair.replica.here->open_entry(named.name.data());
  if (!replica_entry) return failed(Side::kReplica, replica_entry.error());
  const auto replica = (*replica_entry)->xattrs(context_.policy.as_root);
  if (!replica) return failed(Side::kReplica, replica.error());
  const FileStatus& there = named.replica != nullptr ? *named.replica : *pair.replica.self;
  const Policy& policy = context_.policy;
  const bool has_other_mode = !policy.owners() || !policy.fields.are_all();
  if (has_other_mode) fit_acl(*source, wanted_mode(wanted, there, policy));
  if (policy.fields.no_perms) *source = with_acls_of(std::move(*source), *replica);
  const bool is_file = wanted.is_file();
  const bool gives_rights = is_file && (has_capability(*source) || has_capability(*replica) ||
                                        !may_change_in_place(wanted, there, policy));
  bool is_same = *source == *replica;
  if (!is_same) {
    const std::size_t count = source->size();
    const auto held = (*replica_entry)->without_unsupported(std::move(*source));
    is_same = held == *replica;
    if (held.size() < count) note_first(findings_.unheld_xattrs, path_of(pair, named.name));
  }
  if (!is_same) {
    comparison.reasons.add(Reason::kXattrs);
    comparison.decision = Decision::kMetadata;
  }
  if (comparison.decision == Decision::kMetadata && gives_rights) {
    comparison.decision = Decision::kUpdate;
  }
  return true;
}

bool AttributeComparer::are_linked_capabilities(const VisitedPair& pair, const Named& named) const {
  if (!context_.policy.as_root || !named.source->is_file()) return false;
  if (named.source->links == 1 && named.replica->links == 1) return false;
  return is_capable(*pair.source.here, named.name.data()) ||
         is_capable(*pair.replica.here, named.name.data());
}

}  // namespace foldersync
